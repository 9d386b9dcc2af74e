import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createFeedSetting, type FeedSetting } from '../../../../test/support/feed-setting.ts';
import { createGatedSession } from '../../../../test/support/gated-session.ts';
import { composeId, FIRST_BULK_WRITER, type Id, shardOf } from '../../../core/ids.ts';
import type { SqlSession } from '../../../ports/sql-store/sql-store.ts';
import type { Repost } from '../posts/post-events.ts';
import { REPOST_WINDOW_IDS } from '../timelines/repost-window.ts';
import { createReposters, REPOSTS_KEPT_MAX } from './reposters.ts';

const START_MS = Date.UTC(2024, 5, 1);
const MINUTE_MS = 60_000;

let setting: FeedSetting;
let posts = 0;
let statements = 0;

before(async () => {
  setting = await createFeedSetting();
});
after(() => setting.close());

const sql: SqlSession = {
  query(statement, params) {
    statements += 1;
    return setting.sql.query(statement, params);
  },
};
const idAt = (minute: number): Id => composeId(START_MS + minute * MINUTE_MS, FIRST_BULK_WRITER, 0);
/** Eight at most: their reposts have the last bits of the post. */
const newPost = (): Id => composeId(START_MS - MINUTE_MS, FIRST_BULK_WRITER, posts++);
const repostOf = (postId: Id, minute: number): Repost => ({
  repostId: idAt(minute) + (postId % 8),
  userId: 1_000_000_000_000_000 + minute,
  postId,
  authorId: 1_000_000_000_000_000,
});
/** Into the database, without an event. */
async function write(reposts: readonly Repost[]): Promise<void> {
  await setting.insertReactions(
    'reposts',
    reposts.map((repost) => ({ ...repost, reactionId: repost.repostId, shard: shardOf(repost.userId) })),
  );
}
const usersAt = (...minutes: number[]): Id[] => minutes.map((minute) => 1_000_000_000_000_000 + minute);

describe('reposters', () => {
  it('are those of the 24 hours before an entry, to the very id', async () => {
    const postId = newPost();
    const reposts = [0, 10, 20, 30].map((minute) => repostOf(postId, minute));
    await write(reposts);
    const reposters = createReposters({ sql });
    const [first, second, , last] = reposts.map(({ repostId }) => repostId);
    assert.ok(first !== undefined && second !== undefined && last !== undefined);
    assert.deepEqual(await reposters.before(postId, last), usersAt(0, 10, 20));
    assert.deepEqual(reposters.before(postId, last + 1), usersAt(0, 10, 20, 30));
    assert.deepEqual(reposters.before(postId, first), []);
    assert.deepEqual(reposters.before(postId, first + REPOST_WINDOW_IDS), usersAt(0, 10, 20, 30));
    assert.deepEqual(reposters.before(postId, first + REPOST_WINDOW_IDS + 1), usersAt(10, 20, 30));
    assert.deepEqual(reposters.before(postId, last + REPOST_WINDOW_IDS + 1), []);
  });

  it('of many posts are loaded in one statement, and once', async () => {
    const [one, two, nobodys] = [newPost(), newPost(), newPost()];
    await write([repostOf(one, 1), repostOf(two, 2), repostOf(two, 3)]);
    const reposters = createReposters({ sql });
    const before = statements;
    const asked = [one, two, nobodys, two].map((postId) => reposters.before(postId, idAt(60)));
    assert.deepEqual(await Promise.all(asked), [usersAt(1), usersAt(2, 3), [], usersAt(2, 3)]);
    assert.equal(statements, before + 1);
    assert.deepEqual(reposters.before(nobodys, idAt(60)), []);
  });

  it('are kept by what is heard, in any order and again', async () => {
    const postId = newPost();
    const [one, two, three] = [repostOf(postId, 1), repostOf(postId, 2), repostOf(postId, 3)];
    await write([two]);
    const reposters = createReposters({ sql });
    await reposters.before(postId, idAt(60));
    for (const repost of [three, one, two, three]) reposters.reposted(repost);
    assert.deepEqual(reposters.before(postId, idAt(60)), usersAt(1, 2, 3));
    for (const repost of [two, two]) reposters.unreposted(repost);
    assert.deepEqual(reposters.before(postId, idAt(60)), usersAt(1, 3));
    reposters.forget(postId);
    assert.deepEqual(await reposters.before(postId, idAt(60)), usersAt(2));
  });

  it('are not kept as loaded when something was heard meanwhile', async () => {
    const [heardOf, quiet] = [newPost(), newPost()];
    const gated = createGatedSession(setting.sql);
    const reposters = createReposters({ sql: gated });
    const loading = [heardOf, quiet].map((postId) => reposters.before(postId, idAt(60)));
    await Promise.resolve();
    await gated.allRead();
    await write([repostOf(heardOf, 1)]);
    reposters.reposted(repostOf(heardOf, 1));
    gated.release();
    assert.deepEqual(await Promise.all(loading), [[], []]);
    assert.deepEqual(reposters.before(quiet, idAt(60)), []);
    const again = reposters.before(heardOf, idAt(60));
    await Promise.resolve();
    gated.release();
    assert.deepEqual(await again, usersAt(1));
  });

  it('are known as far back as is kept, loaded or heard', async () => {
    const postId = newPost();
    const reposts = Array.from({ length: REPOSTS_KEPT_MAX }, (_, index) => repostOf(postId, index));
    await write(reposts);
    const reposters = createReposters({ sql });
    const end = idAt(REPOSTS_KEPT_MAX);
    assert.equal((await reposters.before(postId, end))?.length, REPOSTS_KEPT_MAX);
    const next = repostOf(postId, REPOSTS_KEPT_MAX);
    reposters.reposted(next);
    await write([next]);
    const [lost, oldest] = reposts.map(({ repostId }) => repostId);
    assert.ok(lost !== undefined && oldest !== undefined);
    for (const list of [reposters, createReposters({ sql })]) {
      assert.equal(await list.before(postId, end + 8), undefined);
      assert.equal(list.before(postId, lost + REPOST_WINDOW_IDS), undefined);
      const known = list.before(postId, lost + REPOST_WINDOW_IDS + 1);
      assert.deepEqual(known, usersAt(...Array.from({ length: REPOSTS_KEPT_MAX }, (_, index) => index + 1)));
      // Older than all that is kept, as a late event is.
      list.reposted(repostOf(postId, 0));
      assert.deepEqual(list.before(postId, lost + REPOST_WINDOW_IDS + 1), known);
    }
  });
});
