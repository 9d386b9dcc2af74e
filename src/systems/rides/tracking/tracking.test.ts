import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  createRidesSetting,
  type RidesSetting,
  type ToldRider,
} from '../../../../test/support/rides-setting.ts';
import {
  CITY_HALL,
  createTripSteps,
  type Trip,
  type TripSteps,
} from '../../../../test/support/trip-steps.ts';
import { until } from '../../../../test/support/until.ts';
import { distanceM } from '../../../core/geo.ts';
import type { Id } from '../../../core/ids.ts';
import { ARRIVED_BY_WORD_M, ARRIVED_M, ARRIVING_M, STAYING_MS } from '../trips/arrival.ts';
import { TOLD_EVERY_MS } from './ride-positions.ts';

const DEGREE_M = distanceM(CITY_HALL, { lat: CITY_HALL.lat + 1, lng: CITY_HALL.lng });

describe('the tracking of rides', () => {
  let setting: RidesSetting;
  let steps: TripSteps;
  before(async () => {
    setting = await createRidesSetting();
    steps = createTripSteps(setting);
  });
  after(() => setting.close());

  /** A driver with a stream, who can be sent to places by how far they are from the pickup. */
  async function connect(driverId: Id, process: Pick<RidesSetting, 'connect'> = setting) {
    const client = await process.connect(driverId);
    let { sequence } = await client.first('ready');
    return {
      client,
      /** `afterMs` from a while ago, so that no time has to pass. */
      go(leftM: number, afterMs: number): void {
        sequence += 1;
        const place = { lat: CITY_HALL.lat + leftM / DEGREE_M, lng: CITY_HALL.lng, accuracy_m: 5 };
        const point = { ...place, time_ms: setting.clock.nowMs() - 100_000 + afterMs };
        client.send({ type: 'positions', sequence, points: [point] });
      },
      close: () => client.close(),
    };
  }
  const drive = async (
    driverId?: Id,
  ): Promise<{ trip: Trip; driver: Awaited<ReturnType<typeof connect>> }> => {
    const id = driverId ?? (await setting.addDriver());
    const driver = await connect(id);
    const trip = await steps.accepted(undefined, id);
    return { trip, driver };
  };
  const statusOf = async ({ riderId, rideId }: Trip): Promise<string> =>
    (await steps.get(riderId, rideId)).status;
  const becomes = (trip: Trip, status: string) => until(async () => (await statusOf(trip)) === status);
  const toldTo = (userId: Id, told: readonly ToldRider[] = setting.told) =>
    told.filter((each) => each.userId === userId);

  it('notices by positions alone that a driver is nearly there, and there', async () => {
    const { trip, driver } = await drive();
    driver.go(ARRIVING_M + 50, 0);
    driver.go(ARRIVING_M - 20, 10_000);
    await becomes(trip, 'arriving');
    assert.equal(await setting.stateOf(trip.driverId), 'reserved');
    driver.go(ARRIVED_M - 10, 30_000);
    driver.go(ARRIVED_M - 10, 30_000 + STAYING_MS);
    await becomes(trip, 'arrived');
    assert.equal(await setting.stateOf(trip.driverId), 'stopped');
    assert.deepEqual(await steps.kindsOf(trip.rideId), ['requested', 'accepted', 'arriving', 'arrived']);
    await steps.start(trip);
    // On the way back past the pickup nothing happens any more.
    driver.go(0, 60_000);
    driver.go(0, 80_000);
    await steps.complete(trip);
    assert.deepEqual((await steps.kindsOf(trip.rideId)).slice(4), ['started', 'completed']);
    await until(() => setting.rides.driven() === 0);
    await driver.close();
  });

  it('takes up rides that were accepted before the stream was opened, and lets go of those that end', async () => {
    const trip = await steps.accepted();
    const driver = await connect(trip.driverId);
    await until(() => setting.rides.driven() === 1);
    driver.go(200, 0);
    await becomes(trip, 'arriving');
    await steps.post(trip.driverId, trip.rideId, 'cancel', { reason: 'unsafe' });
    await until(() => setting.rides.driven() === 0);
    driver.go(0, 20_000);
    driver.go(0, 40_000);
    await until(() => driver.client.of('ack').length > 0);
    assert.equal(await statusOf(trip), 'requested');
    await driver.close();
  });

  it('believes a driver who says so and is near, and no other', async () => {
    const { trip, driver } = await drive();
    const arrive = () => steps.post(trip.driverId, trip.rideId, 'arrive');
    const unknown = await arrive();
    assert.equal(unknown.status, 409);
    assert.match(unknown.body.detail, /not known where/);
    driver.go(ARRIVED_BY_WORD_M + 30, 0);
    await becomes(trip, 'arriving');
    const far = await arrive();
    assert.equal(far.status, 409);
    assert.match(far.body.detail, /330 m|329 m|331 m/);
    assert.equal((await steps.post(trip.riderId, trip.rideId, 'arrive')).status, 403);
    assert.equal((await steps.post(setting.addPerson(), trip.rideId, 'arrive')).status, 404);
    driver.go(ARRIVED_BY_WORD_M - 30, 20_000);
    await until(async () => (await arrive()).status === 200);
    assert.equal(await statusOf(trip), 'arrived');
    const answers = await Promise.all([arrive(), arrive()]);
    assert.ok(answers.every(({ status }) => status === 200));
    assert.deepEqual(await steps.kindsOf(trip.rideId), ['requested', 'accepted', 'arriving', 'arrived']);
    // A point of another ride, long ago.
    const next = await steps.accepted();
    setting.time.aheadMs = 10 * 60_000;
    assert.match((await steps.post(next.driverId, next.rideId, 'arrive')).body.detail, /not known/);
    setting.time.aheadMs = 0;
    await driver.close();
  });

  it('tells the rider of each status, with the PIN, and where the driver is, at any process', async () => {
    const other = await setting.openOther();
    const [riderId, stranger] = [setting.addPerson(), setting.addPerson()];
    for (const process of [setting, other]) for (const id of [riderId, stranger]) process.watching.add(id);
    const driverId = await setting.addDriver();
    const driver = await connect(driverId);
    const trip = await steps.accepted(riderId, driverId);
    driver.go(800, 0);
    driver.go(790, 1_000);
    for (const { told } of [setting, other]) {
      const rides = () => toldTo(riderId, told).filter(({ event }) => event === 'ride');
      await until(() => rides().at(-1)?.data.ride.status === 'accepted');
      assert.equal(rides().at(-1)?.data.ride.pin, trip.pin);
      await until(() => toldTo(riderId, told).some(({ event }) => event === 'ride_position'));
      const [position] = toldTo(riderId, told).filter(({ event }) => event === 'ride_position');
      // The last one of two.
      assert.equal(Math.round(distanceM(position?.data, CITY_HALL)), 790);
      assert.equal(position?.data.ride_id, String(trip.rideId));
      assert.ok(position?.data.eta_s > 60 && position?.data.eta_s < 600, position?.data.eta_s);
    }
    const { driver_position: seen } = await steps.get(riderId, trip.rideId);
    assert.equal(Math.round(distanceM(seen, CITY_HALL)), 790);
    assert.equal((await steps.get(driverId, trip.rideId)).driver_position, null);
    await steps.start(trip);
    driver.go(900, 20_000);
    await steps.complete(trip);
    for (const { told } of [setting, other]) {
      await until(() => toldTo(riderId, told).at(-1)?.data.ride?.status === 'completed');
      const versions = toldTo(riderId, told)
        .filter(({ event }) => event === 'ride')
        .map(({ data }) => data.ride.version);
      assert.deepEqual(versions, versions.toSorted(), 'never back');
      assert.equal(new Set(versions).size, versions.length, 'never twice');
    }
    // Nothing more, though the driver drives on.
    const before = toldTo(riderId, other.told).length;
    driver.go(1_000, 40_000);
    await setting.clock.sleep(TOLD_EVERY_MS * 1.5);
    assert.equal(toldTo(riderId, other.told).length, before);
    assert.equal(toldTo(stranger, other.told).length + toldTo(stranger).length, 0);
    await driver.close();
  });

  it('tells of positions at most every two seconds, however many there are', async () => {
    const { trip, driver } = await drive();
    setting.watching.add(trip.riderId);
    const beganMs = setting.clock.monotonicMs();
    for (let step = 0; step < 40; step += 1) {
      driver.go(900 - step, step * 100);
      await setting.clock.sleep(100);
    }
    const positions = toldTo(trip.riderId).filter(({ event }) => event === 'ride_position');
    const most = Math.ceil((setting.clock.monotonicMs() - beganMs) / TOLD_EVERY_MS);
    assert.ok(positions.length >= 1 && positions.length <= most, `${positions.length} of ${most}`);
    await driver.close();
  });

  it('tells the driver of the ride, too, without its PIN and of no positions', async () => {
    const { trip, driver } = await drive();
    setting.watching.add(trip.driverId);
    driver.go(400, 0);
    await until(() => toldTo(trip.driverId).at(-1)?.data.ride?.status === 'arriving');
    await steps.post(trip.riderId, trip.rideId, 'cancel');
    await until(() => toldTo(trip.driverId).at(-1)?.data.ride?.status === 'cancelled');
    assert.ok(toldTo(trip.driverId).every(({ event, data }) => event === 'ride' && data.ride.pin === null));
    await driver.close();
  });

  it('says at once how things are to a rider who connects', async () => {
    const statesOf = async (userId: Id) => {
      const states = await setting.rides.tracking.statesOf(userId);
      return states.map(({ event, data }) => ({ event, data: JSON.parse(data) }));
    };
    assert.deepEqual(await statesOf(setting.addPerson()), []);
    const trip = await steps.accepted();
    const [ride] = await statesOf(trip.riderId);
    assert.deepEqual(ride, { event: 'ride', data: { ride: await steps.get(trip.riderId, trip.rideId) } });
    await steps.start(trip);
    await steps.complete(trip);
    assert.equal((await statesOf(trip.riderId))[0]?.data.ride.status, 'completed');
    setting.time.aheadMs = 3_700_000;
    const later = await statesOf(trip.riderId);
    setting.time.aheadMs = 0;
    assert.deepEqual(later, []);
    assert.deepEqual(await statesOf(trip.driverId), []);
    const next = await steps.accepted();
    const [driven] = await statesOf(next.driverId);
    assert.deepEqual([driven?.data.ride.status, driven?.data.ride.pin], ['accepted', null]);
  });
});
