import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createRidesSetting, type RidesSetting } from '../../../../test/support/rides-setting.ts';
import {
  CITY_HALL,
  createTripSteps,
  EMPIRE_STATE,
  type TripSteps,
} from '../../../../test/support/trip-steps.ts';
import { until } from '../../../../test/support/until.ts';
import { systemClock } from '../../../core/clock.ts';
import { distanceM, type GeoPoint } from '../../../core/geo.ts';
import type { Id } from '../../../core/ids.ts';
import { createRoadsRouting } from '../../../ports/routing/roads-routing.ts';
import { buildRoadGraph } from '../../../roads/road-graph.ts';
import { createRoads } from '../../../roads/roads.ts';

/** One street over a corner, one-way from there on. */
const CORNER = { lat: CITY_HALL.lat, lng: EMPIRE_STATE.lng };
const DEPOT = { lat: CITY_HALL.lat - 0.02, lng: CITY_HALL.lng };
const STREET = { forwardKmPerH: 36, backwardKmPerH: 36, kind: 'minor' as const };
const graph = buildRoadGraph(
  [DEPOT, CITY_HALL, CORNER, EMPIRE_STATE],
  [
    { ...STREET, tail: 0, head: 1 },
    { ...STREET, tail: 1, head: 2 },
    { ...STREET, tail: 2, head: 3, backwardKmPerH: 0 },
  ],
);

describe('the way of a ride', () => {
  let setting: RidesSetting;
  let steps: TripSteps;
  before(async () => {
    const towns = [createRoads('corner', graph)];
    setting = await createRidesSetting({ routing: createRoadsRouting({ towns, clock: systemClock }) });
    steps = createTripSteps(setting);
  });
  after(() => setting.close());

  const routeOf = (rideId: Id, userId: Id | undefined) =>
    setting.call('GET', `/rides/${rideId}/route`, userId);
  const inMeters = ({ lat, lng }: GeoPoint) => [Math.round(lng * 1e5) / 1e5, Math.round(lat * 1e5) / 1e5];
  /** A driver whose stream has said where they are. */
  async function driverAt(place: GeoPoint) {
    const driverId = await setting.addDriver();
    const client = await setting.connect(driverId);
    const { sequence } = await client.first('ready');
    let sent = sequence;
    const go = async ({ lat, lng }: GeoPoint): Promise<void> => {
      sent += 1;
      const point = { lat, lng, accuracy_m: 5, time_ms: setting.clock.nowMs() - 1_000 };
      client.send({ type: 'positions', sequence: sent, points: [point] });
    };
    return { driverId, client, go: () => go(place) };
  }

  it('leads over the roads to the drop-off, before there is a driver', async () => {
    const { riderId, rideId } = await steps.ask();
    const { status, body } = await routeOf(rideId, riderId);
    assert.deepEqual([status, body.to], [200, 'dropoff']);
    assert.deepEqual(body.route.path, [CITY_HALL, CORNER, EMPIRE_STATE].map(inMeters));
    const meters = distanceM(CITY_HALL, CORNER) + distanceM(CORNER, EMPIRE_STATE);
    assert.ok(Math.abs(body.route.distance_m - meters) <= 1);
    assert.ok(body.route.duration_s >= Math.floor(meters / 10));
  });

  it('leads from the driver to the pickup, and says when nobody knows where the driver is', async () => {
    const { driverId, client, go } = await driverAt(DEPOT);
    const { riderId, rideId } = await steps.accepted(undefined, driverId);
    assert.deepEqual((await routeOf(rideId, riderId)).body, { to: 'pickup', route: null });
    await go();
    await until(async () => (await routeOf(rideId, riderId)).body.route !== null);
    for (const userId of [riderId, driverId]) {
      const { body } = await routeOf(rideId, userId);
      assert.deepEqual(body.route.path, [DEPOT, CITY_HALL].map(inMeters));
    }
    await client.close();
  });

  it('is null where no road leads', async () => {
    const { driverId, client, go } = await driverAt(EMPIRE_STATE);
    const trip = await steps.accepted(undefined, driverId);
    await go();
    await until(async () => (await setting.rides.whereIs(driverId)) !== undefined);
    assert.deepEqual((await routeOf(trip.rideId, driverId)).body, { to: 'pickup', route: null });
    await client.close();
  });

  it('leads to the drop-off from the start on', async () => {
    const trip = await steps.started();
    const { body } = await routeOf(trip.rideId, trip.driverId);
    assert.deepEqual([body.to, body.route.path.length], ['dropoff', 3]);
  });

  it('is for both sides alone', async () => {
    const trip = await steps.accepted();
    assert.equal((await routeOf(trip.rideId, setting.addPerson())).status, 404);
    assert.equal((await routeOf(trip.rideId, await setting.addDriver())).status, 404);
    assert.equal((await routeOf(trip.rideId + 1, trip.riderId)).status, 404);
    assert.equal((await routeOf(trip.rideId, undefined)).status, 401);
  });
});
