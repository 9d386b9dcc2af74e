import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  createTransferSetting,
  linesOf,
  type TransferSetting,
} from '../../../../test/support/transfer-setting.ts';
import { grainNumber } from '../statistics/grain.ts';
import { addCounts, addTotals } from '../statistics/roll-up-queries.ts';
import { POINTS_MAX } from '../statistics/statistics-range.ts';
import { VisitorSketch } from '../statistics/visitor-sketch.ts';
import { CLICK_COLUMNS, DAYS_MAX } from './clicks-export.ts';

const DAY_MS = 86_400_000;
const KEPT_DAYS = 400;
/** When it begins: a test that runs over midnight goes on with the day before. */
const TODAY_MS = Math.floor(Date.now() / DAY_MS) * DAY_MS;

function dayText(agoDays: number): string {
  return new Date(TODAY_MS - agoDays * DAY_MS).toISOString().slice(0, 10);
}

describe('exporting clicks', () => {
  let setting: TransferSetting;
  before(async () => {
    setting = await createTransferSetting();
  });
  after(() => setting.close());

  const exported = (user: string, query: string) =>
    setting.call('GET', user, `/links/clicks/export?${query}`);
  const make = async (user: string, count: number): Promise<{ link_id: string; short_url: string }[]> => {
    const rows = Array.from({ length: count }, (_, index) => ({ url: `https://example.org/${index}` }));
    const body = rows.map((row) => JSON.stringify(row)).join('\n');
    const answer = await setting.call('POST', user, '/links/bulk', { type: 'application/x-ndjson', body });
    return linesOf(answer.body).map(({ link }) => link);
  };
  type Clicked = [linkId: string, agoDays: number, visitors: readonly number[], bots?: number];
  /** As the worker has counted them. */
  async function click(days: readonly Clicked[]): Promise<void> {
    const column = <Value>(read: (day: Clicked) => Value) => days.map(read);
    const linkIds = column(([linkId]) => Number(linkId));
    const [shards, none] = [linkIds.map(() => 0), linkIds.map(() => 0)];
    const humans = column(([, , visitors]) => visitors.length);
    const bots = column(([, , , count = 0]) => count);
    const starts = column(([, agoDays]) => (TODAY_MS - agoDays * DAY_MS) / 1_000);
    const sketches = column(([, , visitors]) => {
      const sketch = new VisitorSketch();
      for (const visitor of visitors) sketch.add(visitor * 64 + 1);
      return Buffer.from(sketch.encode());
    });
    const grains = linkIds.map(() => grainNumber('day'));
    await setting.sql.query(addCounts, [linkIds, grains, starts, shards, humans, bots, none, sketches]);
    const clicked = [...new Set(linkIds)];
    const each = (value: number) => clicked.map(() => value);
    await setting.sql.query(addTotals, [clicked, each(0), each(1), each(1), each(1), each(0)]);
  }

  it('has a line for each day of each link that somebody opened, of nobody else’s', async () => {
    const [alice, bob] = [setting.newUser(), setting.newUser()];
    const [old, , fresh] = (await make(alice, 3)) as [{ link_id: string }, object, { link_id: string }];
    const [others] = await make(bob, 1);
    await click([
      [old.link_id, 0, [1, 2, 1]],
      [old.link_id, 5, [1], 1],
      [fresh.link_id, 1, [1]],
      [others?.link_id ?? '', 0, [1]],
    ]);
    const links = (await setting.call('GET', alice, '/links')).json().items;
    const found = (linkId: string) => links.find((link: { link_id: string }) => link.link_id === linkId);
    const lineOf = (
      linkId: string,
      agoDays: number,
      counts: [humans: number, unique: number, bots: number],
    ) => {
      const { code, short_url } = found(linkId);
      const [humans, unique, bots] = counts;
      return { link_id: linkId, code, short_url, day: dayText(agoDays), humans, unique, bots, previews: 0 };
    };
    const expected = [
      lineOf(fresh.link_id, 1, [1, 1, 0]),
      lineOf(old.link_id, 5, [1, 1, 1]),
      lineOf(old.link_id, 0, [3, 2, 0]),
    ];
    const json = await exported(alice, 'format=ndjson');
    assert.match(String(json.headers['content-type']), /^application\/x-ndjson/);
    assert.deepEqual(linesOf(json.body), expected);
    const csv = await exported(alice, 'format=csv&interval=day');
    assert.equal(csv.headers['content-type'], 'text/csv; charset=utf-8; header=present');
    assert.match(String(csv.headers['content-disposition']), /"clicks\.csv"/);
    const rows = [CLICK_COLUMNS, ...expected.map((line) => Object.values(line))];
    assert.equal(csv.body, rows.map((row) => `${row.join(',')}\r\n`).join(''));
  });

  it('is of the range that is asked for, in whole days', async () => {
    const alice = setting.newUser();
    const [link] = await make(alice, 1);
    const days = [0, 1, 2, 3, KEPT_DAYS];
    await click(days.map((agoDays) => [link?.link_id ?? '', agoDays, [1]]));
    const found = async (query: string) => {
      const answer = await exported(alice, `format=ndjson&${query}`);
      assert.equal(answer.statusCode, 200, answer.body);
      return linesOf(answer.body).map(({ day }) => day);
    };
    assert.deepEqual(await found(''), days.toReversed().map(dayText));
    assert.deepEqual(await found(`from=${dayText(2)}T23:00:00Z`), [2, 1, 0].map(dayText));
    assert.deepEqual(await found(`to=${dayText(2)}T01:00:00Z`), [KEPT_DAYS, 3, 2].map(dayText));
    assert.deepEqual(
      await found(`from=${dayText(3)}T00:00:00Z&to=${dayText(1)}T00:00:00Z`),
      [3, 2].map(dayText),
    );
  });

  it('refuses a range as the statistics of a link do', async () => {
    const alice = setting.newUser();
    const refused = async (query: string) => (await exported(alice, `format=csv&${query}`)).statusCode;
    assert.equal(await refused(`from=${dayText(1)}T00:00:00Z&to=${dayText(2)}T00:00:00Z`), 422);
    assert.equal(await refused(`from=${dayText(KEPT_DAYS + 2)}T00:00:00Z`), 422);
    assert.equal(await refused(`to=${dayText(KEPT_DAYS + 2)}T00:00:00Z`), 404);
    assert.equal(await refused('from=yesterday'), 422);
    assert.equal(await refused('interval=hour'), 422);
    const farTo = (days: number) =>
      `to=${new Date(TODAY_MS + days * DAY_MS).toISOString().slice(0, 10)}T00:00:00Z`;
    const from = `from=${dayText(0)}T00:00:00Z`;
    assert.equal(await refused(`${from}&${farTo(POINTS_MAX)}`), 200);
    assert.equal(await refused(`${from}&${farTo(POINTS_MAX + 1)}`), 422);
    assert.equal((await exported(alice, '')).statusCode, 422);
  });

  it('goes on over pages, of links and of their days', async () => {
    const alice = setting.newUser();
    const links = await make(alice, DAYS_MAX + 1);
    const clicked = [...links.slice(0, 3), ...links.slice(-2)];
    const wide = clicked.map(({ link_id: id }) => id);
    const plain = links.slice(3, -2).map(({ link_id: id }) => id);
    await click([
      ...wide.flatMap((id) => Array.from({ length: 300 }, (_, agoDays): Clicked => [id, agoDays, [1]])),
      ...plain.map((id): Clicked => [id, 3, [1]]),
    ]);
    const lines = linesOf((await exported(alice, 'format=ndjson')).body);
    const expected = links.toReversed().flatMap(({ link_id: id }) => {
      const days = wide.includes(id) ? Array.from({ length: 300 }, (_, index) => 299 - index) : [3];
      return days.map((agoDays) => `${id} ${dayText(agoDays)}`);
    });
    assert.deepEqual(
      lines.map(({ link_id: id, day }) => `${id} ${day}`),
      expected,
    );
  });

  it('is nothing but the names of columns for who has no clicks', async () => {
    const alice = setting.newUser();
    await make(alice, 1);
    assert.equal((await exported(alice, 'format=csv')).body, `${CLICK_COLUMNS.join(',')}\r\n`);
    assert.equal((await exported(alice, 'format=ndjson')).body, '');
  });
});
