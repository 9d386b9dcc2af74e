import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import {
  createRidesSetting,
  type DriverClient,
  PRIUS,
  type RidesSetting,
} from '../../../../test/support/rides-setting.ts';
import { until } from '../../../../test/support/until.ts';
import { systemClock } from '../../../core/clock.ts';
import type { Id } from '../../../core/ids.ts';
import { createMemoryGeoIndex } from '../../../ports/geo-index/memory-geo-index.ts';
import { MAP_BOX_DEGREES_MAX } from '../cities/map-box.ts';
import { COUNT_VALID_MS, STALE_MS } from './driver-counts.ts';
import { FIGURES_FRESH_MS } from './ride-figures.ts';

const PICKUP = { lat: 40.7128, lng: -74.006 };
const AWAY = { lat: 40.9, lng: -73.6 };
const BBOX = '-74.1,40.6,-73.9,40.8';
const CALLS = [
  '/rides/operations?city=new_york',
  `/rides/operations/drivers?bbox=${BBOX}`,
  `/rides/operations/requests?bbox=${BBOX}`,
];

type Process = Pick<RidesSetting, 'connect' | 'geoIndex' | 'rides'>;

describe('operations', () => {
  let setting: RidesSetting;
  let staff: Id;
  beforeEach(async () => {
    setting = await createRidesSetting();
    staff = setting.addStaff();
  });
  afterEach(() => setting.close());

  /** A driver whose app has said where they are. */
  async function drive(at = PICKUP, process: Process = setting): Promise<Id> {
    const driverId = await setting.addDriver();
    const client = await process.connect(driverId);
    await client.first('ready');
    await say(client, at, process);
    await until(async () => (await around(at, process)).some((driver) => driver.driverId === driverId));
    return driverId;
  }
  async function say(client: DriverClient, at: typeof PICKUP, { rides }: Process): Promise<void> {
    const point = { ...at, time_ms: setting.clock.nowMs(), accuracy_m: 5 };
    client.send({ type: 'positions', sequence: 1, points: [point] });
    await until(() => {
      rides.streams.beat();
      return client.of('ack').length > 0;
    });
  }
  const around = async (at: typeof PICKUP, { geoIndex }: Process) =>
    geoIndex.nearest({
      ...{ around: at, radiusM: 100, limit: 100, states: -1, types: -1, ratingAbove: undefined, sinceMs: 0 },
    });
  async function ask(pickup = PICKUP): Promise<{ readonly rideId: string; readonly riderId: Id }> {
    const riderId = setting.addPerson();
    const body = { pickup, dropoff: { lat: 40.7484, lng: -73.9857 }, ride_type: 'economy' };
    const { body: ride } = await setting.call('POST', '/rides', riderId, body);
    return { rideId: ride.ride_id, riderId };
  }
  async function batch(): Promise<void> {
    await setting.rides.dispatch.claim();
    await setting.rides.dispatch.run();
    // What it took goes along with the next one.
    await setting.rides.dispatch.claim();
  }
  async function city(name = 'new_york') {
    setting.time.aheadMs += FIGURES_FRESH_MS;
    return (await setting.call('GET', `/rides/operations?city=${name}`, staff)).body;
  }
  const driversIn = async (bbox = BBOX, more = '', process: Pick<RidesSetting, 'call'> = setting) =>
    (await process.call('GET', `/rides/operations/drivers?bbox=${bbox}${more}`, staff)).body;
  const requestsIn = async (bbox = BBOX) =>
    (await setting.call('GET', `/rides/operations/requests?bbox=${bbox}`, staff)).body.requests;

  it('are for the staff alone', async () => {
    for (const path of CALLS) {
      assert.equal((await setting.call('GET', path, undefined)).status, 401, path);
      assert.equal((await setting.call('GET', path, setting.addPerson())).status, 403, path);
      assert.equal((await setting.call('GET', path, staff)).status, 200, path);
    }
  });

  it('of a city where nothing happens are all noughts', async () => {
    assert.equal((await setting.call('GET', '/rides/operations?city=atlantis', staff)).status, 404);
    const { drivers, rides, queue, matching, dispatcher } = await city();
    assert.deepEqual(drivers, { counted_at: null, on_duty: 0, states: [] });
    assert.deepEqual(rides, { accepted: 0, arriving: 0, arrived: 0, started: 0 });
    assert.deepEqual(queue, { requests: 0, offered: 0, oldest_requested_at: null });
    const { since, ...counts } = matching;
    assert.deepEqual(counts, {
      ...{ requests: 0, matched: 0, unmatched: 0, withdrawn: 0 },
      ...{ match_rate: null, wait_p50_s: null, wait_p95_s: null },
    });
    assert.ok(Date.parse(since) < setting.clock.nowMs() - 3_500_000);
    assert.equal(dispatcher, null);
  });

  it('count the drivers of all processes, by what they do and offer', async () => {
    const other = await setting.openOther();
    await drive();
    await drive(PICKUP, other);
    await setting.call('PUT', '/drivers/me', await drive(), {
      vehicle: PRIUS,
      ride_types: ['economy', 'comfort'],
    });
    await until(() => setting.rides.streams.onDuty().some(({ types }) => types === 0b11));
    for (const { rides } of [setting, other]) await rides.driverCounts.report();
    const { drivers } = await city();
    assert.deepEqual(drivers.states, [
      {
        ...{ state: 'available', drivers: 3, stale: 0 },
        ride_types: [
          { ride_type: 'economy', drivers: 3 },
          { ride_type: 'comfort', drivers: 1 },
        ],
      },
    ]);
    assert.equal(drivers.on_duty, 3);

    setting.time.aheadMs += STALE_MS + 1;
    await setting.rides.driverCounts.report();
    assert.equal((await city()).drivers.states[0].stale, 2, 'of those who said it themselves');
    await other.rides.driverCounts.close();
    assert.equal((await city()).drivers.on_duty, 2, 'a process that ends takes its drivers along');
    const lateS = COUNT_VALID_MS / 1_000 + 1;
    await setting.write(
      'test_age_counts',
      `UPDATE driver_counts SET counted_at = now() - make_interval(secs => $1::double precision)`,
      [lateS],
    );
    assert.equal((await city()).drivers.on_duty, 0, 'and one that says nothing any more, too');
    await setting.write(
      'test_older_counts',
      `UPDATE driver_counts SET counted_at = now() - interval '1 hour'`,
    );
    await setting.runJob('forget-driver-counts');
    assert.deepEqual(await setting.read('test_counts', 'SELECT server_id FROM driver_counts'), []);
  });

  it('tell of the queue, of what became of requests, and of who matches them', async () => {
    const driverId = await drive();
    const { rideId: waiting } = await ask(AWAY);
    const { rideId: taken } = await ask();
    const { rideId: left, riderId } = await ask();
    await setting.call('POST', `/rides/${left}/cancel`, riderId, { reason: 'changed_plans' });
    await batch();
    const before = await city();
    assert.deepEqual([before.queue.requests, before.queue.offered], [2, 1]);
    assert.equal(Date.parse(before.queue.oldest_requested_at) <= setting.clock.nowMs(), true);
    const { process, token, led_since: ledSince, batches } = before.dispatcher;
    assert.match(process, /^[0-9a-f-]{36}$/);
    assert.equal(token, 1);
    assert.ok(Date.parse(ledSince) > 0);
    assert.deepEqual([batches.batches, batches.failed], [1, 0]);
    assert.ok(batches.p50_ms <= batches.p95_ms && batches.p95_ms <= batches.max_ms);

    const [{ offer_id: offerId } = { offer_id: 0 }] = await setting.read<{ offer_id: Id }>(
      'test_offer',
      `SELECT offer_id FROM offers WHERE state = 'open' AND ride_id = $1`,
      [Number(taken)],
    );
    assert.equal((await setting.call('POST', `/offers/${offerId}/accept`, driverId)).status, 200);
    const after = await city();
    assert.deepEqual([after.queue.requests, after.queue.offered, after.rides.accepted], [1, 0, 1]);
    const { requests, matched, unmatched, withdrawn, match_rate: rate } = after.matching;
    assert.deepEqual([requests, matched, unmatched, withdrawn, rate], [3, 1, 0, 1, 0.5]);
    assert.ok(after.matching.wait_p50_s >= 0 && after.matching.wait_p50_s <= after.matching.wait_p95_s);
    assert.equal(Date.parse(after.queue.oldest_requested_at) > 0, true);
    assert.deepEqual(
      (await requestsIn('-74,40.8,-73.5,41')).map((one: { ride_id: string }) => one.ride_id),
      [waiting],
    );
  });

  it('say since when a process leads: from when it took over, not from when it kept on', async () => {
    await drive();
    const leadSince = async () => (await city()).dispatcher?.led_since;
    await setting.rides.dispatch.claim();
    const since = await leadSince();
    await setting.rides.dispatch.claim();
    assert.equal(await leadSince(), since);
    await setting.rides.dispatch.release();
    assert.equal(await leadSince(), undefined, 'nobody does');
    await setting.rides.dispatch.claim();
    assert.ok((await leadSince()) > since);
  });

  it('show who waits in a part of the map, the oldest first, and nobody by name', async () => {
    const { rideId: first } = await ask();
    const { rideId: second } = await ask();
    await ask(AWAY);
    const requests = await requestsIn();
    assert.deepEqual(
      requests.map(({ ride_id: rideId }: { ride_id: string }) => rideId),
      [first, second],
    );
    const { requested_at: requestedAt, ...rest } = requests[0];
    assert.ok(Date.parse(requestedAt) > 0);
    assert.deepEqual(rest, {
      ...{ ride_id: first, city: 'new_york', ride_type: 'economy', offers: 0, is_offered: false },
      pickup: { lat: 40.713, lng: -74.006 },
    });
    await drive();
    await batch();
    const offered = (await requestsIn()).filter(
      ({ is_offered: isOffered }: { is_offered: boolean }) => isOffered,
    );
    assert.deepEqual(
      offered.map(({ offers }: { offers: number }) => offers),
      [1],
    );
    assert.deepEqual(await requestsIn('10,50,11,51'), [], 'where there is no city');
  });

  it('show drivers on a part of the map, with what they do', async () => {
    const [here, there] = [await drive(), await drive(AWAY)];
    const { drivers, ...whether } = await driversIn();
    assert.deepEqual(whether, { is_complete: true, is_of_all_processes: true });
    const [{ at, ...driver }] = drivers;
    assert.ok(Date.parse(at) > 0);
    assert.deepEqual(driver, {
      ...{ driver_id: String(here), plate: PRIUS.plate, state: 'available', ride_types: ['economy'] },
      ...PICKUP,
    });
    assert.equal(drivers.length, 1);
    assert.equal((await driversIn('-73.7,40.8,-73.5,41')).drivers[0].driver_id, String(there));
    assert.equal((await driversIn(BBOX, '&state=available&ride_type=economy')).drivers.length, 1);
    assert.equal((await driversIn(BBOX, '&state=on_trip')).drivers.length, 0);
    assert.equal((await driversIn(BBOX, '&ride_type=xl')).drivers.length, 0);
  });

  it('say so where drivers of other processes are not known', async () => {
    const other = await setting.openOther();
    await drive(PICKUP, other);
    assert.equal((await driversIn()).is_of_all_processes, true, 'nobody has said that there are any');
    await other.rides.driverCounts.report();
    assert.equal((await driversIn()).is_of_all_processes, false);
    assert.equal((await driversIn(BBOX, '', other)).is_of_all_processes, true);
  });

  it('refuse a part of the map that is too large, or none', async () => {
    const edge = 40 + MAP_BOX_DEGREES_MAX;
    for (const path of ['drivers', 'requests']) {
      const status = async (bbox: string) =>
        (await setting.call('GET', `/rides/operations/${path}?bbox=${bbox}`, staff)).status;
      assert.equal(await status(`-74,40,-73,${edge}`), 200);
      assert.equal(await status(`-74,40,-73,${edge + 0.01}`), 422);
      assert.equal(await status('-74,40,-73'), 422);
    }
  });
});

describe('operations of processes that share an index', () => {
  it('show the drivers of all of them', async () => {
    const geoIndex = {
      ...createMemoryGeoIndex({ clock: systemClock, driversMax: 100 }),
      shared: true,
    };
    const setting = await createRidesSetting({ geoIndex });
    try {
      const other = await setting.openOther();
      const client = await other.connect(await setting.addDriver());
      await client.first('ready');
      const point = { ...PICKUP, time_ms: setting.clock.nowMs(), accuracy_m: 5 };
      client.send({ type: 'positions', sequence: 1, points: [point] });
      await other.rides.driverCounts.report();
      await until(async () => {
        const path = `/rides/operations/drivers?bbox=${BBOX}`;
        const { body } = await setting.call('GET', path, setting.addStaff());
        return body.drivers.length === 1 && body.is_of_all_processes;
      });
    } finally {
      await setting.close();
    }
  });
});
