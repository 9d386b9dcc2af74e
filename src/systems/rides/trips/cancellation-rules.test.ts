import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AppError } from '../../../core/errors.ts';
import {
  BEFORE_START,
  DRIVER_REASONS,
  RIDE_REASONS,
  RIDE_STATUSES,
  RIDER_REASONS,
} from '../requests/ride.ts';
import {
  cancelledByDriver,
  cancelledByRider,
  FREE_S,
  NO_SHOW_S,
  type Standing,
} from './cancellation-rules.ts';

const standing = (changes: Partial<Standing> = {}): Standing => ({
  ...{ status: 'accepted', acceptedS: 1, arrivedS: null, driverLost: false },
  ...changes,
});
const refusal =
  (code: string, text = /./) =>
  (error: unknown) =>
    error instanceof AppError && error.code === code && text.test(error.message);

describe('cancelling', () => {
  it('is free for riders before the acceptance, and for two minutes after it', () => {
    const costs = (acceptedS: number | null) => {
      const how = cancelledByRider(standing({ acceptedS }), 'other');
      return how.to === 'cancelled' && how.costs;
    };
    assert.deepEqual([null, 0, FREE_S, FREE_S + 0.001, 3_600].map(costs), [false, false, false, true, true]);
  });

  it('is free for riders whose driver cannot be reached', () => {
    const how = cancelledByRider(standing({ acceptedS: 3_600, driverLost: true }), 'driver_not_coming');
    assert.deepEqual(how, { to: 'cancelled', reason: 'driver_not_coming', costs: false });
  });

  it('is possible until the start, for either side', () => {
    for (const status of RIDE_STATUSES) {
      const rider = () => cancelledByRider(standing({ status }));
      const driver = () => cancelledByDriver(standing({ status }), 'unsafe');
      if (BEFORE_START.has(status)) {
        assert.deepEqual(rider(), { to: 'cancelled', reason: 'unstated', costs: false });
        assert.deepEqual(driver(), { to: 'released', reason: 'unsafe' });
      } else {
        if (status === 'requested') assert.equal(rider().to, 'cancelled');
        else assert.throws(rider, refusal('conflict', new RegExp(status)));
        assert.throws(driver, refusal('conflict', new RegExp(status)));
      }
    }
  });

  it('takes the reasons of each side, and no others', () => {
    for (const reason of RIDE_REASONS) {
      const rider = () => cancelledByRider(standing(), reason);
      const driver = () => cancelledByDriver(standing({ status: 'arrived', arrivedS: NO_SHOW_S }), reason);
      if (RIDER_REASONS.some((each) => each === reason)) assert.equal(rider().reason, reason);
      else assert.throws(rider, refusal('invalid', /changed_plans/));
      if (DRIVER_REASONS.some((each) => each === reason)) assert.equal(driver().reason, reason);
      else assert.throws(driver, refusal('invalid', /vehicle_trouble/));
    }
    assert.throws(() => cancelledByDriver(standing(), undefined), refusal('invalid'));
  });

  it('costs a rider who does not come within five minutes of the arrival', () => {
    const noShow = (status: Standing['status'], arrivedS: number | null) =>
      cancelledByDriver(standing({ status, arrivedS, acceptedS: 900 }), 'rider_no_show');
    assert.deepEqual(noShow('arrived', NO_SHOW_S), { to: 'cancelled', reason: 'rider_no_show', costs: true });
    assert.throws(() => noShow('arrived', NO_SHOW_S - 0.5), refusal('conflict', /1 s more/));
    assert.throws(() => noShow('arriving', null), refusal('conflict', /not arrived/));
    assert.throws(() => noShow('accepted', null), refusal('conflict', /not arrived/));
  });
});
