import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Json } from '../../../../test/support/journey-client.ts';
import { createRidesSetting, type RidesSetting } from '../../../../test/support/rides-setting.ts';
import { createTripSteps, type Trip, type TripSteps } from '../../../../test/support/trip-steps.ts';
import { until } from '../../../../test/support/until.ts';
import type { Id } from '../../../core/ids.ts';
import { RATINGS_MIN } from './rating-mean.ts';
import { COMMENT_LENGTH_MAX, RATED_WITHIN_MS } from './ratings.ts';

describe('ratings', () => {
  let setting: RidesSetting;
  let steps: TripSteps;
  before(async () => {
    setting = await createRidesSetting();
    steps = createTripSteps(setting);
  });
  after(() => setting.close());

  const rate = (userId: Id | undefined, { rideId }: Trip, body: object, headers = {}) =>
    steps.post(userId, rideId, 'rating', body, headers);
  const ratingOfDriver = async (driverId: Id): Promise<number | null> =>
    (await setting.call('GET', '/drivers/me', driverId)).body.rating;
  const countOf = async (userId: Id): Promise<number> => {
    const rows = await setting.read<{ count: number }>(
      'test_count_ratings',
      'SELECT count(*) AS count FROM ride_ratings WHERE rater_id = $1 OR rated_id = $1',
      [userId],
    );
    return rows[0]?.count ?? 0;
  };

  it('are given by both sides, once each', async () => {
    const trip = await steps.completed();
    const { riderId, driverId, rideId } = trip;
    const rated = await rate(riderId, trip, { stars: 4, comment: ' Kind \n and quick ' });
    assert.equal(rated.status, 201);
    assert.deepEqual(rated.body, {
      ...{ ride_id: String(rideId), rater: 'rider', stars: 4, comment: 'Kind \n and quick' },
    });
    const back = await rate(driverId, trip, { stars: 5 });
    assert.deepEqual([back.status, back.body.rater, back.body.comment], [201, 'driver', null]);
    // The same again is no error, another is.
    assert.equal((await rate(riderId, trip, { stars: 4, comment: 'Kind \n and quick' })).status, 201);
    assert.equal((await rate(riderId, trip, { stars: 5 })).status, 409);
    assert.equal((await rate(driverId, trip, { stars: 5, comment: 'late' })).status, 409);
    assert.equal(await countOf(riderId), 2);
  });

  it('are shown to whoever gave them, wherever their ride is', async () => {
    const trip = await steps.completed();
    const { riderId, driverId, rideId } = trip;
    const ownRatings = async (userId: Id, list: string) => {
      const { items } = (await setting.call('GET', list, userId)).body;
      const listed = items.find((ride: { ride_id: string }) => ride.ride_id === String(rideId));
      return [(await steps.get(userId, rideId)).own_rating, listed.own_rating];
    };
    assert.deepEqual(await ownRatings(riderId, '/rides'), [null, null]);
    await rate(riderId, trip, { stars: 2, comment: 'Slow' });
    const given = { stars: 2, comment: 'Slow' };
    assert.deepEqual(await ownRatings(riderId, '/rides'), [given, given]);
    assert.deepEqual(await ownRatings(driverId, '/drivers/me/rides'), [null, null]);
    await rate(driverId, trip, { stars: 5 });
    const back = { stars: 5, comment: null };
    assert.deepEqual(await ownRatings(driverId, '/drivers/me/rides'), [back, back]);
    assert.deepEqual(await ownRatings(riderId, '/rides'), [given, given]);
    // A step that is repeated answers the ride as it is.
    assert.deepEqual((await steps.complete(trip)).body.own_rating, back);
    const [told] = await setting.rides.tracking.statesOf(riderId);
    const { ride: toldRide }: Json = JSON.parse(told?.data ?? '{}');
    assert.deepEqual(toldRide.own_rating, given);
    const stranger = await setting.call('GET', `/rides/${rideId}`, setting.addPerson());
    assert.deepEqual([stranger.status, 'own_rating' in stranger.body], [404, false]);
  });

  it('are one, though many come at once', async () => {
    const trip = await steps.completed();
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => rate(trip.riderId, trip, { stars: 3 })),
    );
    assert.ok(answers.every(({ status }) => status === 201));
    const rows = await setting.read<{ sum: number; count: number }>(
      'test_read_stars',
      'SELECT stars_sum AS sum, stars_count AS count FROM drivers WHERE driver_id = $1',
      [trip.driverId],
    );
    assert.deepEqual(rows, [{ sum: 3, count: 1 }]);
  });

  it('make the rating of a driver, from the fifth on, which the geo-index goes by', async () => {
    const driverId = await setting.addDriver();
    const stream = await setting.connect(driverId);
    await stream.first('ready');
    for (let count = 1; count <= RATINGS_MIN; count += 1) {
      assert.equal(await ratingOfDriver(driverId), null);
      const trip = await steps.completed(undefined, driverId);
      await rate(trip.riderId, trip, { stars: 3 });
    }
    const rating = await ratingOfDriver(driverId);
    assert.ok(rating !== null && Math.abs(rating - 4.2) < 0.001, String(rating));
    const point = { lat: 40.7128, lng: -74.006, time_ms: setting.clock.nowMs(), accuracy_m: 5 };
    stream.send({ type: 'positions', sequence: 1, points: [point] });
    const found = (ratingAbove: number | undefined) =>
      setting.geoIndex.nearest({
        ...{ around: point, radiusM: 1_000, limit: 10, states: 255, types: 15, sinceMs: 0, ratingAbove },
      });
    await until(async () => (await found(undefined)).some((each) => each.driverId === driverId));
    assert.ok(!(await found(4.5)).some((each) => each.driverId === driverId));
    // The next rider is told, and the driver what others think of the rider: nothing yet.
    const next = await steps.accepted(undefined, driverId);
    const seen = await steps.get(next.riderId, next.rideId);
    assert.ok(Math.abs(seen.driver.rating - 4.2) < 0.001);
    assert.deepEqual([seen.rider.rating, seen.driver.vehicle.plate], [null, 'T123456C']);
    await stream.close();
  });

  it('make the rating of a rider, which drivers are told of', async () => {
    const riderId = setting.addPerson();
    for (let count = 0; count < RATINGS_MIN; count += 1) {
      const trip = await steps.completed(riderId);
      await rate(trip.driverId, trip, { stars: 5 });
    }
    const { rideId, driverId } = await steps.accepted(riderId);
    const { rating } = (await steps.get(driverId, rideId)).rider;
    assert.ok(rating > 4.8 && rating < 5, String(rating));
  });

  it('are of completed rides, for seven days, and by those who were there', async () => {
    const trip = await steps.started();
    assert.match((await rate(trip.riderId, trip, { stars: 5 })).body.detail, /started/);
    await steps.complete(trip);
    assert.equal((await rate(setting.addPerson(), trip, { stars: 5 })).status, 404);
    assert.equal((await rate(undefined, trip, { stars: 5 })).status, 401);
    setting.time.aheadMs = RATED_WITHIN_MS + 1_000;
    const late = await rate(trip.riderId, trip, { stars: 5 });
    setting.time.aheadMs = RATED_WITHIN_MS - 60_000;
    const inTime = await rate(trip.riderId, trip, { stars: 5 });
    setting.time.aheadMs = 0;
    assert.deepEqual([late.status, inTime.status], [409, 201]);
    const { riderId, rideId } = await steps.ask();
    await steps.post(riderId, rideId, 'cancel');
    assert.equal((await rate(riderId, { ...trip, rideId }, { stars: 5 })).status, 409);
  });

  it('have stars and words within their limits', async () => {
    const trip = await steps.completed();
    for (const body of [
      {},
      { stars: 0 },
      { stars: 6 },
      { stars: 4.5 },
      { stars: '5' },
      { stars: null },
      { stars: 5, comment: 'x'.repeat(COMMENT_LENGTH_MAX + 1) },
      { stars: 5, comment: 'a\u0000b' },
      { stars: 5, comment: 'a\u202eb' },
      { stars: 5, comment: '\ud800' },
      { stars: 5, comment: null },
      { stars: 5, tip: 1 },
    ]) {
      const { status } = await rate(trip.riderId, trip, body);
      assert.equal(status, 422, JSON.stringify(body));
    }
    const longest = await rate(trip.riderId, trip, { stars: 5, comment: 'x'.repeat(COMMENT_LENGTH_MAX) });
    assert.equal(longest.status, 201);
    const invisible = await rate(trip.driverId, trip, { stars: 1, comment: ' \u200b ' });
    assert.deepEqual([invisible.status, invisible.body.comment], [201, null]);
  });

  it('are in nobody’s history but as a ride, which both sides page', async () => {
    const [riderId, driverId] = [setting.addPerson(), await setting.addDriver()];
    const rides: string[] = [];
    for (let count = 0; count < 5; count += 1) {
      rides.unshift(String((await steps.completed(riderId, driverId)).rideId));
    }
    const given = await steps.accepted(riderId, driverId);
    await steps.post(driverId, given.rideId, 'cancel', { reason: 'unsafe' });
    const walk = async (path: string, userId: Id) => {
      const found: string[] = [];
      let token = '';
      do {
        const { status, body } = await setting.call('GET', `${path}?limit=2&page_token=${token}`, userId);
        assert.equal(status, 200);
        assert.ok(body.items.length <= 2);
        found.push(...body.items.map((ride: { ride_id: string }) => ride.ride_id));
        token = body.next_page_token ?? '';
      } while (token !== '');
      return found;
    };
    assert.deepEqual(await walk('/rides', riderId), [String(given.rideId), ...rides]);
    assert.deepEqual(await walk('/drivers/me/rides', driverId), rides);
    assert.deepEqual(await walk('/rides', setting.addPerson()), []);
    assert.deepEqual(await walk('/drivers/me/rides', riderId), []);
    assert.equal((await setting.call('GET', '/rides', undefined)).status, 401);
    assert.equal((await setting.call('GET', '/rides?limit=101', riderId)).status, 422);
    assert.equal((await setting.call('GET', '/rides?page_token=%00', riderId)).status, 422);
  });

  it('go with the account of either side, and a ride forgets a driver who is gone', async () => {
    const trip = await steps.completed();
    const { riderId, driverId, rideId } = trip;
    await rate(riderId, trip, { stars: 5, comment: 'x' });
    await rate(driverId, trip, { stars: 5, comment: 'x' });
    await setting.sql.transaction((transaction) =>
      setting.eventLog.append(transaction, [
        ...[driverId].map((userId) => ({
          ...{ topic: 'users', kind: 'deleted', key: userId, ownerId: userId },
          payload: { user_id: String(userId) },
        })),
      ]),
    );
    await until(async () => (await countOf(driverId)) === 0);
    await until(async () => (await setting.call('GET', '/drivers/me', driverId)).status === 404);
    await setting.runJob('erase-drivers');
    const ride = await steps.get(riderId, rideId);
    assert.deepEqual([ride.status, ride.driver_id, ride.driver], ['completed', null, null]);
    assert.equal(ride.own_rating, null);
    assert.equal((await rate(riderId, trip, { stars: 4 })).status, 409);
  });
});
