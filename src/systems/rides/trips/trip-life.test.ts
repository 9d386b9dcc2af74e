/** The whole life of rides against a model of it: whatever either side and strangers do, in any order and at once. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { createRidesSetting, type RidesSetting } from '../../../../test/support/rides-setting.ts';
import { createTripSteps, type Trip, type TripSteps } from '../../../../test/support/trip-steps.ts';
import type { RideStatus } from '../requests/ride.ts';
import { PIN_TRIES_MAX } from './pin.ts';

const STEPS = [
  'driver starts',
  'driver tries a wrong PIN',
  'driver completes',
  'driver says there',
  'driver gives back',
  'driver says no-show',
  'rider cancels',
  'rider renews the PIN',
  'rider starts',
  'stranger starts',
  'stranger cancels',
  'stranger looks',
] as const;
type Step = (typeof STEPS)[number];

interface Model {
  readonly status: RideStatus;
  readonly tries: number;
  /** The driver has not given it back. */
  readonly theirs: boolean;
}

const BEFORE: ReadonlySet<RideStatus> = new Set(['accepted', 'arriving', 'arrived']);

/** What the step answers, and what becomes of the ride. Nobody knows where the driver is. */
function expected(model: Model, step: Step): readonly [number, Model] {
  const { status, tries, theirs } = model;
  const open = BEFORE.has(status);
  const refused = (code: number): readonly [number, Model] => [code, model];
  switch (step) {
    case 'driver starts':
      if (!theirs) return refused(404);
      if (status === 'started') return refused(200);
      return open && tries < PIN_TRIES_MAX ? [200, { ...model, status: 'started' }] : refused(409);
    case 'driver tries a wrong PIN':
      if (!theirs) return refused(404);
      if (status === 'started') return refused(200);
      if (!open || tries >= PIN_TRIES_MAX) return refused(409);
      return [tries + 1 < PIN_TRIES_MAX ? 422 : 409, { ...model, tries: tries + 1 }];
    case 'driver completes':
      if (!theirs) return refused(404);
      if (status === 'completed') return refused(200);
      return status === 'started' ? [200, { ...model, status: 'completed' }] : refused(409);
    case 'driver says there':
      return refused(theirs ? 409 : 404);
    case 'driver gives back':
      if (!theirs) return refused(404);
      if (status === 'cancelled') return refused(200);
      return open ? [200, { status: 'requested', tries: 0, theirs: false }] : refused(409);
    case 'driver says no-show':
      if (!theirs) return refused(404);
      return refused(status === 'cancelled' ? 200 : 409);
    case 'rider cancels':
      if (status === 'cancelled') return refused(200);
      return open || status === 'requested' ? [200, { ...model, status: 'cancelled' }] : refused(409);
    case 'rider renews the PIN':
      return open ? [200, { ...model, tries: 0 }] : refused(409);
    case 'rider starts':
      return refused(403);
    default:
      return refused(404);
  }
}

const DRIVER_STATE: Readonly<Partial<Record<RideStatus, string>>> = {
  ...{ accepted: 'reserved', arriving: 'reserved', arrived: 'stopped', started: 'on_trip' },
};

describe('the life of a ride', () => {
  let setting: RidesSetting;
  let steps: TripSteps;
  before(async () => {
    setting = await createRidesSetting();
    steps = createTripSteps(setting);
  });
  after(() => setting.close());

  async function take(trip: Trip, strangerId: number, step: Step) {
    const { riderId, driverId, rideId } = trip;
    const { pin } = await steps.get(riderId, rideId);
    const right = pin ?? trip.pin;
    const wrong = right === '0000' ? '0001' : '0000';
    switch (step) {
      case 'driver starts':
        return steps.post(driverId, rideId, 'start', { pin: right });
      case 'driver tries a wrong PIN':
        return steps.post(driverId, rideId, 'start', { pin: wrong });
      case 'driver completes':
        return steps.post(driverId, rideId, 'complete');
      case 'driver says there':
        return steps.post(driverId, rideId, 'arrive');
      case 'driver gives back':
        return steps.post(driverId, rideId, 'cancel', { reason: 'other' });
      case 'driver says no-show':
        return steps.post(driverId, rideId, 'cancel', { reason: 'rider_no_show' });
      case 'rider cancels':
        return steps.post(riderId, rideId, 'cancel', { reason: 'changed_plans' });
      case 'rider renews the PIN':
        return steps.post(riderId, rideId, 'pin');
      case 'rider starts':
        return steps.post(riderId, rideId, 'start', { pin: right });
      case 'stranger starts':
        return steps.post(strangerId, rideId, 'start', { pin: right });
      case 'stranger cancels':
        return steps.post(strangerId, rideId, 'cancel', { reason: 'other' });
      case 'stranger looks':
        return setting.call('GET', `/rides/${rideId}`, strangerId);
    }
  }

  /** One transition an event, each from where the last one led. */
  async function checkHistory({ riderId, rideId, driverId }: Trip): Promise<void> {
    const { status, version } = await steps.get(riderId, rideId);
    const kinds = await steps.kindsOf(rideId);
    assert.equal(kinds.length, version, `${kinds}`);
    assert.equal(kinds.at(-1), status);
    for (const [index, kind] of kinds.entries()) {
      const before = kinds[index - 1];
      if (kind === 'started') assert.ok(before !== undefined && BEFORE.has(before as RideStatus), `${kinds}`);
      if (kind === 'completed') assert.equal(before, 'started', `${kinds}`);
      if (kind === 'accepted') assert.equal(before, 'requested', `${kinds}`);
      if (kind === 'requested') assert.ok(index === 0 || BEFORE.has(before as RideStatus), `${kinds}`);
    }
    const ended = kinds.filter((kind) => kind === 'completed' || kind === 'cancelled');
    assert.ok(ended.length <= 1);
    const state = await setting.stateOf(driverId);
    assert.equal(state, DRIVER_STATE[status as RideStatus] ?? 'available', `${status}: ${kinds}`);
  }

  it('goes as the model says, step by step', async () => {
    const strangerId = await setting.addDriver();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...STEPS), { minLength: 1, maxLength: 12 }),
        async (taken) => {
          const trip = await steps.accepted();
          let model: Model = { status: 'accepted', tries: 0, theirs: true };
          for (const step of taken) {
            const [code, next] = expected(model, step);
            const { status, body } = await take(trip, strangerId, step);
            assert.equal(status, code, `${step} of ${JSON.stringify(model)}: ${JSON.stringify(body)}`);
            model = next;
            assert.equal((await steps.get(trip.riderId, trip.rideId)).status, model.status);
          }
          await checkHistory(trip);
        },
      ),
      { numRuns: 15 },
    );
  });

  it('is one life, however many steps come at once', async () => {
    const strangerId = await setting.addDriver();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...STEPS), { minLength: 4, maxLength: 12 }),
        async (taken) => {
          const trip = await steps.accepted();
          const answers = await Promise.all(taken.map((step) => take(trip, strangerId, step)));
          for (const { status, body } of answers) assert.ok(status < 500, JSON.stringify(body));
          await checkHistory(trip);
        },
      ),
      { numRuns: 12 },
    );
  });
});
