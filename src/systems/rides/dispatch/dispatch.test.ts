import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import {
  createRidesSetting,
  type DriverClient,
  type RidesSetting,
} from '../../../../test/support/rides-setting.ts';
import { until } from '../../../../test/support/until.ts';
import { systemClock } from '../../../core/clock.ts';
import { AppError } from '../../../core/errors.ts';
import type { Id } from '../../../core/ids.ts';
import type { DriverTraits, NearestSearch } from '../../../ports/geo-index/geo-index.ts';
import { createMemoryGeoIndex } from '../../../ports/geo-index/memory-geo-index.ts';
import { createRoadsRouting } from '../../../ports/routing/roads-routing.ts';
import { buildRoadGraph } from '../../../roads/road-graph.ts';
import { createRoads } from '../../../roads/roads.ts';
import { createLog } from '../../../telemetry/log.ts';
import { SERVER_SUSPECT_MS } from '../drivers/driver-contacts.ts';
import { GIVE_UP_MS } from '../requests/ride-requests.ts';
import { CANDIDATES_MAX, FRESH_MS, NEAR_FIRST } from './candidates.ts';
import { startDispatch } from './dispatch-loop.ts';
import { PRESENCE_MS } from './driver-presence.ts';
import { RADII } from './search-radius.ts';

const PICKUP = { lat: 40.7128, lng: -74.006 };
const BODY = { pickup: PICKUP, dropoff: { lat: 40.7484, lng: -73.9857 }, ride_type: 'economy' };
const M_PER_DEGREE = 111_195;
/** 5 s by design, `npm run test:rides` measures it; and a busy machine. */
const TAKEOVER_MS_MAX = 15_000;

type Process = Pick<RidesSetting, 'geoIndex' | 'rides'>;

