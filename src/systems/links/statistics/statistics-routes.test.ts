import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import {
  type ClicksSetting,
  clicksEvent,
  createClicksSetting,
  someId,
  type TestClick,
} from '../../../../test/support/clicks-setting.ts';
import { serverOptions } from '../../../../test/support/server-options.ts';
import { notFound } from '../../../core/errors.ts';
import { type App, createServer } from '../../../http/server.ts';
import { createVisitorHash, VISITORS_BELOW } from '../clicks/visitor-hash.ts';
import { clickRollUp } from './roll-up.ts';
import { createStatistics, VALUES_SHOWN_MAX } from './statistics.ts';
import { POINTS_MAX } from './statistics-range.ts';
import { statisticsRoutes } from './statistics-routes.ts';

const ALICE = someId(1);
const BOB = someId(2);
const LINK = someId(11);
const QUIET_LINK = someId(12);
const NOW = Date.UTC(2026, 10, 22, 12, 30, 15);
const DAY_MS = 86_400_000;
const RETENTION_DAYS = 400;
const ATTRIBUTION = 'These countries are somebody else’s.';
const hash = createVisitorHash();

let setting: ClicksSetting;
let app: App;
let sequence = 0;
before(async () => {
  setting = await createClicksSetting();
  await setting.addLinks([LINK, QUIET_LINK].map((linkId) => ({ linkId, ownerId: ALICE })));
  app = await createServer(
    serverOptions({
      authenticate: (token) => ({ userId: Number(token), sessionId: 1, role: 'user', tier: 'standard' }),
    }),
  );
  statisticsRoutes(app, {
    statistics: createStatistics({
      sql: setting.sql,
      clock: { nowMs: () => NOW },
      retentionDays: RETENTION_DAYS,
    }),
    async checkOwner(ownerId, linkId) {
      if (ownerId !== ALICE || (linkId !== LINK && linkId !== QUIET_LINK)) throw notFound('link');
    },
    attribution: ATTRIBUTION,
  });
  await app.ready();
});
after(async () => {
  await app.close();
  await setting.close();
});
beforeEach(() => setting.run('TRUNCATE link_click_counts, link_click_breakdowns, link_click_totals'));

async function click(clicks: readonly Partial<TestClick>[]): Promise<void> {
  const whole = clicks.map((one) => ({
    ...{ linkId: LINK, atMs: NOW, clickClass: 'human' as const, visitor: 1 },
    ...{ values: ['DE', 'news.example', 'desktop', 'Chrome', 'Windows', 'de'] },
    ...one,
  }));
  const observer = { counted: () => undefined, repeated: () => undefined };
  const rollUp = clickRollUp({ eventLog: setting.eventLog, clock: { nowMs: () => NOW }, observer });
  sequence += 1;
  const event = clicksEvent({ recorder: 'test', sequence, partition: 0 }, whole);
  await setting.sql.transaction((transaction) => rollUp.handle([event], transaction));
}

async function get(query: string, viewerId: number | undefined = ALICE, linkId = LINK) {
  const headers = viewerId === undefined ? {} : { authorization: `Bearer ${viewerId}` };
  const answer = await app.inject({ method: 'GET', url: `/links/${linkId}/stats${query}`, headers });
  return { status: answer.statusCode, body: answer.json() };
}

const visitor = (index: number, day = 0) =>
  hash({ low: 1, high: day }, `203.0.${index >> 8}.${index & 255}`, 5) % VISITORS_BELOW;

