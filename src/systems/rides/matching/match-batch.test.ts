import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { matchBatch, OFFERS_PER_REQUEST, UNASSIGNED_S } from './match-batch.ts';
import { IDLE_S_FULL, pickupCost } from './pickup-cost.ts';

const driver = (n: number) => 1_500_000_000_000_000 + n;
const request = (rideId: number, costs: Readonly<Record<number, number>>) => ({
  rideId,
  candidates: Object.entries(costs).map(([n, cost]) => ({ driverId: driver(Number(n)), cost })),
});

describe('the offers of a batch', () => {
  it('are for the best in all, not for the nearest of whoever comes first', () => {
    const { offers } = matchBatch([request(1, { 1: 10, 2: 20 }), request(2, { 1: 15, 2: 100 })]);
    assert.deepEqual(offers, [
      { rideId: 1, driverIds: [driver(2)] },
      { rideId: 2, driverIds: [driver(1)] },
    ]);
  });

  it('go to those who were left, too, a second for all before a third for one', () => {
    const { offers } = matchBatch([
      request(1, { 1: 10, 3: 30, 4: 40, 5: 50, 6: 60 }),
      request(2, { 2: 10, 3: 35, 4: 45 }),
    ]);
    assert.deepEqual(offers, [
      { rideId: 1, driverIds: [driver(1), driver(3), driver(5)] },
      { rideId: 2, driverIds: [driver(2), driver(4)] },
    ]);
  });

  it('are none where there is nobody, or nobody worth waiting for', () => {
    const { offers, optimal } = matchBatch([
      request(1, {}),
      request(2, { 1: UNASSIGNED_S + 1 }),
      request(3, { 2: 5 }),
    ]);
    assert.deepEqual(
      offers.map(({ driverIds }) => driverIds),
      [[], [], [driver(2)]],
    );
    assert.equal(optimal, 3);
    assert.deepEqual(matchBatch([]).offers, []);
  });

  it('are one a driver, of drivers who fit, whatever the batch and however short the time', () => {
    const batch = fc.array(
      fc.uniqueArray(fc.record({ driver: fc.nat(8), cost: fc.nat(4_000) }), {
        selector: (one) => one.driver,
        maxLength: 6,
      }),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(batch, fc.nat(8), (all, budget) => {
        const requests = all.map((each, rideId) => ({
          rideId,
          candidates: each.map((one) => ({ driverId: driver(one.driver), cost: one.cost })),
        }));
        let left = budget;
        const { offers } = matchBatch(requests, () => {
          left -= 1;
          return left < 0;
        });
        const offered = offers.flatMap(({ driverIds }) => driverIds);
        assert.equal(new Set(offered).size, offered.length);
        for (const [index, { rideId, driverIds }] of offers.entries()) {
          assert.equal(rideId, index);
          assert.ok(driverIds.length <= OFFERS_PER_REQUEST);
          const fit = requests[index]?.candidates.map(({ driverId }) => driverId) ?? [];
          assert.ok(driverIds.every((driverId) => fit.includes(driverId)));
        }
      }),
    );
  });
});

describe('what a pickup costs', () => {
  const facts = { pickupS: 100, rating: 4.8, acceptance: 0.9, idleS: 600 };

  it('is less for who is nearer, better, readier and longer without a ride', () => {
    const cost = pickupCost(facts);
    for (const better of [{ pickupS: 99 }, { rating: 4.9 }, { acceptance: 1 }, { idleS: 601 }]) {
      assert.ok(pickupCost({ ...facts, ...better }) < cost, JSON.stringify(better));
    }
  });

  it('takes those of whom nothing is known for good ones, and is never negative', () => {
    assert.equal(pickupCost({ ...facts, rating: undefined, acceptance: undefined }), pickupCost(facts));
    const best = { pickupS: 0, rating: 5, acceptance: 1, idleS: 2 * IDLE_S_FULL };
    assert.equal(pickupCost(best), 0);
  });
});
