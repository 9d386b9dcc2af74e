import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import {
  createRidesSetting,
  type DriverClient,
  NEW_YORK,
  PRIUS,
  type RidesSetting,
} from '../../../../test/support/rides-setting.ts';
import { until } from '../../../../test/support/until.ts';
import { distanceM, type GeoPoint } from '../../../core/geo.ts';
import type { Id } from '../../../core/ids.ts';
import { encodePoints } from '../positions/binary-points.ts';
import { JSON_BYTES_MAX } from '../positions/json-points.ts';
import { RECORD_EVERY_MS } from '../positions/position-recorder.ts';
import { POINTS_MAX, type ReportedPoint, SEQUENCE_MAX } from '../positions/reported-point.ts';
import { FAULTS_MAX, MESSAGES_MAX } from './driver-stream.ts';
import { CLOSE_CODES } from './stream-messages.ts';
import { SILENT_MS_MAX } from './stream-upkeep.ts';

const CITY_HALL: GeoPoint = { lat: 40.7128, lng: -74.006 };

describe('streams of drivers', () => {
  let setting: RidesSetting;
  before(async () => {
    setting = await createRidesSetting({ streamsMax: 12 });
  });
  after(() => setting.close());
  beforeEach(() => setting.counts.clear());
  afterEach(() => until(() => setting.rides.streams.connections() === 0));

  /** `after` is in milliseconds, from a while ago. */
  const point = (after: number, changes: Partial<ReportedPoint> = {}): ReportedPoint => ({
    ...CITY_HALL,
    ...{ atMs: setting.clock.nowMs() - 60_000 + after, accuracyM: 5, ...changes },
  });
  const json = (sequence: number, points: readonly ReportedPoint[]) => ({
    type: 'positions',
    sequence,
    points: points.map(({ lat, lng, atMs, accuracyM }) => ({
      ...{ lat, lng, time_ms: atMs, accuracy_m: accuracyM },
    })),
  });
  /** Until the server has heard all up to the number. */
  async function acknowledged(client: DriverClient, sequence: number) {
    await until(() => {
      setting.rides.streams.beat();
      return client.of('ack').at(-1)?.sequence === sequence;
    });
    return client.of('ack').at(-1);
  }
  async function found(states = 1) {
    const search = { around: CITY_HALL, radiusM: 5_000, limit: 100, states, types: 0xffff };
    const near = await setting.geoIndex.nearest({ ...search, ratingAbove: undefined, sinceMs: 0 });
    return near.map(({ driverId }) => driverId);
  }
  const closed = (client: DriverClient, reason: keyof typeof CLOSE_CODES) =>
    until(() => client.closeCode() === CLOSE_CODES[reason]);
  const rowsOf = (userId: Id) =>
    setting.read<{ sequence: number; lat_e7: number; at: Date }>(
      'test_read_positions',
      'SELECT sequence, lat_e7, recorded_at AS at FROM driver_positions WHERE driver_id = $1 ORDER BY recorded_at',
      [userId],
    );

  it('take positions as JSON and as bytes, and drivers are found where they are', async () => {
    const alice = await setting.addDriver();
    const client = await setting.connect(alice);
    const { state, sequence } = await client.first('ready');
    assert.deepEqual([state, sequence], ['available', 0]);
    client.send(json(1, [point(0), point(1_000)]));
    await until(async () => (await found()).includes(alice));
    const there = { lat: 40.7228, lng: -74.006 };
    client.send(encodePoints({ sequence: 3, points: [point(30_000, there)] }));
    const search = { around: there, radiusM: 10, limit: 1, states: 1, types: 1 };
    await until(async () => {
      const [near] = await setting.geoIndex.nearest({ ...search, ratingAbove: undefined, sinceMs: 0 });
      return near?.driverId === alice && distanceM(near, there) < 0.1;
    });
    assert.deepEqual((await acknowledged(client, 3)).dropped, {});
    assert.equal(setting.counts.get('accepted'), 3);
    await client.close();
  });

  it('drop and count what is not to be believed, and say so', async () => {
    const bob = await setting.addDriver();
    const client = await setting.connect(bob);
    client.send(json(1, [point(10_000), point(9_000), point(11_000, { accuracyM: 51 })]));
    client.send(json(2, [point(12_000)]));
    client.send(json(4, [point(12_000, { lat: 41 }), point(13_000)]));
    client.send(json(6, [point(100, { lat: 52, lng: 13, atMs: setting.clock.nowMs() + 3_600_000 })]));
    const { dropped } = await acknowledged(client, 6);
    assert.deepEqual(dropped, { late: 1, inaccurate: 1, repeated: 1, impossible: 2 });
    assert.equal(setting.counts.get('accepted'), 2);
    for (const [reason, times] of Object.entries(dropped)) assert.equal(setting.counts.get(reason), times);
    await client.close();
  });

  it('do not count who is in no city', async () => {
    await until(() => setting.rides.waiting() === 0);
    setting.counts.clear();
    const carol = await setting.addDriver();
    const client = await setting.connect(carol);
    client.send(json(1, [point(0, { lat: NEW_YORK.north + 0.1 })]));
    assert.deepEqual((await acknowledged(client, 1)).dropped, { elsewhere: 1 });
    await client.close();
    await until(() => setting.rides.streams.connections() === 0);
    await until(() => setting.rides.waiting() === 0);
    assert.equal(setting.counts.get('recorded'), undefined, 'nor is it kept');
  });

  it('go on from the last number that is kept, on any process', async () => {
    const alice = await setting.addDriver();
    const other = await setting.openOther();
    const first = await setting.connect(alice);
    first.send(json(1, [point(0), point(5_000)]));
    first.send(json(3, [point(RECORD_EVERY_MS - 5_000)]));
    first.send(json(4, [point(RECORD_EVERY_MS + 1_000)]));
    await acknowledged(first, 4);
    first.send(json(5, [point(RECORD_EVERY_MS + 2_000)]));
    await acknowledged(first, 5);
    await first.close();
    await until(async () => (await rowsOf(alice)).length === 3);
    // The first, the one after half a minute, and where the driver was last.
    assert.deepEqual(
      (await rowsOf(alice)).map(({ sequence }) => sequence),
      [1, 4, 5],
    );
    for (const process of [setting, other]) {
      const again = await process.connect(alice);
      assert.equal((await again.first('ready')).sequence, 5);
      again.send(json(4, [point(RECORD_EVERY_MS + 1_000), point(RECORD_EVERY_MS + 2_000)]));
      await until(() => {
        process.rides.streams.beat();
        return again.of('ack').length > 0;
      });
      assert.deepEqual(again.of('ack')[0].dropped, { repeated: 2 });
      await again.close();
    }
  });

  it('keep nothing of who is off duty, and say what they are doing when it changes', async () => {
    const bob = await setting.addDriver('non_operational');
    const client = await setting.connect(bob);
    assert.equal((await client.first('ready')).state, 'non_operational');
    client.send(json(1, [point(0)]));
    await acknowledged(client, 1);
    assert.deepEqual(
      await found(-1),
      (await found(-1)).filter((driverId) => driverId !== bob),
    );
    const other = await setting.openOther();
    await other.call('PUT', '/drivers/me/state', bob, { state: 'available' });
    assert.equal((await client.first('state')).state, 'available');
    client.send(json(2, [point(1_000)]));
    await until(async () => (await found()).includes(bob));
    await setting.call('PUT', '/drivers/me', bob, { vehicle: PRIUS, ride_types: ['xl'] });
    const xl = { around: CITY_HALL, radiusM: 9, limit: 100, states: 1, types: 0b100, ratingAbove: undefined };
    await until(async () => {
      const near = await setting.geoIndex.nearest({ ...xl, sinceMs: 0 });
      return near.some(({ driverId }) => driverId === bob);
    });
    await other.call('PUT', '/drivers/me/state', bob, { state: 'non_operational' });
    await until(async () => !(await found()).includes(bob));
    await client.close();
    assert.deepEqual(
      (await rowsOf(bob)).filter(({ sequence }) => sequence === 1),
      [],
    );
  });

  it('are one a driver, on whichever process, and the last that was opened counts', async () => {
    const carol = await setting.addDriver();
    const other = await setting.openOther();
    const first = await setting.connect(carol);
    const second = await setting.connect(carol);
    await closed(first, 'replaced');
    assert.equal((await first.first('end')).reason, 'replaced');
    const third = await other.connect(carol);
    await closed(second, 'replaced');
    assert.equal(third.closeCode(), undefined);
    const [row] = await setting.read<{ lost: Date | null; connection: number }>(
      'test_read_connection',
      'SELECT contact_lost_at AS lost, connection FROM drivers WHERE driver_id = $1',
      [carol],
    );
    assert.deepEqual(row, { lost: null, connection: 3 });
    await third.close();
  });

  it('end with their session', async () => {
    const alice = await setting.addDriver();
    const client = await setting.connect(alice, 77);
    await client.first('ready');
    setting.rides.streams.sessionsChanged(alice);
    setting.endedSessions.add(77);
    setting.rides.streams.sessionsChanged(alice);
    await closed(client, 'session_ended');
  });

  it('end for who sends what is not understood, after some patience', async () => {
    const bob = await setting.addDriver();
    const client = await setting.connect(bob);
    const wrong = [
      '{',
      '{"type":"watch"}',
      Buffer.from([9]),
      json(0, [point(0)]),
      json(1, [point(0, { lat: 91 })]),
    ];
    assert.equal(wrong.length, FAULTS_MAX);
    for (const message of wrong.slice(1)) client.send(message);
    await until(() => client.of('error').length === FAULTS_MAX - 1);
    assert.ok(client.of('error').every(({ code }) => code === 'invalid'));
    client.send(json(1, [point(0)]));
    await acknowledged(client, 1);
    assert.equal(client.closeCode(), undefined);
    client.send(wrong[0] ?? '');
    await closed(client, 'bad_messages');
  });

  it('take no number after which there would be none any more', async () => {
    const dave = await setting.addDriver();
    const client = await setting.connect(dave);
    client.send(json(SEQUENCE_MAX, [point(0)]));
    assert.match((await client.first('error')).detail, /the next point has the number 1/);
    client.send(json(1, [point(0)]));
    await acknowledged(client, 1);
    await client.close();
  });

  it('take messages and points up to their limits, and none beyond', async () => {
    const carol = await setting.addDriver();
    const client = await setting.connect(carol);
    const many = Array.from({ length: POINTS_MAX + 1 }, (_, n) => point(n));
    client.send(json(1, many.slice(1)));
    await acknowledged(client, POINTS_MAX);
    client.send(json(POINTS_MAX + 1, many));
    assert.match((await client.first('error')).detail, new RegExp(String(POINTS_MAX)));
    const padded = JSON.stringify(json(POINTS_MAX + 1, [point(1_000)])).padEnd(JSON_BYTES_MAX);
    client.send(padded);
    await acknowledged(client, POINTS_MAX + 1);
    client.send(`${padded} `);
    // "Message too big", by the library.
    await until(() => client.closeCode() === 1009);
  });

  it('take so many messages in a while, and then ask for fewer', async () => {
    const alice = await setting.addDriver();
    const client = await setting.connect(alice);
    for (let n = 1; n <= MESSAGES_MAX; n += 1) client.send(json(n, [point(n)]));
    await acknowledged(client, MESSAGES_MAX);
    assert.deepEqual(client.of('error'), []);
    for (let n = 1; n <= FAULTS_MAX; n += 1) client.send(json(MESSAGES_MAX + n, [point(MESSAGES_MAX + n)]));
    assert.equal((await client.first('error')).code, 'rate_limited');
    await closed(client, 'bad_messages');
    assert.equal(setting.counts.get('accepted'), MESSAGES_MAX);
  });

  it('end for who is silent, and not for who answers pings', async () => {
    const [carol, alice] = [await setting.addDriver(), await setting.addDriver()];
    const [silent, alive] = [await setting.connect(carol), await setting.connect(alice)];
    await Promise.all([silent.first('ready'), alive.first('ready')]);
    silent.socket.pause();
    setting.time.aheadMs += SILENT_MS_MAX - 5_000;
    let pongs = 0;
    alive.socket.on('ping', () => {
      pongs += 1;
    });
    for (let turn = 0; turn < 20; turn += 1) setting.rides.streams.beat();
    await until(() => pongs > 0);
    alive.send(json(1, [point(0)]));
    await acknowledged(alive, 1);
    setting.time.aheadMs += 10_000;
    setting.rides.streams.beat();
    await until(() => setting.counts.get('ended unresponsive') === 1);
    assert.equal(alive.closeCode(), undefined);
    await alive.close();
    silent.socket.terminate();
  });

  it('are for drivers, who are signed in, and over WebSockets', async () => {
    const user = setting.addPerson();
    await assert.rejects(setting.connect(user), /404/);
    const url = '/drivers/me/stream';
    assert.equal((await setting.call('GET', url, undefined)).status, 401);
    const { status, body } = await setting.call('GET', url, await setting.addDriver());
    assert.deepEqual([status, body.errors[0].field], [422, 'upgrade']);
    assert.equal(setting.rides.streams.connections(), 0);
  });

  it('leave nothing behind where the handshake is malformed, or the client gone', async () => {
    const driver = await setting.addDriver();
    const head = (lines: string) =>
      `GET /drivers/me/stream HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nAuthorization: Bearer ${driver}\r\n${lines}\r\n`;
    const malformed = connect(setting.port, '127.0.0.1');
    malformed.write(head(''));
    const [answer] = await once(malformed, 'data');
    assert.match(String(answer), /^HTTP\/1.1 400/);
    for (let delayMs = 0; delayMs < 6; delayMs += 1) {
      const gone = connect(setting.port, '127.0.0.1');
      gone.on('error', () => undefined);
      gone.write(head('Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n'));
      await setting.clock.sleep(delayMs);
      if (delayMs % 2 === 0) gone.resetAndDestroy();
      else gone.destroy();
    }
    await until(async () => {
      const [row] = await setting.read<{ connection: number; server: string | null }>(
        'test_read_left',
        'SELECT connection, server_id AS server FROM drivers WHERE driver_id = $1',
        [driver],
      );
      return row?.server === null && setting.rides.streams.connections() === 0;
    });
    malformed.destroy();
  });

  it('are so many in a process, and no more', async () => {
    const drivers = await Promise.all(Array.from({ length: 13 }, () => setting.addDriver()));
    const clients: DriverClient[] = [];
    for (const driverId of drivers.slice(1)) clients.push(await setting.connect(driverId));
    await assert.rejects(setting.connect(drivers[0] ?? 0), /503/);
    await clients[0]?.close();
    await until(() => setting.rides.streams.connections() === 11);
    clients.push(await setting.connect(drivers[0] ?? 0));
    for (const client of clients) await client.close();
    await until(() => setting.rides.streams.connections() === 0);
  });

  it('find their way back into an index that knows nobody any more', async () => {
    const bob = await setting.addDriver();
    const client = await setting.connect(bob);
    client.send(json(1, [point(0)]));
    await until(async () => (await found()).includes(bob));
    setting.geoIndex.forget([bob]);
    client.send(json(2, [point(1_000)]));
    await until(async () => (await found()).includes(bob));
    await client.close();
  });

  it('ask their drivers to come back to another process when one stops', async () => {
    const carol = await setting.addDriver();
    const other = await setting.openOther();
    const client = await other.connect(carol);
    client.send(json(1, [point(0)]));
    await client.first('ready');
    await until(() => setting.counts.get('accepted') === 1);
    other.rides.streams.drain();
    await closed(client, 'draining');
    await assert.rejects(other.connect(carol), /503/);
    const again = await setting.connect(carol);
    await other.rides.close();
    await again.close();
    const servers = await setting.read<{ count: number }>(
      'test_count_servers',
      'SELECT count(*) AS count FROM driver_servers WHERE server_id NOT IN (SELECT server_id FROM drivers WHERE server_id IS NOT NULL)',
    );
    assert.ok((servers[0]?.count ?? 0) <= 3);
  });
});
