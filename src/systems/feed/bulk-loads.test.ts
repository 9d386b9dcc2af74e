/** Whatever a bulk load has committed is announced, and nothing else: servers beside it depend on it. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createFeedSetting, type FeedSetting } from '../../../test/support/feed-setting.ts';
import { composeId, FIRST_BULK_WRITER, type Id } from '../../core/ids.ts';
import type { EventLog } from '../../ports/event-log/event-log.ts';
import { BULK_LOADS_TOPIC, type BulkLoadDeps } from './bulk-loads.ts';
import { bulkLoadPosts, LOAD_BATCH as POSTS_BATCH } from './posts/bulk-load.ts';
import { bulkLoadFollows, LOAD_BATCH as FOLLOWS_BATCH } from './relationships/bulk-load.ts';

interface Loader {
  readonly table: 'posts' | 'follows';
  readonly batch: number;
  /** Loads the rows of these numbers. */
  load(deps: BulkLoadDeps, rows: Iterable<number>): Promise<number>;
}

const idAt = (row: number): Id => composeId(Date.UTC(2024, 0, 1) + row, FIRST_BULK_WRITER, 0);
const [alice, bob] = [idAt(-2), idAt(-1)];

function* mapped<Item>(rows: Iterable<number>, itemOf: (row: number) => Item): Generator<Item> {
  for (const row of rows) yield itemOf(row);
}

function* numbers(count: number): Generator<number> {
  for (let row = 0; row < count; row += 1) yield row;
}

const LOADERS: readonly Loader[] = [
  {
    table: 'posts',
    batch: POSTS_BATCH,
    load: (deps, rows) =>
      bulkLoadPosts(
        deps,
        mapped(rows, (row) => ({ postId: idAt(row), authorId: alice, text: 'loaded' })),
      ),
  },
  {
    table: 'follows',
    batch: FOLLOWS_BATCH,
    load: (deps, rows) =>
      bulkLoadFollows(
        deps,
        mapped(rows, (row) => ({ followerId: idAt(row), followeeId: bob, followId: idAt(row) })),
      ),
  },
];

for (const { table, batch, load } of LOADERS) {
  describe(`a bulk load of ${table}`, () => {
    let setting: FeedSetting;
    before(async () => {
      setting = await createFeedSetting();
    });
    after(() => setting.close());

    /** Announcements since the last call. */
    async function announced(): Promise<number> {
      const all = await setting.announced(BULK_LOADS_TOPIC);
      assert.ok(all.every(({ kind }) => kind === 'loaded'));
      const count = all.length - known;
      known = all.length;
      return count;
    }
    let known = 0;

    it('announces no batch that is rolled back', async () => {
      const append = async (...given: Parameters<EventLog['append']>): Promise<void> => {
        await setting.eventLog.append(...given);
        throw new Error('the plug was pulled');
      };
      await assert.rejects(load({ sql: setting.sql, eventLog: { append } }, [0]), /plug/);
      assert.equal(await setting.countRows(table), 0);
      assert.equal(await announced(), 0);
    });

    it('has announced what was committed when it ends early', async () => {
      function* cutShort(): Generator<number> {
        yield* numbers(batch);
        throw new Error('the disk was pulled');
      }
      await assert.rejects(load(setting, cutShort()), /disk/);
      assert.equal(await setting.countRows(table), batch);
      assert.equal(await announced(), 1);
    });

    it('announces only the batches in which it found something new', async () => {
      assert.equal(await load(setting, numbers(2 * batch + 1)), batch + 1);
      assert.equal(await announced(), 2);
      assert.equal(await load(setting, numbers(2 * batch + 1)), 0);
      assert.equal(await load(setting, []), 0);
      assert.equal(await announced(), 0);
    });
  });
}
