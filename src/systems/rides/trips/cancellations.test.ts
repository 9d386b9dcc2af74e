import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createRidesSetting, type RidesSetting } from '../../../../test/support/rides-setting.ts';
import { createTripSteps, type Trip, type TripSteps } from '../../../../test/support/trip-steps.ts';
import { until } from '../../../../test/support/until.ts';
import type { Id } from '../../../core/ids.ts';
import { GIVE_UP_MS } from '../requests/ride-requests.ts';
import { FREE_S, NO_SHOW_S } from './cancellation-rules.ts';
import { FORGOTTEN_STARTED_MS, FORGOTTEN_WAITING_MS, LOST_MS } from './cancellations.ts';

describe('cancellations', () => {
  let setting: RidesSetting;
  let steps: TripSteps;
  before(async () => {
    setting = await createRidesSetting();
    steps = createTripSteps(setting);
  });
  after(() => setting.close());

  const cancel = (userId: Id, { rideId }: Pick<Trip, 'rideId'>, reason?: string, headers = {}) =>
    steps.post(userId, rideId, 'cancel', reason === undefined ? undefined : { reason }, headers);
  /** As if all that happened to the ride had happened so much earlier. */
  const age = (rideId: Id, seconds: number) =>
    setting.write(
      'test_age_ride',
      `UPDATE rides SET accepted_at = accepted_at - make_interval(secs => $2), arrived_at = arrived_at - make_interval(secs => $2),
         released_at = released_at - make_interval(secs => $2) WHERE ride_id = $1`,
      [rideId, seconds],
    );
  const arrive = ({ rideId }: Trip) =>
    setting.write(
      'test_arrive',
      `UPDATE rides SET status = 'arrived', arrived_at = now(), version = version + 1 WHERE ride_id = $1`,
      [rideId],
    );
  const lastEventOf = async (rideId: Id) => {
    const rows = await setting.read<{ kind: string; payload: { fee: object | null; released?: object } }>(
      'test_read_last_ride_event',
      `SELECT kind, payload FROM (
         SELECT kind, payload, topic, key FROM outbox UNION ALL SELECT kind, payload, topic, key FROM event_log) AS events
       WHERE topic = 'rides' AND key = $1 ORDER BY (payload->>'version')::int DESC LIMIT 1`,
      [rideId],
    );
    return rows[0];
  };

  it('by the rider are free for two minutes, and cost the fee of the fare from then on', async () => {
    for (const [seconds, costs] of [
      [FREE_S - 5, false],
      [FREE_S + 1, true],
    ] as const) {
      const trip = await steps.accepted();
      await age(trip.rideId, seconds);
      const { body } = await cancel(trip.riderId, trip, 'changed_plans');
      assert.deepEqual([body.status, body.ended_by, body.reason], ['cancelled', 'rider', 'changed_plans']);
      const { cancellation, currency } = body.fare;
      const fee = costs ? { currency, ...cancellation } : null;
      assert.deepEqual(body.fee, fee);
      const event = await lastEventOf(trip.rideId);
      assert.deepEqual([event?.kind, event?.payload.fee], ['cancelled', fee]);
      assert.equal(await setting.stateOf(trip.driverId), 'available');
      assert.deepEqual((await cancel(trip.riderId, trip)).body, body);
    }
  });

  it('by the rider are free while the driver cannot be reached', async () => {
    const trip = await steps.accepted();
    await age(trip.rideId, FREE_S + 600);
    await setting.write(
      'test_lose_driver',
      `UPDATE drivers SET state = 'non_contactable', lost_state = state, contact_lost_at = NULL WHERE driver_id = $1`,
      [trip.driverId],
    );
    const { body } = await cancel(trip.riderId, trip, 'driver_not_coming');
    assert.deepEqual([body.status, body.fee], ['cancelled', null]);
  });

  it('by the driver have the ride dispatched to others, free of charge, and the rider keeps it', async () => {
    const trip = await steps.accepted();
    const { riderId, driverId, rideId, pin } = trip;
    await age(rideId, 3_600);
    const { status, body } = await cancel(driverId, trip, 'vehicle_trouble');
    assert.deepEqual([status, body.status, body.driver_id, body.pin], [200, 'requested', null, null]);
    assert.equal(await setting.stateOf(driverId), 'available');
    const event = await lastEventOf(rideId);
    assert.equal(event?.kind, 'requested');
    assert.deepEqual(event?.payload.released, { driver_id: String(driverId), reason: 'vehicle_trouble' });
    // It is none of the driver's any more, and never will be again.
    assert.equal((await cancel(driverId, trip, 'vehicle_trouble')).status, 404);
    const refused = await setting.read<{ refused: boolean }>(
      'test_read_refused',
      `SELECT EXISTS (SELECT FROM offers WHERE ride_id = $1 AND driver_id = $2 AND state <> 'withdrawn') AS refused`,
      [rideId, driverId],
    );
    assert.deepEqual(refused, [{ refused: true }]);
    const other = await setting.addDriver();
    await steps.give(rideId, other);
    const again = await steps.get(riderId, rideId);
    assert.deepEqual([again.status, again.driver_id], ['accepted', String(other)]);
    // The two minutes begin anew.
    assert.equal((await cancel(riderId, trip)).body.fee, null);
    assert.match(pin, /^[0-9]{4}$/);
  });

  it('by the driver give the search its time again', async () => {
    const trip = await steps.accepted();
    setting.time.aheadMs = GIVE_UP_MS + 60_000;
    await cancel(trip.driverId, trip, 'other');
    setting.time.aheadMs = GIVE_UP_MS - 5_000;
    await setting.runJob('give-up-rides');
    assert.equal((await steps.get(trip.riderId, trip.rideId)).status, 'requested');
    await age(trip.rideId, 60);
    setting.time.aheadMs = GIVE_UP_MS;
    await setting.runJob('give-up-rides');
    setting.time.aheadMs = 0;
    const { status, reason, ended_by: by } = await steps.get(trip.riderId, trip.rideId);
    assert.deepEqual([status, reason, by], ['unmatched', 'not_accepted', 'system']);
  });

  it('for a rider who does not come cost the rider the fee, after five minutes at the pickup', async () => {
    const trip = await steps.accepted();
    assert.match((await cancel(trip.driverId, trip, 'rider_no_show')).body.detail, /not arrived/);
    await arrive(trip);
    await age(trip.rideId, NO_SHOW_S - 30);
    const early = await cancel(trip.driverId, trip, 'rider_no_show');
    assert.equal(early.status, 409);
    assert.match(early.body.detail, /s more/);
    await age(trip.rideId, 31);
    const { body } = await cancel(trip.driverId, trip, 'rider_no_show');
    assert.deepEqual([body.status, body.ended_by, body.reason], ['cancelled', 'driver', 'rider_no_show']);
    assert.deepEqual(body.fee, { currency: body.fare.currency, ...body.fare.cancellation });
    assert.deepEqual((await steps.get(trip.riderId, trip.rideId)).fee, body.fee);
    assert.equal(await setting.stateOf(trip.driverId), 'available');
  });

  it('are of the two sides, each for reasons of its own, and before the start', async () => {
    const trip = await steps.accepted();
    const { riderId, driverId } = trip;
    assert.equal((await cancel(await setting.addDriver(), trip, 'other')).status, 404);
    for (const [userId, reason] of [
      [riderId, 'vehicle_trouble'],
      [driverId, 'changed_plans'],
      [driverId, undefined],
      [riderId, 'no_driver'],
      [riderId, 'nonsense'],
      [riderId, ''],
    ] as const) {
      const { status, body } = await cancel(userId, trip, reason);
      assert.deepEqual([status, body.errors[0].field], [422, 'reason'], String(reason));
    }
    await steps.start(trip);
    assert.equal((await cancel(riderId, trip)).status, 409);
    assert.equal((await cancel(driverId, trip, 'unsafe')).status, 409);
  });

  it('of both sides at once end in one of them', async () => {
    for (let round = 0; round < 6; round += 1) {
      const trip = await steps.accepted();
      const [rider, driver] = await Promise.all([
        cancel(trip.riderId, trip, 'wait_too_long'),
        cancel(trip.driverId, trip, 'cannot_reach_pickup'),
      ]);
      assert.equal(rider.status, 200);
      // Who comes second is told that it is cancelled, or that it is none of theirs.
      assert.ok(driver.status === 200, JSON.stringify(driver.body));
      assert.equal((await steps.get(trip.riderId, trip.rideId)).status, 'cancelled');
      assert.equal(await setting.stateOf(trip.driverId), 'available');
    }
  });

  it('come by themselves for rides that everyone has forgotten', async () => {
    const [waiting, driving, fresh] = [await steps.accepted(), await steps.started(), await steps.started()];
    await age(waiting.rideId, FORGOTTEN_WAITING_MS / 1_000 + 1);
    await age(driving.rideId, FORGOTTEN_STARTED_MS / 1_000 + 1);
    await age(fresh.rideId, FORGOTTEN_STARTED_MS / 1_000 - 60);
    await Promise.all([setting.runJob('end-forgotten-rides'), setting.runJob('end-forgotten-rides')]);
    const outcome = async ({ riderId, rideId, driverId }: Trip) => {
      const { status, reason, ended_by: by, fee } = await steps.get(riderId, rideId);
      return [status, reason, by, fee, await setting.stateOf(driverId)];
    };
    assert.deepEqual(await outcome(waiting), ['cancelled', 'forgotten', 'system', null, 'available']);
    assert.deepEqual(await outcome(driving), ['completed', 'forgotten', 'system', null, 'available']);
    assert.deepEqual(await outcome(fresh), ['started', null, null, null, 'on_trip']);
  });

  it('come by themselves for drivers who are lost on the way, and not for those who are back, or drive', async () => {
    const lose = (driverId: Id, seconds: number) =>
      setting.write(
        'test_lose_driver_ago',
        `UPDATE drivers SET state = 'non_contactable', lost_state = state, contact_lost_at = NULL,
           state_changed_at = now() - make_interval(secs => $2) WHERE driver_id = $1`,
        [driverId, seconds],
      );
    const [lost, recent, back, driving] = [
      await steps.accepted(),
      await steps.accepted(),
      await steps.accepted(),
      await steps.started(),
    ];
    for (const { driverId } of [lost, back, driving]) await lose(driverId, LOST_MS / 1_000 + 1);
    await lose(recent.driverId, LOST_MS / 1_000 - 10);
    const stream = await setting.connect(back.driverId);
    await stream.first('ready');
    await Promise.all([setting.runJob('release-lost-rides'), setting.runJob('release-lost-rides')]);
    const statusOf = async ({ riderId, rideId }: Trip) => (await steps.get(riderId, rideId)).status;
    const statuses = await Promise.all([lost, recent, back, driving].map(statusOf));
    assert.deepEqual(statuses, ['requested', 'accepted', 'accepted', 'started']);
    assert.deepEqual((await lastEventOf(lost.rideId))?.payload.released, {
      ...{ driver_id: String(lost.driverId), reason: 'driver_lost' },
    });
    const { body } = await setting.call('GET', '/drivers/me', lost.driverId);
    assert.deepEqual([body.state, body.lost_state], ['non_contactable', 'available']);
    await stream.close();
  });

  it('come with the end of the driver’s account, and of the rider’s', async () => {
    const remove = (userId: Id) =>
      setting.sql.transaction((transaction) =>
        setting.eventLog.append(transaction, [
          {
            topic: 'users',
            kind: 'deleted',
            key: userId,
            ownerId: userId,
            payload: { user_id: String(userId) },
          },
        ]),
      );
    const [waiting, driving] = [await steps.accepted(), await steps.started()];
    await remove(waiting.driverId);
    await remove(driving.driverId);
    const seen = async ({ riderId, rideId }: Trip) => {
      const { status, reason } = await steps.get(riderId, rideId);
      return [status, reason];
    };
    await until(
      async () => (await seen(waiting))[0] === 'requested' && (await seen(driving))[0] === 'cancelled',
    );
    assert.deepEqual(await seen(driving), ['cancelled', 'driver_removed']);
    const left = await steps.started();
    await remove(left.riderId);
    await until(async () => (await setting.stateOf(left.driverId)) === 'available');
  });
});
