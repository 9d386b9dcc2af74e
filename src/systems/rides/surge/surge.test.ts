import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import {
  createRidesSetting,
  type DriverClient,
  NEW_YORK,
  type RidesSetting,
} from '../../../../test/support/rides-setting.ts';
import { until } from '../../../../test/support/until.ts';
import { systemClock } from '../../../core/clock.ts';
import type { Id } from '../../../core/ids.ts';
import { createMemoryGeoIndex } from '../../../ports/geo-index/memory-geo-index.ts';
import { MAP_BOX_DEGREES_MAX } from '../cities/map-box.ts';
import { createPriceAudit } from '../quotes/price-audit.ts';
import { SURGE_VALID_MS } from './surge-board.ts';
import { surgeCellOf } from './surge-cells.ts';
import { SURGE_APART_MS, SURGE_EVERY_MS } from './surge-making.ts';

const PICKUP = { lat: 40.7128, lng: -74.006 };
const FAR = { lat: 40.9, lng: -73.6 };
const PLACES = { pickup: PICKUP, dropoff: { lat: 40.7484, lng: -73.9857 } };
const BBOX = '-74.1,40.6,-73.9,40.8';

type Process = Pick<RidesSetting, 'connect' | 'rides'>;

describe('surge', () => {
  let setting: RidesSetting;
  beforeEach(async () => {
    setting = await createRidesSetting();
  });
  afterEach(() => setting.close());

  /** A free driver whose app has said where they are. */
  async function drive(at = PICKUP, process: Process = setting): Promise<DriverClient> {
    const client = await process.connect(await setting.addDriver());
    await client.first('ready');
    const point = { ...at, time_ms: setting.clock.nowMs(), accuracy_m: 5 };
    client.send({ type: 'positions', sequence: 1, points: [point] });
    await until(() => {
      process.rides.streams.beat();
      return client.of('ack').length > 0;
    });
    return client;
  }
  async function ask(count: number, pickup = PICKUP): Promise<Id[]> {
    const answers = await Promise.all(
      Array.from({ length: count }, () =>
        setting.call('POST', '/rides', setting.addPerson(), { ...PLACES, pickup, ride_type: 'economy' }),
      ),
    );
    return answers.map(({ body }) => Number(body.ride_id));
  }
  async function make({ rides }: Process = setting): Promise<void> {
    await rides.dispatch.claim();
    await rides.surge.making.run();
  }
  /** So much later. Whoever was connected was silent for as long: somebody else is there now. */
  async function makeAfter(durationMs: number, process: Process = setting): Promise<void> {
    setting.time.aheadMs += durationMs;
    const client = await process.connect(await setting.addDriver());
    await client.first('ready');
    await make(process);
  }
  const quote = async (pickup = PICKUP, type = 'economy') => {
    const body = { ...PLACES, pickup, ride_type: type };
    return (await setting.call('POST', '/rides/quotes', setting.addPerson(), body)).body.quotes[0];
  };
  const versions = () =>
    setting.read<{ surge_version: Id }>(
      'test_surge_versions',
      'SELECT surge_version FROM surge_versions ORDER BY surge_version',
    );
  const surgeIn = (bbox: string, more = '') =>
    setting.call('GET', `/rides/surge?bbox=${bbox}${more}`, setting.addPerson());

  it('is made every five minutes by who leads the city, and rises by one level at a time', async () => {
    await drive();
    assert.equal((await quote()).fare.surge_percent, 100);
    await ask(30);
    await make();
    await make();
    assert.equal((await versions()).length, 1);
    const percents = [];
    for (let n = 0; n < 4; n += 1) {
      const { fare } = await quote();
      percents.push(fare.surge_percent);
      assert.equal(fare.parts.surge > 0, fare.surge_percent > 100);
      assert.equal(fare.surge_version, String((await versions()).at(-1)?.surge_version));
      await makeAfter(SURGE_EVERY_MS);
    }
    assert.deepEqual(percents, [150, 200, 300, 300]);
    assert.equal((await quote(PICKUP, 'xl')).fare.surge_percent, 100);
    assert.equal((await quote(FAR)).fare.surge_percent, 100);
    assert.equal(setting.counts.get('surge written'), 5);
  });

  it('is none where enough drive, and drivers count where they are', async () => {
    await Promise.all([...Array.from({ length: 6 }, () => drive()), drive(FAR)]);
    await ask(3);
    await ask(12, FAR);
    await make();
    assert.equal((await quote()).fare.surge_percent, 100);
    assert.ok((await quote(FAR)).fare.surge_percent > 100);
  });

  it('is shown on a map to anyone signed in', async () => {
    await drive();
    await ask(30);
    await make();
    const { status, body } = await surgeIn(BBOX);
    assert.equal(status, 200);
    const [first] = body.cells;
    assert.equal(first.cell, surgeCellOf(PICKUP));
    assert.deepEqual([first.surge_percent, first.city, first.corners.length], [150, 'new_york', 6]);
    assert.deepEqual((await surgeIn(BBOX, '&ride_type=xl')).body.cells, []);
    assert.deepEqual((await surgeIn('-73.9,40.6,-73.8,40.7')).body.cells, []);
    assert.equal((await setting.call('GET', `/rides/surge?bbox=${BBOX}`, undefined)).status, 401);
  });

  it('is shown of bounded areas', async () => {
    const edge = 40 + MAP_BOX_DEGREES_MAX;
    assert.equal((await surgeIn(`-74,40,-73,${edge}`)).status, 200);
    assert.equal((await surgeIn(`179,-1,-179,1`)).status, 200);
    const wrong = [
      ...[`-74,40,-73,${edge + 0.001}`, '-74,40,-71.9,41', '-74,41,-73,40', '-74,40,-74,41', '1,2,3'],
      ...['-74,40,-73,41,42', 'a,b,c,d', '-181,40,-180,41', '-74,89,-73,91', ''],
    ];
    for (const bbox of wrong) {
      const { status, body } = await surgeIn(bbox);
      assert.deepEqual([status, body.errors[0].field], [422, 'bbox'], bbox);
    }
    assert.equal((await surgeIn(BBOX, '&ride_type=rocket')).status, 422);
  });

  it('is made soon after it was ordered, but not at once after the last', async () => {
    await drive();
    await ask(30);
    await make();
    await setting.rides.surge.order('new_york');
    await makeAfter(SURGE_APART_MS - 5_000);
    assert.equal((await versions()).length, 1);
    await makeAfter(6_000);
    assert.equal((await versions()).length, 2);
    await makeAfter(SURGE_APART_MS + 1_000);
    assert.equal((await versions()).length, 2);
  });

  it('goes on at another process from where it was, and a process that was replaced makes none', async () => {
    await drive();
    await ask(30);
    await make();
    const other = await setting.openOther();
    await drive(PICKUP, other);
    await setting.write('test_age_lease', `UPDATE dispatch_leases SET held_until = now() - interval '1 ms'`);
    await makeAfter(SURGE_EVERY_MS, other);
    assert.equal((await versions()).length, 2);
    assert.equal((await quote()).fare.surge_percent, 200);
    // Its lease is over.
    await setting.rides.surge.making.run();
    assert.equal((await versions()).length, 2);
  });

  it('of one who was replaced and does not know it is not written', async () => {
    await drive();
    await ask(30);
    await setting.rides.dispatch.claim();
    await setting.write('test_raise_token', 'UPDATE dispatch_leases SET token = token + 1');
    await setting.rides.surge.making.run();
    assert.deepEqual([(await versions()).length, setting.counts.get('surge fenced')], [0, 1]);
  });

  it('counts the drivers of all processes where they can be offered rides by any', async () => {
    await setting.close();
    const index = createMemoryGeoIndex({ clock: systemClock, driversMax: 100 });
    setting = await createRidesSetting({ geoIndex: { ...index, shared: true } });
    const other = await setting.openOther();
    await Promise.all(Array.from({ length: 6 }, () => drive(PICKUP, other)));
    await ask(3);
    await other.rides.surge.supplies.report();
    const percents = [];
    for (let n = 0; n < 2; n += 1) {
      await makeAfter(SURGE_EVERY_MS);
      percents.push((await quote()).fare.surge_percent);
    }
    assert.deepEqual(percents, [100, 100]);
    // Nobody has heard of them for minutes.
    await other.rides.surge.supplies.report();
    for (let n = 0; n < 2; n += 1) await makeAfter(SURGE_EVERY_MS);
    assert.equal((await quote()).fare.surge_percent, 150);
    await other.rides.surge.supplies.report();
    assert.deepEqual(await setting.read('test_supplies', 'SELECT server_id FROM surge_supplies'), []);
  });

  it('counts no more when nobody makes it', async () => {
    await drive();
    await ask(30);
    await make();
    setting.time.aheadMs += SURGE_VALID_MS - 10_000;
    assert.equal((await quote()).fare.surge_percent, 150);
    setting.time.aheadMs += 20_000;
    const { fare } = await quote();
    assert.deepEqual([fare.surge_percent, fare.surge_version], [100, null]);
  });

  it('writes nothing while all is calm, and falls when nobody asks any more', async () => {
    await drive();
    await make();
    await makeAfter(SURGE_EVERY_MS);
    assert.deepEqual([(await versions()).length, setting.counts.get('surge calm')], [1, 1]);
    await ask(30);
    await makeAfter(SURGE_EVERY_MS);
    await setting.write('test_end_all', `UPDATE rides SET status = 'unmatched', ended_at = now()`);
    for (let n = 0; n < 30 && setting.counts.get('surge calm') === 1; n += 1) await makeAfter(SURGE_EVERY_MS);
    assert.equal(setting.counts.get('surge calm'), 2);
    assert.equal((await quote()).fare.surge_percent, 100);
  });

  it('is kept for some days, and the last version for as long as it takes', async () => {
    await drive();
    await ask(30);
    await make();
    await makeAfter(SURGE_EVERY_MS);
    const [, last] = await versions();
    setting.time.aheadMs += 31 * 24 * 3_600_000;
    await setting.runJob('forget-surge');
    assert.deepEqual(await versions(), [last]);
  });

  it('lets every price be reckoned again, with its version and without', async () => {
    const audit = createPriceAudit(setting);
    const asked = await ask(30);
    for (let n = 0; n < 3; n += 1) {
      await makeAfter(SURGE_EVERY_MS);
      asked.push(...(await ask(5)), ...(await ask(2, FAR)));
    }
    const checkAll = async () => {
      const checks = [];
      for await (const check of audit.checkAll()) checks.push(check);
      assert.deepEqual(
        checks.map(({ rideId }) => rideId),
        asked.toSorted((one, other) => one - other),
      );
      return checks;
    };
    const checks = await checkAll();
    assert.deepEqual(
      checks.flatMap(({ differences }) => differences),
      [],
    );
    assert.deepEqual(
      new Set(checks.map(({ reckoned }) => reckoned?.surge_percent)),
      new Set([100, 150, 200, 300]),
    );
    assert.equal(checks.filter(({ versionAgrees }) => versionAgrees === true).length, 21);
    await setting.write('test_forget_versions', 'DELETE FROM surge_versions');
    assert.deepEqual(
      (await checkAll()).flatMap(({ differences }) => differences),
      [],
    );
    await assert.rejects(audit.check(1_500_000_000_000_000), { code: 'not_found' });
  });

  it('of a price that was tampered with is found out', async () => {
    await drive();
    const audit = createPriceAudit(setting);
    await ask(30);
    await make();
    const [rideId = 0] = await ask(1);
    const tamper = async (name: string, text: string, restore: string, expected: RegExp) => {
      await setting.write(`test_tamper_${name}`, text);
      const { differences } = await audit.check(rideId);
      assert.match(differences.join(), expected);
      await setting.write(`test_restore_${name}`, restore);
      assert.deepEqual((await audit.check(rideId)).differences, []);
    };
    const set = (column: string, from: string, to: string) =>
      `UPDATE ride_quotes SET ${column} = replace(${column}::text, '${from}', '${to}')::json WHERE surge_percent = 150`;
    await tamper(
      'fare',
      `UPDATE rides SET fare = replace(fare::text, '"base":255', '"base":254')::json`,
      `UPDATE rides SET fare = replace(fare::text, '"base":254', '"base":255')::json`,
      /the ride says otherwise/,
    );
    await tamper(
      'rates',
      set('rates', '"base":255', '"base":256'),
      set('rates', '"base":256', '"base":255'),
      /the quote says otherwise,the ride says otherwise/,
    );
    await tamper(
      'basis',
      set('surge_basis', '"requests":30', '"requests":3'),
      set('surge_basis', '"requests":3,', '"requests":30,'),
      /surge 100 %, not 150 %.*the version of the surge says otherwise/,
    );
  });

  it('is off where there is one level alone', async () => {
    const calm = await createRidesSetting({
      surgeLevels: [{ percent: 100, fromPressure: 0 }],
      cities: [NEW_YORK],
    });
    try {
      const client = await calm.connect(await calm.addDriver());
      await client.first('ready');
      await calm.rides.dispatch.claim();
      await calm.rides.surge.making.run();
      assert.equal(calm.counts.get('surge written'), undefined);
    } finally {
      await calm.close();
    }
  });
});