describe('dispatching', () => {
  let setting: RidesSetting;
  beforeEach(async () => {
    setting = await createRidesSetting();
    await connectSomeone(setting);
  });
  afterEach(() => setting.close());

  /** Who says nothing: without anybody a process leaves cities to others. */
  async function connectSomeone(process: Pick<RidesSetting, 'connect'>): Promise<DriverClient> {
    const client = await process.connect(await setting.addDriver());
    await client.first('ready');
    return client;
  }

  async function ask(riderId = setting.addPerson()): Promise<Id> {
    const { status, body } = await setting.call('POST', '/rides', riderId, BODY);
    assert.equal(status, 201);
    return Number(body.ride_id);
  }
  /** North of the pickup. */
  async function place(
    driverId: Id,
    northM: number,
    traits: Partial<DriverTraits> = {},
    { geoIndex }: Process = setting,
  ): Promise<void> {
    await geoIndex.describe([{ driverId, state: 0, types: 1, rating: undefined, ...traits }]);
    const lat = PICKUP.lat + northM / M_PER_DEGREE;
    await geoIndex.move([{ driverId, lat, lng: PICKUP.lng, atMs: setting.clock.nowMs() }]);
  }
  async function addDriverAt(northM: number, traits: Partial<DriverTraits> = {}): Promise<Id> {
    const driverId = await setting.addDriver();
    await place(driverId, northM, traits);
    return driverId;
  }
  async function batch({ rides }: Process = setting): Promise<void> {
    await rides.dispatch.claim();
    await rides.dispatch.run();
  }
  const offersOf = (rideId: Id) =>
    setting.read<{ offer_id: Id; driver_id: Id; state: string }>(
      'test_offers_of_ride',
      'SELECT offer_id, driver_id, state FROM offers WHERE ride_id = $1 ORDER BY offer_id',
      [rideId],
    );
  async function offeredTo(rideId: Id, state = 'open'): Promise<Set<Id>> {
    const offers = await offersOf(rideId);
    return new Set(offers.filter((offer) => offer.state === state).map((offer) => offer.driver_id));
  }
  async function answer(rideId: Id, driverId: Id, how: 'accept' | 'decline'): Promise<number> {
    const offers = await offersOf(rideId);
    const offer = offers.findLast((one) => one.driver_id === driverId);
    return (await setting.call('POST', `/offers/${offer?.offer_id}/${how}`, driverId)).status;
  }
  async function timeOut(): Promise<void> {
    await setting.write(
      'test_time_out',
      `UPDATE offers SET expires_at = now() - interval '1 ms' WHERE state = 'open'`,
    );
  }
  async function rideOf(rideId: Id) {
    const [ride] = await setting.read<{ status: string; reason: string | null; driver_id: Id | null }>(
      'test_ride',
      'SELECT status, reason, driver_id FROM rides WHERE ride_id = $1',
      [rideId],
    );
    return ride;
  }

  it('offers a request to whom it takes least by road, and not to whom no road leads from', async () => {
    const north = (meters: number) => ({ lat: PICKUP.lat + meters / M_PER_DEGREE, lng: PICKUP.lng });
    const kmPerH = { forwardKmPerH: 36, backwardKmPerH: 36 };
    // A river lies 100 m north of the pickup: a street on either side, and no bridge.
    const graph = buildRoadGraph(
      [north(0), north(-3_000), north(120), north(3_000)],
      [
        { tail: 0, head: 1, ...kmPerH, kind: 'minor' },
        { tail: 2, head: 3, ...kmPerH, kind: 'minor' },
      ],
    );
    const routing = createRoadsRouting({ towns: [createRoads('banks', graph)], clock: systemClock });
    const other = await createRidesSetting({ routing });
    try {
      const client = await other.connect(await other.addDriver());
      await client.first('ready');
      const addTo = async (northM: number): Promise<Id> => {
        const driverId = await other.addDriver();
        await place(driverId, northM, {}, other);
        return driverId;
      };
      const [across, near] = [await addTo(200), await addTo(-1_000)];
      const asked = { ...BODY, dropoff: north(-2_000) };
      const { status, body } = await other.call('POST', '/rides', other.addPerson(), asked);
      assert.equal(status, 201);
      await batch(other);
      const offers = await other.read<{ driver_id: Id }>(
        'test_offers_by_road',
        'SELECT driver_id FROM offers WHERE ride_id = $1',
        [Number(body.ride_id)],
      );
      assert.deepEqual(
        offers.map(({ driver_id: driverId }) => driverId),
        [near],
        `and not ${across}`,
      );
      await client.close();
    } finally {
      await other.close();
    }
  });

  it('offers a request to the best driver and two more, and the first to accept has it', async () => {
    const drivers = [];
    for (const northM of [300, 600, 900, 1_200]) drivers.push(await addDriverAt(northM));
    const [first = 0, second = 0, third = 0] = drivers;
    const rideId = await ask();
    await batch();
    assert.deepEqual(await offeredTo(rideId), new Set([first, second, third]));
    await batch();
    assert.equal((await offersOf(rideId)).length, 3, 'nobody else while they think');
    assert.deepEqual(
      [await answer(rideId, second, 'accept'), await answer(rideId, first, 'accept')],
      [200, 409],
    );
    assert.deepEqual(await rideOf(rideId), { status: 'accepted', reason: null, driver_id: second });
    assert.deepEqual(await offeredTo(rideId, 'withdrawn'), new Set([first, third]));
    await batch();
    assert.equal((await offersOf(rideId)).length, 3);
    assert.deepEqual([setting.counts.get('offered'), setting.counts.get('reached')], [3, 1]);
  });

  it('hands requests out so that all in all it costs least', async () => {
    const [near, far] = [await addDriverAt(100), await addDriverAt(1_500)];
    const [one, two] = [await ask(), await ask()];
    await batch();
    const offered = [...(await offeredTo(one)), ...(await offeredTo(two))];
    assert.deepEqual(offered.toSorted(), [near, far].toSorted());
    assert.equal((await offeredTo(one)).size, 1);
  });

  it('offers it to the next ones after declines, and after time-outs, and never to the same again', async () => {
    const drivers = [];
    for (let n = 1; n <= 7; n += 1) drivers.push(await addDriverAt(n * 200));
    const rideId = await ask();
    await batch();
    const [first = 0, second = 0, third = 0] = drivers;
    for (const driver of [first, second]) assert.equal(await answer(rideId, driver, 'decline'), 200);
    await batch();
    assert.deepEqual(await offeredTo(rideId), new Set([third]), 'one is thinking still');
    assert.equal(await answer(rideId, third, 'decline'), 200);
    await batch();
    assert.deepEqual(await offeredTo(rideId), new Set(drivers.slice(3, 6)));
    await timeOut();
    // Noticed or not: nobody thinks about it any more.
    await batch();
    assert.deepEqual((await offersOf(rideId)).map((offer) => offer.driver_id).at(-1), drivers[6]);
    await setting.runJob('expire-offers');
    assert.equal(await answer(rideId, drivers[6] ?? 0, 'accept'), 200);
    assert.equal((await rideOf(rideId))?.driver_id, drivers[6]);
  });

  it('looks further away for those who wait, and gives up with the reason', async () => {
    const [near = { radiusM: 0 }, wider = { afterMs: 0 }] = RADII;
    const far = await addDriverAt(near.radiusM + 500);
    const rideId = await ask();
    await batch();
    assert.equal((await offersOf(rideId)).length, 0);
    assert.equal(setting.counts.get('unassigned'), 1);
    setting.time.aheadMs = wider.afterMs;
    await batch();
    assert.deepEqual(await offeredTo(rideId), new Set([far]));
    assert.equal(await answer(rideId, far, 'decline'), 200);
    await setting.call('PUT', '/drivers/me/state', far, { state: 'non_operational' });
    const alone = await ask();
    await batch();
    assert.equal((await offersOf(alone)).length, 0);
    setting.time.aheadMs += GIVE_UP_MS + 1_000;
    await setting.runJob('give-up-rides');
    assert.deepEqual(await rideOf(rideId), { status: 'unmatched', reason: 'not_accepted', driver_id: null });
    assert.deepEqual(await rideOf(alone), { status: 'unmatched', reason: 'no_driver', driver_id: null });
    await batch();
  });

  it('asks only those who fit, are good enough, were heard of and are free', async () => {
    await addDriverAt(100, { rating: 4.5 });
    await addDriverAt(100, { types: 2 });
    await addDriverAt(100, { state: 1 });
    const off = await addDriverAt(100);
    // The index has not heard of it yet.
    await setting.call('PUT', '/drivers/me/state', off, { state: 'non_operational' });
    const silent = await setting.addDriver();
    await setting.geoIndex.describe([{ driverId: silent, state: 0, types: 1, rating: undefined }]);
    const atMs = setting.clock.nowMs() - FRESH_MS - 1_000;
    await setting.geoIndex.move([{ driverId: silent, ...PICKUP, atMs }]);
    const rider = await addDriverAt(50);
    const rideId = await ask(rider);
    await batch();
    assert.equal((await offersOf(rideId)).length, 0);
    const [good, fresh] = [await addDriverAt(900, { rating: 4.6 }), await addDriverAt(1_000)];
    await batch();
    assert.deepEqual(await offeredTo(rideId), new Set([good, fresh]));
    const other = await ask();
    await batch();
    assert.deepEqual(await offeredTo(other), new Set([rider]), 'the others have an offer');
  });

  it('leaves out the drivers of a process that has said nothing for a while, until it is heard of', async () => {
    const [silent, heard] = [await addDriverAt(100), await addDriverAt(1_000)];
    await setting.write('test_connect_to', `UPDATE drivers SET server_id = 'silent' WHERE driver_id = $1`, [
      silent,
    ]);
    const seen = (secondsAgo: number) =>
      setting.write(
        'test_see_server',
        `INSERT INTO driver_servers (server_id, seen_at) VALUES ('silent', now() - make_interval(secs => $1))
         ON CONFLICT (server_id) DO UPDATE SET seen_at = excluded.seen_at`,
        [secondsAgo],
      );
    await seen(SERVER_SUSPECT_MS / 1_000 + 1);
    const first = await ask();
    await batch();
    assert.deepEqual(await offeredTo(first), new Set([heard]));
    await answer(first, heard, 'accept');
    await seen(0);
    const second = await ask();
    await batch();
    assert.deepEqual(await offeredTo(second), new Set([silent]));
  });

  it('looks beyond those who have an offer already, where a crowd waits', async () => {
    // Nearer than anybody else, and thinking about other rides.
    for (let n = 0; n < NEAR_FIRST; n += 1) {
      const busy = await addDriverAt(100);
      await setting.write(
        'test_other_offer',
        `INSERT INTO offers (offer_id, shard, driver_id, ride_id, ride_version, expires_at)
         VALUES ($1, 0, $1, $1, 1, now() + interval '1 hour')`,
        [busy],
      );
    }
    const free = await addDriverAt(200);
    const rideId = await ask();
    await batch();
    assert.deepEqual(await offeredTo(rideId), new Set([free]));
  });

  it('offers as many rides at once as there are drivers for, where many ask in one place', async () => {
    const crowd = CANDIDATES_MAX + 5;
    for (let n = 0; n < crowd; n += 1) await addDriverAt(100 + n);
    const rides = [];
    for (let n = 0; n <= crowd; n += 1) rides.push(await ask());
    await batch();
    const offered = await Promise.all(rides.map(async (rideId) => (await offeredTo(rideId)).size));
    assert.deepEqual(offered.toSorted(), [0, ...Array.from({ length: crowd }, () => 1)]);
    assert.equal(setting.counts.get('unassigned'), 1, 'nobody was left for one');
  });

  it('prefers those who take what they are offered to others who are a little nearer', async () => {
    const picky = await addDriverAt(490);
    const others = [await addDriverAt(500), await addDriverAt(500), await addDriverAt(500)];
    await setting.write(
      'test_past_offers',
      `INSERT INTO offers (offer_id, shard, driver_id, ride_id, ride_version, state, expires_at)
       SELECT n, 0, $1, 1, 1, 'declined', now() FROM generate_series(1, 10) AS n`,
      [picky],
    );
    const rideId = await ask();
    await batch();
    assert.deepEqual(await offeredTo(rideId), new Set(others));
  });

  it('is done by one process a city; one that was replaced is refused by its token', async () => {
    const other = await setting.openOther();
    const client = await connectSomeone(other);
    const driver = await addDriverAt(300);
    await place(driver, 300, {}, other);
    await setting.rides.dispatch.claim();
    await other.rides.dispatch.claim();
    assert.deepEqual([setting.rides.dispatch.led(), other.rides.dispatch.led()], [1, 0]);
    const rideId = await ask();
    await other.rides.dispatch.run();
    assert.equal((await offersOf(rideId)).length, 0);
    // The leader stands still for so long that another takes over, and believes that it leads still.
    await setting.write('test_age_lease', `UPDATE dispatch_leases SET held_until = now() - interval '1 ms'`);
    await other.rides.dispatch.claim();
    assert.deepEqual([setting.rides.dispatch.led(), other.rides.dispatch.led()], [1, 1]);
    await setting.rides.dispatch.run();
    assert.deepEqual([setting.counts.get('batch fenced'), (await offersOf(rideId)).length], [1, 0]);
    await other.rides.dispatch.run();
    assert.deepEqual(await offeredTo(rideId), new Set([driver]));
    await setting.rides.dispatch.claim();
    assert.deepEqual([setting.rides.dispatch.led(), setting.counts.get('lease lost')], [0, 1]);
    // Who has no drivers any more leaves the city to others at once.
    await client.close();
    await until(() => other.rides.streams.connections() === 0);
    await other.rides.dispatch.claim();
    assert.equal(other.rides.dispatch.led(), 0);
    await setting.rides.dispatch.claim();
    assert.equal(setting.rides.dispatch.led(), 1);
    const [lease] = await setting.read<{ token: number }>('test_token', 'SELECT token FROM dispatch_leases');
    assert.equal(lease?.token, 3);
  });

  it('is done by any process where all share the index, from when anybody drives', async () => {
    const index = createMemoryGeoIndex({ clock: systemClock, driversMax: 10 });
    let isAway = true;
    const nearest = (search: NearestSearch) => {
      if (isAway) throw new AppError('unavailable', 'The geo-index is away.');
      return index.nearest(search);
    };
    // As it is here for both, which are one process.
    const shared = await createRidesSetting({ geoIndex: { ...index, shared: true, nearest } });
    const other = await shared.openOther();
    const { dispatch } = shared.rides;
    await dispatch.claim();
    assert.equal(dispatch.led(), 0, 'nobody drives');
    const driver = await shared.addDriver();
    const client = await other.connect(driver);
    await client.first('ready');
    await dispatch.claim();
    assert.equal(dispatch.led(), 0, 'and that is believed for a while');
    shared.time.aheadMs = PRESENCE_MS;
    await dispatch.claim();
    assert.equal(dispatch.led(), 1);
    const point = { ...PICKUP, time_ms: shared.clock.nowMs(), accuracy_m: 5 };
    client.send({ type: 'positions', sequence: 1, points: [point] });
    await until(() => (shared.counts.get('accepted') ?? 0) > 0);
    const { body } = await shared.call('POST', '/rides', shared.addPerson(), BODY);
    await dispatch.run();
    assert.deepEqual([shared.counts.get('batch failed'), client.of('offer').length], [1, 0]);
    isAway = false;
    await until(async () => {
      await dispatch.run();
      return client.of('offer').length > 0;
    });
    assert.equal(client.of('offer')[0].ride_id, body.ride_id);
    await shared.close();
  });

  it('goes on in another process within 5 s of the leader’s death, with every request', async () => {
    const other = await setting.openOther();
    await connectSomeone(other);
    const driver = await addDriverAt(300);
    await place(driver, 300, {}, other);
    await setting.rides.dispatch.claim();
    const log = createLog({ level: 'silent', pretty: false });
    const loop = startDispatch({
      ...{ dispatch: other.rides.dispatch, surge: other.rides.surge.making, clock: systemClock, log },
    });
    const rideId = await ask();
    const diedMs = systemClock.monotonicMs();
    await until(() => other.rides.dispatch.led() === 1);
    assert.ok(systemClock.monotonicMs() - diedMs < TAKEOVER_MS_MAX);
    await until(async () => (await offeredTo(rideId)).has(driver));
    await loop.close();
    assert.equal(other.rides.dispatch.led(), 0);
  });
});
