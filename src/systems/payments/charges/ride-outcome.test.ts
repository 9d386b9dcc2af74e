import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hasCode } from '../../../core/errors.ts';
import { rideOutcomeOf } from './ride-outcome.ts';

const FARE = { currency: 'USD', total: 1_840, to_driver: 1_174, parts: { base: 255 } };
const RIDE = {
  ...{ ride_id: '1500000000000000', rider_id: '1500000000000001', driver_id: '1500000000000002' },
  ...{ fare: FARE, fee: null },
};
const IDS = {
  rideId: 1_500_000_000_000_000,
  riderId: 1_500_000_000_000_001,
  driverId: 1_500_000_000_000_002,
};

describe('the outcome of a ride', () => {
  it('is its fare when it is completed, and its fee when it is cancelled', () => {
    assert.deepEqual(rideOutcomeOf({ kind: 'completed', payload: RIDE }), {
      ...{ ...IDS, cause: 'ride', amount: 1_840, currency: 'USD', driverAmount: 1_174, fare: FARE },
    });
    const fee = { currency: 'USD', total: 500, to_driver: 375 };
    assert.deepEqual(rideOutcomeOf({ kind: 'cancelled', payload: { ...RIDE, fee } }), {
      ...{ ...IDS, cause: 'cancellation', amount: 500, currency: 'USD', driverAmount: 375, fare: fee },
    });
  });

  it('is nothing to pay for what costs nothing, or goes on', () => {
    for (const kind of ['requested', 'accepted', 'started', 'unmatched', 'removed', 'toString']) {
      assert.equal(rideOutcomeOf({ kind, payload: RIDE }), undefined, kind);
    }
    assert.equal(rideOutcomeOf({ kind: 'cancelled', payload: RIDE }), undefined);
    const { fee: _, ...without } = RIDE;
    assert.equal(rideOutcomeOf({ kind: 'cancelled', payload: without }), undefined);
    const free = { ...FARE, total: 0, to_driver: 0 };
    assert.equal(rideOutcomeOf({ kind: 'completed', payload: { ...RIDE, fare: free } }), undefined);
  });

  it('is all the platform\u2019s where nobody drove', () => {
    const outcome = rideOutcomeOf({ kind: 'completed', payload: { ...RIDE, driver_id: null } });
    assert.deepEqual([outcome?.driverId, outcome?.driverAmount], [undefined, 0]);
  });

  it('takes amounts up to their limits, and fails for what cannot be charged', () => {
    const of = (change: object, more: object = {}) =>
      rideOutcomeOf({ kind: 'completed', payload: { ...RIDE, fare: { ...FARE, ...change }, ...more } });
    assert.equal(of({ total: 100_000_000 })?.amount, 100_000_000);
    assert.equal(of({ to_driver: 1_840 })?.driverAmount, 1_840);
    for (const change of [
      { total: 100_000_001 },
      { total: -1 },
      { total: 1.5 },
      { total: '1840' },
      { currency: 'usd' },
      { currency: undefined },
      { to_driver: 1_841 },
      { to_driver: -1 },
      { to_driver: undefined },
    ]) {
      assert.throws(
        () => of(change),
        (error) => hasCode(error, 'invalid'),
        JSON.stringify(change),
      );
    }
    for (const more of [
      { rider_id: 5 },
      { ride_id: 'x' },
      { driver_id: 7 },
      { fare: [] },
      { fare: 'much' },
    ]) {
      assert.throws(
        () => of({}, more),
        (error) => hasCode(error, 'invalid'),
        JSON.stringify(more),
      );
    }
  });
});
