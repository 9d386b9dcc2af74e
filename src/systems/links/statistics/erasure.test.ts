import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { type ClicksSetting, createClicksSetting, someId } from '../../../../test/support/clicks-setting.ts';
import type { LoggedEvent } from '../../../ports/event-log/event-log.ts';
import { LINKS_TOPIC } from '../link-events.ts';
import { createErasure, ERASE_AFTER_MS } from './erasure.ts';
import { GRAIN_MS, GRAINS } from './grain.ts';
import { RECORDERS_KEPT_MS, retentionJob } from './retention.ts';
import { keptMs } from './statistics-range.ts';

const ALICE = someId(1);
const BOB = someId(2);
const NOW = Date.UTC(2026, 10, 22, 12);

let setting: ClicksSetting;
const clock = { time: NOW, nowMs: () => clock.time };
before(async () => {
  setting = await createClicksSetting();
});
after(() => setting.close());
beforeEach(async () => {
  clock.time = NOW;
  await setting.run(
    'TRUNCATE link_click_counts, link_click_breakdowns, link_click_totals, link_click_erasures, click_recorders',
  );
});

/** Statistics of a link: `minutes` counts, a breakdown and a total. */
async function addStatistics(linkId: number, ownerId: number, minutes = 3): Promise<void> {
  await setting.run(
    `INSERT INTO link_click_counts (link_id, grain, starts_at, shard, humans, bots, previews, visitors)
     SELECT $1, 0, $2::timestamptz - minute * interval '1 minute', 0, 1, 0, 0, '' FROM generate_series(1, $3) AS minute`,
    [linkId, new Date(NOW), minutes],
  );
  await setting.run(`INSERT INTO link_click_breakdowns VALUES ($1, $2, 0, '{}')`, [linkId, new Date(NOW)]);
  await setting.run('INSERT INTO link_click_totals VALUES ($1, 0, $2, 1, 0, 0)', [linkId, ownerId]);
}

const linksLeft = async () => {
  const rows = await setting.run(
    `SELECT DISTINCT link_id::text AS link FROM (
       SELECT link_id FROM link_click_counts UNION ALL SELECT link_id FROM link_click_breakdowns
       UNION ALL SELECT link_id FROM link_click_totals) AS any_kind ORDER BY link`,
  );
  return rows.map(({ link }) => Number(link));
};

const event = (
  topic: string,
  kind: string,
  key: number,
  payload: Record<string, unknown> = {},
): LoggedEvent => ({
  ...{ topic, kind, key, payload, partition: 0, offset: 0, createdAt: new Date(0), traceparent: undefined },
});
const linkDeleted = (linkId: number, ownerId: number) =>
  event(LINKS_TOPIC, 'deleted', ownerId, { link_id: String(linkId), owner_id: String(ownerId) });

async function hear(events: readonly LoggedEvent[]): Promise<void> {
  const { subscription } = createErasure({ sql: setting.sql, clock });
  await setting.sql.transaction((transaction) => subscription.handle(events, transaction));
}

/** Answers how many pieces it took. */
async function erase(): Promise<number> {
  const { job } = createErasure({ sql: setting.sql, clock });
  let pieces = 0;
  while ((await job.run()) === 'more') pieces += 1;
  return pieces;
}

describe('the statistics of what is deleted', () => {
  it('go with the link, once nobody can be counting any more, and others stay', async () => {
    await addStatistics(11, ALICE);
    await addStatistics(12, ALICE);
    await hear([linkDeleted(11, ALICE), event(LINKS_TOPIC, 'updated', ALICE, { link_id: '12' })]);
    clock.time += ERASE_AFTER_MS - 1;
    assert.equal(await erase(), 0);
    assert.deepEqual(await linksLeft(), [11, 12]);
    clock.time += 1;
    await erase();
    assert.deepEqual(await linksLeft(), [12]);
    assert.deepEqual(await setting.run('SELECT FROM link_click_erasures'), []);
  });

  it('go with the owner, all of them', async () => {
    for (let link = 100; link < 350; link += 1) await addStatistics(link, ALICE, 1);
    await addStatistics(500, BOB);
    await hear([
      event('users', 'deleted', ALICE),
      event('users', 'suspended', BOB),
      event('users', 'created', BOB),
    ]);
    clock.time += ERASE_AFTER_MS;
    assert.ok((await erase()) > 3);
    assert.deepEqual(await linksLeft(), [500]);
    assert.deepEqual(await setting.run('SELECT FROM link_click_erasures'), []);
  });

  it('go a bounded piece at a time, whoever else is at it, and may be told of twice', async () => {
    await addStatistics(11, ALICE, 5_000);
    await hear([linkDeleted(11, ALICE), linkDeleted(12, BOB)]);
    await hear([linkDeleted(11, ALICE)]);
    clock.time += ERASE_AFTER_MS;
    const pieces = await Promise.all([erase(), erase()]);
    assert.ok(pieces[0] + pieces[1] >= 4, `${pieces} pieces`);
    await erase();
    assert.deepEqual(await linksLeft(), []);
  });
});

describe('what is older than it is kept', () => {
  const RETENTION_DAYS = 100;
  const forgotten: number[] = [];
  const salts = {
    async forget(nowMs: number) {
      forgotten.push(nowMs);
      return 0;
    },
  };
  const job = () => retentionJob({ sql: setting.sql, clock, salts, retentionDays: RETENTION_DAYS });

  it('goes, each kind after its own time, and not a moment before', async () => {
    const starts = GRAINS.map((grain) => NOW - keptMs(grain, RETENTION_DAYS) - GRAIN_MS[grain]);
    for (const [grain, startMs] of starts.entries()) {
      for (const [link, olderMs] of [
        [1, 1],
        [2, 0],
      ] as const) {
        await setting.run(`INSERT INTO link_click_counts VALUES ($1, $2, $3, 0, 1, 1, 1, '')`, [
          link,
          grain,
          new Date(startMs - olderMs),
        ]);
      }
    }
    for (const [link, olderMs] of [
      [1, 1],
      [2, 0],
    ] as const) {
      const startsAt = new Date((starts[2] ?? 0) - olderMs);
      await setting.run(`INSERT INTO link_click_breakdowns VALUES ($1, $2, 0, '{}')`, [link, startsAt]);
      const seenAt = new Date(NOW - RECORDERS_KEPT_MS - olderMs);
      await setting.run(`INSERT INTO click_recorders VALUES ($1, 0, 1, '{}', $2)`, [String(link), seenAt]);
    }
    assert.equal(await job().run(), 'done');
    const left = await setting.run('SELECT link_id::int, grain FROM link_click_counts ORDER BY grain');
    assert.deepEqual(
      left,
      GRAINS.map((_, grain) => ({ link_id: 2, grain })),
    );
    assert.deepEqual(await setting.run('SELECT link_id::int FROM link_click_breakdowns'), [{ link_id: 2 }]);
    assert.deepEqual(await setting.run('SELECT recorder FROM click_recorders'), [{ recorder: '2' }]);
    assert.deepEqual(forgotten, [NOW]);
  });

  it('goes a bounded piece at a time', async () => {
    await setting.run(
      `INSERT INTO link_click_counts SELECT 1, 0, $1::timestamptz - n * interval '1 minute', 0, 1, 1, 1, ''
       FROM generate_series(1, 4500) AS n`,
      [new Date(NOW - 10 * GRAIN_MS.day)],
    );
    assert.equal(await job().run(), 'more');
    assert.equal(await job().run(), 'more');
    assert.equal(await job().run(), 'done');
    assert.deepEqual(await setting.run('SELECT FROM link_click_counts'), []);
  });
});