describe('the statistics of a link', () => {
  it('count humans, bots and previews apart, and different humans', async () => {
    await click([
      { visitor: visitor(1) },
      { visitor: visitor(1) },
      { visitor: visitor(2) },
      { clickClass: 'bot', visitor: 0, values: [] },
      { clickClass: 'preview', visitor: 0, values: [] },
      { clickClass: 'preview', visitor: 0, values: [] },
    ]);
    const { status, body } = await get('');
    assert.equal(status, 200);
    assert.equal(body.interval, 'day');
    assert.deepEqual(body.total, { humans: 3, bots: 1, previews: 2, unique: 2 });
    assert.deepEqual(body.series.at(-1), { at: '2026-11-22T00:00:00.000Z', ...body.total });
    assert.equal('by' in body, false);
  });

  it('have every interval of the range, those without a click too', async () => {
    await click([{ atMs: NOW - 3 * DAY_MS }, { atMs: NOW }]);
    const { body } = await get('?from=2026-11-18T07:00:00Z&to=2026-11-22T00:00:01Z');
    assert.deepEqual([body.from, body.to], ['2026-11-18T00:00:00.000Z', '2026-11-23T00:00:00.000Z']);
    const humans = body.series.map(({ at, humans }: { at: string; humans: number }) => [
      at.slice(0, 10),
      humans,
    ]);
    assert.deepEqual(humans, [
      ['2026-11-18', 0],
      ['2026-11-19', 1],
      ['2026-11-20', 0],
      ['2026-11-21', 0],
      ['2026-11-22', 1],
    ]);
    const before = await get('?from=2026-11-18T00:00:00Z&to=2026-11-22T00:00:00Z');
    assert.equal(before.body.total.humans, 1);
  });

  it('come by minute, hour or day, by default so many of them up to now', async () => {
    await click([{ atMs: NOW }, { atMs: NOW - 60_000 }, { atMs: NOW - 3_600_000 }]);
    for (const [interval, points, humans] of [
      ['minute', 60, 2],
      ['hour', 48, 3],
      ['day', 30, 3],
    ]) {
      const { body } = await get(`?interval=${interval}`);
      assert.equal(body.series.length, points);
      assert.equal(body.total.humans, humans);
      assert.equal(body.series.at(-1).humans >= 1, true);
    }
  });

  it('count a visitor once a day, in whatever intervals', async () => {
    await click([
      ...[0, 60_000, 7_200_000].map((agoMs) => ({ atMs: NOW - agoMs, visitor: visitor(1) })),
      { atMs: NOW - DAY_MS, visitor: visitor(1, 1) },
    ]);
    for (const interval of ['hour', 'day'])
      assert.equal((await get(`?interval=${interval}`)).body.total.unique, 2);
    assert.equal((await get('?interval=minute')).body.total.unique, 1);
  });

  it('name the values of a dimension, the most frequent first', async () => {
    const values = (country: string) => [country, 'news.example', 'desktop', 'Chrome', 'Windows', 'de'];
    await click(['DE', 'NZ', 'NZ', 'AT'].map((country) => ({ values: values(country) })));
    await click([
      { atMs: NOW - DAY_MS, values: values('DE') },
      { atMs: NOW - DAY_MS, values: values('DE') },
    ]);
    const { body } = await get('?by=country');
    assert.deepEqual(body.by, [
      { value: 'DE', humans: 3 },
      { value: 'NZ', humans: 2 },
      { value: 'AT', humans: 1 },
    ]);
    assert.equal(body.attribution, ATTRIBUTION);
    const today = await get('?by=country&interval=hour&from=2026-11-22T12:00:00Z');
    assert.deepEqual(
      today.body.by.map(({ value }: { value: string }) => value),
      ['NZ', 'AT', 'DE'],
    );
    const browsers = await get('?by=browser');
    assert.deepEqual(browsers.body.by, [{ value: 'Chrome', humans: 6 }]);
    assert.equal('attribution' in browsers.body, false);
  });

  it('name so many values and no more', async () => {
    await click(
      Array.from({ length: VALUES_SHOWN_MAX + 1 }, (_, index) => ({
        values: ['DE', `host${index}.example`, 'desktop', 'Chrome', 'Windows', 'de'],
      })),
    );
    assert.equal((await get('?by=referrer')).body.by.length, VALUES_SHOWN_MAX);
  });

  it('are all zero where nobody has clicked', async () => {
    const { body } = await get('?by=os', ALICE, QUIET_LINK);
    assert.deepEqual(body.total, { humans: 0, bots: 0, previews: 0, unique: 0 });
    assert.deepEqual(body.by, []);
  });

  it('are for the owner alone', async () => {
    assert.equal((await get('', BOB)).status, 404);
    assert.equal((await get('', ALICE, someId(99))).status, 404);
    const anonymous = await app.inject({ method: 'GET', url: `/links/${LINK}/stats` });
    assert.equal(anonymous.statusCode, 401);
  });

  it('refuse what is beyond their limits, and say what would be right', async () => {
    const at = (agoMs: number) => new Date(NOW - agoMs).toISOString();
    const refused: [string, RegExp][] = [
      [`?from=${at(0)}&to=${at(DAY_MS * 2)}`, /from: must be before to/],
      [`?from=2026-11-22T00:00:00Z&to=2026-11-22T00:00:00Z`, /must be before to/],
      [
        `?interval=minute&from=${at(49 * 3_600_000)}&to=${at(48 * 3_600_000)}`,
        /minutes are kept for 48 hours/,
      ],
      [`?interval=hour&from=${at(91 * DAY_MS)}&to=${at(90 * DAY_MS)}`, /hours are kept for 90 days/],
      [`?from=${at((RETENTION_DAYS + 1) * DAY_MS)}`, /older days are no longer kept/],
      [`?interval=hour&from=${at(70 * DAY_MS)}`, /asks for 1681 points, and the most is 1500/],
      ['?interval=week', /interval/],
      ['?by=address', /by/],
      ['?from=yesterday', /from/],
      ['?from=2016-12-31T23:59:60Z', /from/],
      ['?to=9999-12-31T23:59:59-01:00', /to/],
      ['?to=9999-12-31T00:00:00.001Z', /to: must be before the last day of the year 9999/],
      ['?tz=Europe/Berlin', /tz/],
    ];
    for (const [query, message] of refused) {
      const { status, body } = await get(query);
      assert.equal(status, 422, query);
      assert.match(JSON.stringify(body), message);
    }
    for (const query of ['?to=0001-01-01T00:00:00Z', '?interval=minute&to=2000-01-01T00:00:00Z']) {
      const { status, body } = await get(query);
      assert.equal(status, 404, query);
      assert.match(JSON.stringify(body), /nothing of that time any more: .* kept/);
    }
    assert.equal((await get('', ALICE, 'x' as unknown as number)).status, 422);
    const most = `?interval=hour&to=2026-11-22T12:00:00Z&from=${new Date(Date.UTC(2026, 10, 22, 12) - POINTS_MAX * 3_600_000).toISOString()}`;
    assert.equal((await get(most)).body.series.length, POINTS_MAX);
    assert.equal((await get(`?from=${at(RETENTION_DAYS * DAY_MS)}`)).status, 200);
  });
});

it('totals of all time are of many links at once', async () => {
  await click([{}, { clickClass: 'bot', visitor: 0, values: [] }]);
  const statistics = createStatistics({ sql: setting.sql, clock: { nowMs: () => NOW }, retentionDays: 1 });
  const totals = await statistics.totalsOf([LINK, QUIET_LINK]);
  assert.deepEqual([...totals], [[LINK, { humans: 1, bots: 1, previews: 0 }]]);
});
