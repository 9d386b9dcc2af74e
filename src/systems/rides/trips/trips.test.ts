import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createRidesSetting, type RidesSetting } from '../../../../test/support/rides-setting.ts';
import { createTripSteps, type TripSteps } from '../../../../test/support/trip-steps.ts';
import { systemRandomness } from '../../../core/clock.ts';
import type { Id } from '../../../core/ids.ts';
import { drawPin, PIN_PATTERN, PIN_TRIES_MAX } from './pin.ts';

const wrong = (pin: string, more = 1): string => String((Number(pin) + more) % 10_000).padStart(4, '0');

describe('trips', () => {
  let setting: RidesSetting;
  let steps: TripSteps;
  before(async () => {
    setting = await createRidesSetting();
    steps = createTripSteps(setting);
  });
  after(() => setting.close());

  const driverEventsOf = (driverId: Id) =>
    setting.read<{ event: string; state: string }>(
      'test_read_driver_events',
      `SELECT payload->>'state_event' AS event, payload->>'state' AS state FROM (
         SELECT payload, topic, key, kind FROM outbox UNION ALL SELECT payload, topic, key, kind FROM event_log) AS events
       WHERE topic = 'drivers' AND key = $1 AND kind = 'state_changed' ORDER BY (payload->>'version')::int`,
      [driverId],
    );

  it('start with the PIN of the rider and are completed by the driver, who is then available', async () => {
    const trip = await steps.accepted();
    const { riderId, driverId, rideId, pin } = trip;
    assert.match(pin, new RegExp(PIN_PATTERN));
    const started = await steps.start(trip);
    assert.deepEqual([started.status, started.body.status, started.body.pin], [200, 'started', null]);
    assert.equal(await setting.stateOf(driverId), 'on_trip');
    const completed = await steps.complete(trip);
    assert.deepEqual([completed.status, completed.body.status], [200, 'completed']);
    assert.deepEqual([completed.body.ended_by, completed.body.reason], ['driver', null]);
    assert.equal(await setting.stateOf(driverId), 'available');
    const seen = await steps.get(riderId, rideId);
    assert.deepEqual(seen, completed.body);
    const times = [seen.requested_at, seen.accepted_at, seen.arrived_at, seen.started_at, seen.ended_at];
    assert.ok(
      times.every((time) => typeof time === 'string'),
      JSON.stringify(times),
    );
    assert.deepEqual(await steps.kindsOf(rideId), ['requested', 'accepted', 'started', 'completed']);
    assert.deepEqual(
      (await driverEventsOf(driverId)).map(({ event, state }) => `${event} ${state}`),
      [
        'service_start available',
        'reservation_start reserved',
        'reservation_stop stopped',
        'trip_start on_trip',
        'trip_stop stopped',
        'trip_end available',
      ],
    );
    // Both are free for the next.
    await steps.completed(riderId, driverId);
  });

  it('show the PIN to the rider alone, from the acceptance until the start', async () => {
    const { riderId, rideId } = await steps.ask();
    assert.equal((await steps.get(riderId, rideId)).pin, null);
    const driverId = await setting.addDriver();
    await steps.give(rideId, driverId);
    const { pin } = await steps.get(riderId, rideId);
    assert.match(pin, new RegExp(PIN_PATTERN));
    assert.equal((await steps.get(driverId, rideId)).pin, null);
    await steps.start({ riderId, driverId, rideId, pin });
    assert.equal((await steps.get(riderId, rideId)).pin, null);
    const events = await setting.read<{ text: string }>(
      'test_read_ride_payloads',
      `SELECT payload::text AS text FROM (SELECT payload, topic, key FROM outbox UNION ALL SELECT payload, topic, key FROM event_log) AS e
       WHERE topic IN ('rides', 'drivers', 'offers') AND payload::text LIKE '%"pin"%'`,
    );
    assert.deepEqual(events, []);
  });

  it('bound the wrong PINs, say how many are left, and go on with a new PIN of the rider', async () => {
    const trip = await steps.accepted();
    const { riderId, driverId, rideId } = trip;
    for (let left = PIN_TRIES_MAX - 1; left > 0; left -= 1) {
      const { status, body } = await steps.start({ ...trip, pin: wrong(trip.pin) });
      assert.deepEqual([status, body.errors[0].field], [422, 'pin']);
      assert.match(body.detail, left === 1 ? /One more try/ : new RegExp(`${left} more tries`));
    }
    const last = await steps.start({ ...trip, pin: wrong(trip.pin) });
    assert.equal(last.status, 409);
    // The right one comes too late.
    const late = await steps.start(trip);
    assert.equal(late.status, 409);
    assert.match(late.body.detail, /new one/);
    assert.equal((await steps.get(riderId, rideId)).status, 'accepted');
    assert.equal((await steps.post(driverId, rideId, 'pin')).status, 403);
    assert.equal((await steps.post(setting.addPerson(), rideId, 'pin')).status, 404);
    const renewed = await steps.post(riderId, rideId, 'pin');
    assert.equal(renewed.status, 200);
    assert.equal((await steps.start({ ...trip, pin: renewed.body.pin })).status, 200);
    assert.equal((await steps.post(riderId, rideId, 'pin')).status, 409);
  });

  it('start with the right PIN after all wrong ones but one', async () => {
    const trip = await steps.accepted();
    for (let tries = 1; tries < PIN_TRIES_MAX; tries += 1) {
      await steps.start({ ...trip, pin: wrong(trip.pin, tries) });
    }
    assert.equal((await steps.start(trip)).status, 200);
  });

  it('count wrong PINs that come at the same time, each', async () => {
    const trip = await steps.accepted();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => steps.start({ ...trip, pin: wrong(trip.pin, index + 1) })),
    );
    assert.equal(answers.filter(({ status }) => status === 422).length, PIN_TRIES_MAX - 1);
    assert.equal(answers.filter(({ status }) => status === 409).length, 20 - (PIN_TRIES_MAX - 1));
    assert.equal((await steps.start(trip)).status, 409);
  });

  it('are started and completed once, by however many clients at once', async () => {
    const trip = await steps.accepted();
    const [started = 0, completed = 0] = ['started', 'completed'].map((status) =>
      setting.counts.get(`became ${status}`),
    );
    const starts = await Promise.all(Array.from({ length: 6 }, () => steps.start(trip)));
    for (const { status, body } of starts) assert.deepEqual([status, body.status], [200, 'started']);
    const ends = await Promise.all(Array.from({ length: 6 }, () => steps.complete(trip)));
    for (const { status, body } of ends) assert.deepEqual([status, body.status], [200, 'completed']);
    assert.deepEqual(await steps.kindsOf(trip.rideId), ['requested', 'accepted', 'started', 'completed']);
    assert.equal((await driverEventsOf(trip.driverId)).length, 6);
    assert.equal(setting.counts.get('became started'), 1 + started);
    assert.equal(setting.counts.get('became completed'), 1 + completed);
  });

  it('are either cancelled or started, when both are tried at once', async () => {
    for (let round = 0; round < 8; round += 1) {
      const trip = await steps.accepted();
      const [start, cancel] = await Promise.all([
        steps.start(trip),
        steps.post(trip.riderId, trip.rideId, 'cancel', { reason: 'changed_plans' }),
      ]);
      assert.deepEqual([start.status, cancel.status].sort(), [200, 409]);
      const { status } = await steps.get(trip.riderId, trip.rideId);
      assert.equal(status, start.status === 200 ? 'started' : 'cancelled');
      assert.equal(await setting.stateOf(trip.driverId), start.status === 200 ? 'on_trip' : 'available');
    }
  });

  it('answer a repeated request under its key as the first time', async () => {
    const trip = await steps.accepted();
    const key = { 'idempotency-key': 'start-1' };
    const first = await steps.post(trip.driverId, trip.rideId, 'start', { pin: trip.pin }, key);
    await steps.complete(trip);
    const again = await steps.post(trip.driverId, trip.rideId, 'start', { pin: trip.pin }, key);
    assert.deepEqual([again.status, again.body], [200, first.body]);
    assert.equal((await steps.start(trip)).status, 409);
  });

  it('are nobody else’s, and each step is of its side', async () => {
    const trip = await steps.accepted();
    const { riderId, rideId, pin } = trip;
    const stranger = await setting.addDriver();
    for (const [step, body] of [
      ['start', { pin }],
      ['complete', undefined],
    ] as const) {
      assert.equal((await steps.post(stranger, rideId, step, body)).status, 404);
      assert.equal((await steps.post(riderId, rideId, step, body)).status, 403);
      assert.equal((await steps.post(undefined, rideId, step, body)).status, 401);
    }
    assert.equal((await setting.call('GET', `/rides/${rideId}`, stranger)).status, 404);
    assert.equal((await steps.complete(trip)).status, 409);
    assert.equal((await steps.get(riderId, rideId)).status, 'accepted');
  });

  it('refuse PINs that are none, and rides that are none', async () => {
    const trip = await steps.accepted();
    for (const pin of ['123', '12345', '１２３４', '12 4', '-123', '', 1234, null, '1234\n']) {
      const { status } = await steps.post(trip.driverId, trip.rideId, 'start', { pin });
      assert.equal(status, 422, JSON.stringify(pin));
    }
    for (const rideId of ['x', '0', '99999999999999999999', '-1']) {
      assert.equal((await steps.post(trip.driverId, rideId, 'start', { pin: '1234' })).status, 422);
    }
    assert.equal((await steps.post(trip.driverId, '1500000000000000', 'complete')).status, 404);
    assert.equal((await steps.start(trip)).status, 200);
  });

  it('go on though the driver cannot be reached', async () => {
    const trip = await steps.accepted();
    await setting.write(
      'test_lose_driver',
      `UPDATE drivers SET state = 'non_contactable', lost_state = state, contact_lost_at = NULL WHERE driver_id = $1`,
      [trip.driverId],
    );
    await steps.start(trip);
    const lost = async () => {
      const { body } = await setting.call('GET', '/drivers/me', trip.driverId);
      return [body.state, body.lost_state];
    };
    assert.deepEqual(await lost(), ['non_contactable', 'on_trip']);
    await steps.complete(trip);
    assert.deepEqual(await lost(), ['non_contactable', 'available']);
  });
});

describe('PINs', () => {
  it('are four digits, whatever is drawn', () => {
    const pattern = new RegExp(PIN_PATTERN);
    for (let draw = 0; draw < 500; draw += 1) assert.match(drawPin(systemRandomness), pattern);
    for (const [number, pin] of [
      [0, '0000'],
      [9_999, '9999'],
      [10_007, '0007'],
    ] as const) {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(number);
      assert.equal(drawPin({ bytes: () => bytes }), pin);
    }
  });
});
