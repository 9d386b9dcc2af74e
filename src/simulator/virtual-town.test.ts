import { deepEqual, equal, ok } from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { straightDurationS } from '../ports/routing/routing.ts';
import { GIVE_UP_MS } from '../systems/rides/requests/ride-requests.ts';
import { BEHAVIOUR } from './behaviour.ts';
import { createRoads } from './car.ts';
import { generatedDemand } from './demand.ts';
import { POLICY_NAMES, type PolicyName } from './policies.ts';
import type { RideRecord } from './ride-journal.ts';
import { gini, quantiles, reportOn } from './simulation-report.ts';
import { runVirtualTown } from './virtual-town.ts';

function town({ seed = 7, drivers = 100, requestsPerMinute = 30, minutes = 5, behaviour = BEHAVIOUR }) {
  const durationMs = minutes * 60_000;
  const demand = generatedDemand({ requestsPerMinute, durationMs, seed });
  const roads = createRoads({ ...demand, travelS: straightDurationS, driving: 1 });
  return (policy: PolicyName) =>
    runVirtualTown({ demand, durationMs, drivers, seed, behaviour, roads, policy });
}

/** Nobody drives two at once, and each step of a ride follows the one before. */
function assertSound(records: readonly RideRecord[]): void {
  const byDriver = new Map<string, RideRecord[]>();
  for (const record of records) {
    const { requestedMs, offeredMs, acceptedMs, arrivedMs, startedMs, endedMs, driverId } = record;
    const steps = [requestedMs, offeredMs, acceptedMs, arrivedMs, startedMs, endedMs];
    const known = steps.filter((step) => step !== undefined);
    deepEqual(
      known,
      known.toSorted((one, other) => one - other),
    );
    if (driverId !== undefined) byDriver.set(driverId, [...(byDriver.get(driverId) ?? []), record]);
  }
  for (const own of byDriver.values()) {
    const sorted = own.toSorted((one, other) => (one.acceptedMs ?? 0) - (other.acceptedMs ?? 0));
    for (const [index, { endedMs = 0 }] of sorted.entries()) {
      ok((sorted[index + 1]?.acceptedMs ?? Number.POSITIVE_INFINITY) >= endedMs);
    }
  }
}

describe('a town in virtual time', () => {
  it('drives everybody to the end, nobody twice, whatever the way of matching', () => {
    fc.assert(
      fc.property(fc.nat(1e6), fc.integer({ min: 1, max: 60 }), (seed, drivers) => {
        const run = town({ seed, drivers, requestsPerMinute: 10 });
        for (const policy of POLICY_NAMES) {
          const { records } = run(policy);
          assertSound(records);
          for (const { status, reason, startedMs } of records) {
            ok(status === 'completed' ? startedMs !== undefined : reason !== undefined, `${status}`);
          }
        }
      }),
      { numRuns: 15 },
    );
  });

  it('is the same for the same seed', () => {
    const run = town({});
    deepEqual(run('batched').records, run('batched').records);
  });

  it('gives up with the reason, after as long as the product does', () => {
    const none = reportOn(town({ drivers: 0 })('batched'));
    deepEqual(Object.keys(none.ends).sort(), ['cancelled: rider', 'unmatched: no_driver']);
    equal(none.matchRate, 0);
    const unwilling = { ...BEHAVIOUR, acceptShare: 0, cancelShare: 0 };
    const { records } = town({ behaviour: unwilling })('batched');
    ok(records.every(({ status, reason }) => status === 'unmatched' && reason !== undefined));
    ok(records.every(({ requestedMs, endedMs = 0 }) => endedMs - requestedMs >= GIVE_UP_MS));
  });

  it('brings cars sooner by batches than by greed when they are few', () => {
    const sums = { batched: 0, greedy: 0 };
    for (const seed of [1, 2, 3]) {
      const run = town({ seed, drivers: 150, requestsPerMinute: 60, minutes: 10 });
      for (const policy of POLICY_NAMES) {
        const { waitS, matchRate = 0 } = reportOn(run(policy));
        sums[policy] += waitS.pickup.p50 + 300 * (1 - matchRate);
      }
    }
    ok(sums.batched < sums.greedy * 1.05, JSON.stringify(sums));
  });
});

describe('what a simulation shows', () => {
  it('has quantiles of what there is', () => {
    deepEqual(quantiles([]), { count: 0, p50: 0, p95: 0, p99: 0 });
    deepEqual(quantiles([3, 1, 2]), { count: 3, p50: 2, p95: 3, p99: 3 });
  });

  it('measures how unevenly things are spread', () => {
    equal(gini([]), 0);
    equal(gini([0, 0]), 0);
    equal(gini([5, 5, 5]), 0);
    equal(gini([0, 0, 0, 8]), 0.75);
    fc.assert(
      fc.property(fc.array(fc.nat(1_000), { minLength: 1, maxLength: 50 }), (values) => {
        const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
        const apart = values.flatMap((one) => values.map((other) => Math.abs(one - other)));
        const expected = apart.reduce((sum, value) => sum + value, 0) / (2 * values.length ** 2 * mean);
        ok(mean === 0 || Math.abs(gini(values) - expected) < 1e-9);
      }),
    );
  });

  it('counts those who were cut off neither as matched nor as not', () => {
    const record = (more: Partial<RideRecord>): RideRecord => ({
      ...{ demand: { atMs: 0, pickup: { lat: 0, lng: 0 }, dropoff: { lat: 0, lng: 0 } }, requestedMs: 0 },
      ...{ rideId: '1', driverId: undefined, offers: 1, offeredMs: 1_000, acceptedMs: undefined },
      ...{ arrivedMs: undefined, startedMs: undefined, endedMs: 10_000, fare: undefined },
      ...{ status: 'cancelled', reason: 'rider', isCut: false },
      ...more,
    });
    const driven = {
      driverId: 'a',
      acceptedMs: 2_000,
      startedMs: 4_000,
      status: 'completed',
      reason: undefined,
    };
    const report = reportOn({
      records: [
        record(driven),
        record({ isCut: true }),
        record({ status: 'unmatched', reason: 'no_driver' }),
      ],
      ...{ driverIds: ['a', 'b'], totalMs: 10_000 },
    });
    equal(report.matchRate, 0.5);
    deepEqual(report.ends, {
      ...{ completed: 1, 'cancelled: the simulation was over': 1, 'unmatched: no_driver': 1 },
    });
    deepEqual(report.utilisation, { engaged: 0.4, occupied: 0.3 });
    equal(report.gini.rides, 0.5);
    equal(report.earningsAre, 'seconds');
    const paid = reportOn({
      records: [record({ ...driven, fare: 500 })],
      ...{ driverIds: ['a', 'b'], totalMs: 10_000 },
    });
    equal(paid.earningsAre, 'fares');
  });
});
