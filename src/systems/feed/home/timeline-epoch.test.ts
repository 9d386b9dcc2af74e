import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createFeedSetting, type FeedSetting } from '../../../../test/support/feed-setting.ts';
import { until } from '../../../../test/support/until.ts';
import { type Clock, systemClock } from '../../../core/clock.ts';
import { writeStatement } from '../../../ports/sql-store/sql-store.ts';
import { announceBatch, BULK_LOADS_TOPIC } from '../bulk-loads.ts';
import { createTimelineEpoch, isTimelineOf } from './timeline-epoch.ts';

const forget = writeStatement<[]>('test_forget_epochs', 'DELETE FROM timeline_epochs');
const LOADED = [{ topic: BULK_LOADS_TOPIC, kind: 'loaded', payload: {} }] as const;
const STAMP_MAX = 2 ** 52 - 1;

describe('the epoch of home timelines', () => {
  let setting: FeedSetting;
  let slept: number[];
  let clock: Clock;
  before(async () => {
    setting = await createFeedSetting();
  });
  after(() => setting.close());
  beforeEach(async () => {
    await setting.sql.query(forget, []);
    slept = [];
    clock = {
      ...systemClock,
      async sleep(durationMs) {
        slept.push(durationMs);
        await nextTurn();
      },
    };
  });
  const open = (keptIn: 'memory' | 'shared') => createTimelineEpoch({ sql: setting.sql, clock, keptIn });

  it('is the same for all that share, from the first to the last', async () => {
    const [one, other] = [open('shared'), open('shared')];
    assert.equal(one.isCurrent(), false);
    await one.enter();
    await other.enter();
    assert.ok(one.isCurrent() && other.isCurrent());
    assert.equal(one.now().sourcesOf(7), other.now().sourcesOf(7));
    assert.deepEqual(slept, []);
  });

  it('tells follows apart, never says 0, and is a safe integer', async () => {
    const epoch = open('shared');
    await epoch.enter();
    const numbers = [0, 1, STAMP_MAX - 1, STAMP_MAX].map((stamp) => epoch.now().sourcesOf(stamp));
    assert.equal(new Set(numbers).size, 4);
    for (const number of numbers) assert.ok(Number.isSafeInteger(number) && number > 0);
    assert.ok(isTimelineOf(numbers[1] ?? 0, 1, epoch));
    assert.ok(!isTimelineOf(numbers[1] ?? 0, 2, epoch));
    assert.ok(isTimelineOf(0, 2, epoch), 'a timeline of which nothing was said');
  });

  it('is another after timelines were kept in memory for a while, and whoever shared them has noticed', async () => {
    const [shared, memory] = [open('shared'), open('memory')];
    await shared.enter();
    const before = shared.now();
    await memory.enter();
    assert.equal(slept.length, 1, 'it waits for them to notice');
    assert.ok(memory.isCurrent());
    assert.equal(shared.isElsewhere(), false);
    await shared.job.run();
    assert.ok(shared.isElsewhere() && !shared.isCurrent());

    const later = open('shared');
    await later.enter();
    assert.equal(slept.length, 2);
    assert.notEqual(later.now().sourcesOf(7), before.sourcesOf(7));
    await memory.job.run();
    assert.ok(memory.isElsewhere());
    await shared.job.run();
    assert.ok(shared.isCurrent());
    assert.equal(shared.now().sourcesOf(7), later.now().sourcesOf(7));
  });

  it('ends with every batch that is loaded at once: by its transaction, and for who hears of it before anything else', async () => {
    const epoch = open('shared');
    await epoch.enter();
    const before = epoch.now();
    await setting.sql.transaction((transaction) => announceBatch(transaction, setting.eventLog, 1));
    epoch.hear(LOADED);
    assert.equal(epoch.isCurrent(), false);
    await until(() => epoch.isCurrent());
    assert.notEqual(epoch.now().sourcesOf(7), before.sourcesOf(7));
    epoch.hear([{ topic: 'posts', kind: 'created', payload: {} }]);
    assert.ok(epoch.isCurrent());
  });

  it('is asked for until the database answers', async () => {
    let away = true;
    const sql: typeof setting.sql = {
      ...setting.sql,
      query: (statement, params) =>
        away ? Promise.reject(new Error('away')) : setting.sql.query(statement, params),
    };
    const epoch = createTimelineEpoch({ sql, clock, keptIn: 'shared' });
    await assert.rejects(epoch.enter(), /away/);
    assert.equal(epoch.isCurrent(), false);
    away = false;
    await epoch.enter();
    away = true;
    epoch.hear(LOADED);
    await until(() => slept.length > 2);
    assert.equal(epoch.isCurrent(), false);
    away = false;
    await until(() => epoch.isCurrent());
  });

  it('of timelines in memory is of no account to them: they are cleared', async () => {
    const epoch = open('memory');
    await epoch.enter();
    const before = epoch.now().sourcesOf(7);
    epoch.hear(LOADED);
    assert.ok(epoch.isCurrent());
    assert.equal(epoch.now().sourcesOf(7), before);
  });
});
