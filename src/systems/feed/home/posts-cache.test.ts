import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createFeedSetting, type FeedSetting } from '../../../../test/support/feed-setting.ts';
import { createGatedSession } from '../../../../test/support/gated-session.ts';
import { createHeardEvents, type HeardEvents } from '../../../../test/support/heard-events.ts';
import { createManualClock, type ManualClock } from '../../../../test/support/manual-clock.ts';
import { until } from '../../../../test/support/until.ts';
import { hasCode } from '../../../core/errors.ts';
import { composeId, FIRST_BULK_WRITER, type Id, shardOf } from '../../../core/ids.ts';
import { createPostgresSqlStore } from '../../../ports/sql-store/postgres-sql-store.ts';
import type { SqlSession } from '../../../ports/sql-store/sql-store.ts';
import { createLog } from '../../../telemetry/log.ts';
import { bulkLoadPosts } from '../posts/bulk-load.ts';
import { NAMES_SETTLE_MS } from './post-names.ts';
import { type CachedEntry, createPostsCache, ENTRIES_MAX, type PostsCache } from './posts-cache.ts';
import type { HeardEvent } from './reader-views.ts';
import { COUNTS_BATCH } from './stale-counts.ts';

let setting: FeedSetting;
let alice: Id;
let bob: Id;
let carol: Id;
/** What the caches speak to; it may be another one for a while. */
let session: SqlSession;
let statements: number;
let clock: ManualClock;
let heard: HeardEvents;
let cache: PostsCache;

before(async () => {
  setting = await createFeedSetting();
  alice = setting.addUser('alice');
  bob = setting.addUser('bob');
  carol = setting.addUser('carol');
});
after(() => setting.close());

beforeEach(async () => {
  session = setting.sql;
  statements = 0;
  clock = createManualClock();
  heard = createHeardEvents(setting);
  await heard.take();
  cache = createPostsCache({ sql, getUsers: setting.getUsers, clock });
});

const sql: SqlSession = {
  query(statement, params) {
    statements += 1;
    return session.query(statement, params);
  },
};

const post = async (authorId: Id, text: string, fields = {}): Promise<Id> =>
  Number(await setting.post(authorId, text, fields));
const edit = async (authorId: Id, postId: Id, text: string): Promise<void> => {
  const { status } = await setting.call('PATCH', `/posts/${postId}`, authorId, { text });
  assert.equal(status, 200);
};
const remove = (authorId: Id, postId: Id) => setting.delete(`/posts/${postId}`, authorId);
const like = (userId: Id, postId: Id) => setting.put(`/posts/${postId}/like`, userId);
const unrepost = (userId: Id, postId: Id) => setting.delete(`/posts/${postId}/repost`, userId);
/** The event of it, which nobody has heard. */
async function repost(userId: Id, postId: Id): Promise<HeardEvent & { readonly repostId: Id }> {
  await setting.put(`/posts/${postId}/repost`, userId);
  const reposts = (await setting.announced('posts')).filter(
    ({ kind, payload }) => kind === 'reposted' && payload['user_id'] === String(userId),
  );
  const event = reposts.find(({ payload }) => payload['post_id'] === String(postId));
  assert.ok(event !== undefined);
  return { ...event, repostId: Number(event.payload['repost_id']) };
}
const hearAll = async (): Promise<void> => cache.hear(await heard.take());
const entry = async (entryId: Id): Promise<CachedEntry | undefined> => (await cache.entries([entryId]))[0];
const textOf = async (entryId: Id): Promise<string | undefined> => (await entry(entryId))?.post.text;
/** Answered from memory. */
function atOnce(entryIds: readonly Id[]): readonly (CachedEntry | undefined)[] {
  const entries = cache.entries(entryIds);
  assert.ok(!(entries instanceof Promise), 'something had to be loaded');
  return entries;
}
/** Runs `meanwhile` after `load` has read what it reads, and before it knows. */
async function raced<Result>(load: () => Promise<Result>, meanwhile: () => unknown): Promise<Result> {
  const gated = createGatedSession(setting.sql);
  session = gated;
  const loading = load();
  await until(() => gated.queries() === 1);
  await gated.allRead();
  session = setting.sql;
  await meanwhile();
  gated.release();
  return loading;
}
/** Runs `work` while the database is away. */
async function withoutDatabase<Result>(work: () => Promise<Result>): Promise<Result> {
  const log = createLog({ level: 'silent', pretty: false });
  const closed = createPostgresSqlStore({ ...setting.database, poolSize: 1, clock, log });
  await closed.close();
  session = closed;
  try {
    return await work();
  } finally {
    session = setting.sql;
  }
}
const asks = async (work: () => unknown): Promise<number> => {
  const before = statements;
  await work();
  return statements - before;
};

const isUnavailable = (error: unknown): boolean => hasCode(error, 'unavailable');

describe('entries', () => {
  it('are posts and reposts in the order of the ids, loaded in one statement and then in memory', async () => {
    const first = await post(alice, 'first #tag', { content_warning: 'careful', language: 'en' });
    const second = await post(bob, 'only for followers', { visibility: 'followers' });
    const { repostId } = await repost(bob, first);
    await like(carol, first);
    const entryIds = [repostId, second, 1, first, repostId];
    let entries: readonly (CachedEntry | undefined)[] = [];
    assert.equal(await asks(async () => (entries = await cache.entries(entryIds))), 1);
    assert.deepEqual(
      entries.map((one) => one && [one.entryId, one.post.postId, one.reposterId]),
      [
        [repostId, first, bob],
        [second, second, null],
        undefined,
        [first, first, null],
        [repostId, first, bob],
      ],
    );
    assert.deepEqual(entries[3]?.post, {
      postId: first,
      authorId: alice,
      text: 'first #tag',
      visibility: 'public',
      contentWarning: 'careful',
      language: 'en',
      replyToId: null,
      replyToUserId: null,
      replyToUser: null,
      mentionUserIds: [],
      mentions: [],
      tags: ['tag'],
      editedAt: null,
      storedMedia: null,
      media: [],
      counts: { likeCount: 1, repostCount: 1, replyCount: 0 },
    });
    assert.equal(entries[0]?.post, entries[3]?.post);
    assert.deepEqual(atOnce(entryIds), entries);
    assert.equal(cache.size(), 4);
  });

  it('name whom they answer and mention, from a load as from an event', async () => {
    const parent = await post(alice, 'a question');
    const loaded = await post(bob, 'an answer @carol @alice', { reply_to_id: String(parent) });
    const before = await entry(loaded);
    const written = await post(bob, 'an answer @carol @alice', { reply_to_id: String(parent) });
    await hearAll();
    assert.equal(await asks(() => entry(written)), 0);
    for (const { post: answer } of [before, ...atOnce([written])].filter((one) => one !== undefined)) {
      assert.deepEqual(answer.replyToUser, { userId: alice, username: 'alice' });
      assert.deepEqual(
        answer.mentions.map(({ username }) => username),
        ['carol', 'alice'],
      );
    }
    assert.equal(before?.post.replyToId, parent);
  });

  it('do not name who is suspended, from the moment that this is heard, until it is taken back', async () => {
    const parent = await post(carol, 'a question');
    const answer = await post(bob, 'to you @carol @alice', { reply_to_id: String(parent) });
    const plain = await post(bob, 'to nobody');
    await cache.entries([answer, plain]);
    const hearOfCarol = (kind: string): void =>
      cache.hear([{ topic: 'users', kind, payload: { user_id: String(carol) } }]);
    const names = async (): Promise<unknown> => {
      const found = (await entry(answer))?.post;
      return [found?.replyToUser?.username, found?.mentions.map(({ username }) => username)];
    };
    assert.deepEqual(await names(), ['carol', ['carol', 'alice']]);
    await setting.suspend(carol, { heard: false });
    hearOfCarol('suspended');
    atOnce([plain]);
    assert.deepEqual(await names(), [undefined, ['alice']]);
    await setting.restore(carol);
    hearOfCarol('restored');
    assert.deepEqual(await names(), ['carol', ['carol', 'alice']]);
    // Until then names may be answered that were right a second ago.
    clock.skip(NAMES_SETTLE_MS - 1);
    assert.ok(cache.entries([answer]) instanceof Promise);
    const same = (await entry(answer))?.post;
    clock.skip(1);
    await entry(answer);
    assert.equal(atOnce([answer])[0]?.post, same);
    await setting.suspend(carol, { heard: false });
    hearOfCarol('deleted');
    assert.deepEqual(await names(), [undefined, ['alice']]);
    await setting.restore(carol);
  });

  it('are refused beyond the limit', async () => {
    const ids = Array.from({ length: ENTRIES_MAX + 1 }, (_, index) => index + 1);
    assert.throws(() => cache.entries(ids), /1001 entries/);
    assert.equal((await cache.entries(ids.slice(1))).length, ENTRIES_MAX);
  });

  it('are loaded once for all who ask at the same time', async () => {
    const [one, two] = [await post(alice, 'one'), await post(alice, 'two')];
    const asked = await asks(async () => {
      const answers = await Promise.all(
        [[one], [one, two], [two], [two, one]].map((ids) => cache.entries(ids)),
      );
      assert.deepEqual(
        answers.map((entries) => entries.map((found) => found?.post.text)),
        [['one'], ['one', 'two'], ['two'], ['two', 'one']],
      );
    });
    assert.equal(asked, 2);
  });

  it('fail as the store does, and are loaded again the next time', async () => {
    const postId = await post(alice, 'after all');
    await withoutDatabase(async () => {
      const both = [cache.entries([postId]), cache.entries([postId])];
      for (const entries of both) await assert.rejects(async () => entries, isUnavailable);
    });
    assert.equal(await textOf(postId), 'after all');
  });

  it('are dropped when there are too many, those first that nobody read', async () => {
    cache = createPostsCache({ sql, getUsers: setting.getUsers, clock, bytesMax: 1_300 });
    const [one, two, three] = [
      await post(alice, 'one'),
      await post(alice, 'two'),
      await post(alice, 'three'),
    ];
    const { repostId } = await repost(bob, one);
    await cache.entries([one, two]);
    atOnce([one]);
    await cache.entries([three]);
    atOnce([one, three]);
    assert.ok(cache.entries([two]) instanceof Promise);
    // More at once than there is room for are answered all the same.
    const all = await cache.entries([one, two, three, repostId, (await repost(carol, one)).repostId]);
    assert.deepEqual(
      all.map((found) => found?.post.text),
      ['one', 'two', 'three', 'one', 'one'],
    );
  });
});

describe('what is heard', () => {
  it('puts new posts and reposts in without a statement', async () => {
    const postId = await post(alice, 'new');
    const { repostId } = await repost(bob, postId);
    assert.equal(await asks(hearAll), 0);
    const [own, passedOn] = atOnce([postId, repostId]);
    assert.deepEqual([own?.post.text, own?.reposterId, own?.post.counts.likeCount], ['new', null, 0]);
    assert.deepEqual([passedOn?.entryId, passedOn?.reposterId, passedOn?.post], [repostId, bob, own?.post]);
    assert.deepEqual(atOnce([postId])[0], own);
  });

  it('replaces an edited post, with its counts', async () => {
    const postId = await post(alice, 'before');
    await like(bob, postId);
    const old = (await entry(postId))?.post;
    await edit(alice, postId, 'after @bob');
    await hearAll();
    const edited = (await entry(postId))?.post;
    assert.deepEqual([edited?.text, edited?.counts.likeCount], ['after @bob', 1]);
    assert.deepEqual(edited?.mentions, [{ userId: bob, username: 'bob' }]);
    assert.ok(edited?.editedAt instanceof Date);
    assert.equal(old?.text, 'before');
  });

  it('does not bring back what an edit replaced, however often it is heard', async () => {
    const postId = await post(alice, 'one');
    await edit(alice, postId, 'two');
    await edit(alice, postId, 'three');
    const events = await heard.take();
    cache.hear(events);
    assert.equal(await textOf(postId), 'three');
    for (const event of events) {
      cache.hear([event]);
      assert.equal(await textOf(postId), 'three');
    }
  });

  it('removes posts and reposts, and nothing is asked about them any more', async () => {
    const [kept, gone] = [await post(alice, 'kept'), await post(alice, 'gone')];
    const takenBack = (await repost(bob, kept)).repostId;
    const ofGone = (await repost(bob, gone)).repostId;
    const entryIds = [kept, gone, takenBack, ofGone];
    await cache.entries(entryIds);
    await unrepost(bob, kept);
    await remove(alice, gone);
    await hearAll();
    assert.deepEqual(
      atOnce(entryIds).map((found) => found?.entryId),
      [kept, undefined, undefined, undefined],
    );
  });

  it('of a deleted post changes nothing when it comes late', async () => {
    const postId = await post(alice, 'about to go');
    const { repostId } = await repost(bob, postId);
    const events = await heard.take();
    await remove(alice, postId);
    assert.deepEqual(await cache.entries([postId, repostId]), [undefined, undefined]);
    for (let time = 0; time < 2; time += 1) {
      cache.hear(events);
      assert.deepEqual(await cache.entries([postId, repostId]), [undefined, undefined]);
    }
    await hearAll();
    assert.deepEqual(await cache.entries([postId, repostId]), [undefined, undefined]);
  });

  it('of a repost that was taken back changes nothing when it comes late', async () => {
    const postId = await post(alice, 'popular');
    const { repostId } = await repost(bob, postId);
    const events = await heard.take();
    await unrepost(bob, postId);
    await hearAll();
    const found = (await entry(postId))?.post;
    assert.ok(found !== undefined);
    assert.deepEqual(await cache.repostersBefore(found, repostId + 1), []);
    cache.hear(events);
    assert.equal(await entry(repostId), undefined);
    assert.deepEqual(await cache.repostersBefore(found, repostId + 1), []);
  });

  it('brings in what was asked for before it existed', async () => {
    const postId = composeId(Date.UTC(2024, 5, 1), FIRST_BULK_WRITER, 0);
    assert.equal(await entry(postId), undefined);
    await bulkLoadPosts(setting, [{ postId, authorId: alice, text: 'at last' }]);
    const row = { post_id: String(postId), author_id: String(alice), text: 'at last', mention_user_ids: [] };
    cache.hear([{ topic: 'posts', kind: 'created', payload: { ...row, reply_to_id: null } }]);
    assert.equal(await textOf(postId), 'at last');
  });

  it('of other topics and kinds changes nothing', async () => {
    const postId = await post(alice, 'as it was');
    await hearAll();
    const [before] = atOnce([postId]);
    cache.hear([
      { topic: 'relationships', kind: 'followed', payload: { post_id: String(postId) } },
      { topic: 'reactions', kind: 'bookmarked', payload: { post_id: String(postId) } },
      { topic: 'users', kind: 'updated', payload: { user_id: String(alice) } },
    ]);
    assert.equal(atOnce([postId])[0], before);
  });
});

describe('what is loaded while something is heard of it', () => {
  it('is not kept when it was edited', async () => {
    const postId = await post(alice, 'before');
    await hearAll();
    cache = createPostsCache({ sql, getUsers: setting.getUsers, clock });
    await raced(
      () => entry(postId),
      async () => {
        await edit(alice, postId, 'after');
        await hearAll();
        // Whoever asks from here on does not get what the load under way has read.
        assert.equal(await textOf(postId), 'after');
      },
    );
    assert.equal(await textOf(postId), 'after');
  });

  it('is not shown when it was deleted, nor kept', async () => {
    const postId = await post(alice, 'about to go');
    const { repostId } = await repost(bob, postId);
    const loaded = await raced(
      async () => cache.entries([postId, repostId]),
      async () => {
        await remove(alice, postId);
        await hearAll();
      },
    );
    assert.deepEqual(loaded, [undefined, undefined]);
    assert.deepEqual(atOnce([postId]), [undefined]);
    assert.equal(await entry(repostId), undefined);
  });

  it('is not kept when its post was edited, of which only the repost was asked for', async () => {
    const postId = await post(alice, 'before');
    const { repostId } = await repost(bob, postId);
    await heard.take();
    const loaded = await raced(
      () => entry(repostId),
      async () => {
        await edit(alice, postId, 'after');
        await hearAll();
      },
    );
    assert.equal(loaded?.post.text, 'before');
    assert.equal(await textOf(repostId), 'after');
  });

  it('is not kept when the repost was taken back', async () => {
    const postId = await post(alice, 'popular');
    const { repostId } = await repost(bob, postId);
    await heard.take();
    const loaded = await raced(
      () => entry(repostId),
      async () => {
        await unrepost(bob, postId);
        await hearAll();
      },
    );
    assert.equal(loaded, undefined);
    assert.deepEqual(atOnce([repostId]), [undefined]);
  });

  it('is not taken for gone when it was written meanwhile', async () => {
    const postId = composeId(Date.UTC(2024, 5, 2), FIRST_BULK_WRITER, 0);
    const row = { post_id: String(postId), author_id: String(alice), text: 'now', mention_user_ids: [] };
    await raced(
      () => entry(postId),
      async () => {
        await bulkLoadPosts(setting, [{ postId, authorId: alice, text: 'now' }]);
        cache.hear([{ topic: 'posts', kind: 'created', payload: { ...row, reply_to_id: null } }]);
      },
    );
    assert.equal(await textOf(postId), 'now');
  });

  it('does not show a post that is heard to be new, late, after the load has found it deleted', async () => {
    const postId = await post(alice, 'gone already');
    const events = await heard.take();
    await remove(alice, postId);
    const loaded = await raced(
      () => entry(postId),
      () => cache.hear(events),
    );
    assert.equal(loaded, undefined);
    assert.equal(await entry(postId), undefined);
  });

  it('has its counts read again when something was counted', async () => {
    const postId = await post(alice, 'popular');
    const { repostId } = await repost(bob, postId);
    await heard.take();
    await raced(
      () => entry(repostId),
      async () => {
        await like(bob, postId);
        await hearAll();
      },
    );
    assert.equal(atOnce([postId])[0]?.post.counts.likeCount, 0);
    await cache.refreshCounts();
    assert.equal(atOnce([postId])[0]?.post.counts.likeCount, 1);
  });

  it('is not named after who was suspended, once it is read again', async () => {
    const postId = await post(bob, 'to you @carol');
    await raced(
      () => entry(postId),
      async () => {
        await setting.suspend(carol, { heard: false });
        cache.hear([{ topic: 'users', kind: 'suspended', payload: { user_id: String(carol) } }]);
      },
    );
    assert.deepEqual((await entry(postId))?.post.mentions, []);
    await setting.restore(carol);
  });
});

describe('who reposted a post before', () => {
  it('is kept by what is heard', async () => {
    const postId = await post(alice, 'popular');
    const first = await repost(bob, postId);
    await heard.take();
    const found = (await entry(postId))?.post;
    assert.ok(found !== undefined);
    assert.deepEqual(await cache.repostersBefore(found, setting.ids.next()), [bob]);
    const second = await repost(carol, postId);
    await hearAll();
    assert.deepEqual(cache.repostersBefore(found, setting.ids.next()), [bob, carol]);
    assert.deepEqual(cache.repostersBefore(found, second.repostId), [bob]);
    assert.deepEqual(cache.repostersBefore(found, first.repostId), []);
    await unrepost(bob, postId);
    await hearAll();
    assert.deepEqual(cache.repostersBefore(found, setting.ids.next()), [carol]);
    await remove(alice, postId);
    await hearAll();
    assert.ok(cache.repostersBefore(found, setting.ids.next()) instanceof Promise);
  });
});

describe('counts', () => {
  it('are read again in one statement for all posts that something has happened to', async () => {
    const [one, two, three] = [
      await post(alice, 'one'),
      await post(alice, 'two'),
      await post(alice, 'three'),
    ];
    await cache.entries([one, two, three]);
    await heard.take();
    await like(bob, one);
    await like(carol, one);
    await setting.delete(`/posts/${one}/like`, carol);
    await repost(bob, two);
    const answer = await post(carol, 'an answer', { reply_to_id: String(three) });
    await remove(carol, answer);
    await post(bob, 'another one', { reply_to_id: String(three) });
    await hearAll();
    const before = atOnce([one, two, three]).map((found) => found?.post);
    assert.deepEqual(
      before.map((found) => found?.counts.likeCount),
      [0, 0, 0],
    );
    const [countsBefore] = before.map((found) => found?.counts);
    assert.equal(await asks(() => cache.refreshCounts()), 1);
    assert.deepEqual(
      before.map((found) => found?.counts),
      [
        { likeCount: 1, repostCount: 0, replyCount: 0 },
        { likeCount: 0, repostCount: 1, replyCount: 0 },
        { likeCount: 0, repostCount: 0, replyCount: 1 },
      ],
    );
    assert.equal(countsBefore?.likeCount, 0);
    await unrepost(bob, two);
    await hearAll();
    await cache.refreshCounts();
    assert.equal(before[1]?.counts.repostCount, 0);
    assert.equal(await asks(() => cache.refreshCounts()), 0);
  });

  it('of a post change with every answer to it', async () => {
    const parent = await post(alice, 'a question');
    await entry(parent);
    const counted = async (): Promise<number | undefined> => {
      await hearAll();
      await cache.refreshCounts();
      return atOnce([parent])[0]?.post.counts.replyCount;
    };
    const answer = await post(bob, 'an answer', { reply_to_id: String(parent) });
    assert.equal(await counted(), 1);
    await remove(bob, answer);
    assert.equal(await counted(), 0);
  });

  it('of posts that nobody has in memory are not read', async () => {
    const postId = await post(alice, 'unknown');
    await heard.take();
    await like(bob, postId);
    await hearAll();
    assert.equal(await asks(() => cache.refreshCounts()), 0);
  });

  it('of a new post are read, for what was heard before it', async () => {
    const postId = await post(alice, 'new');
    await like(bob, postId);
    const events = await heard.take();
    cache.hear(events.filter(({ topic }) => topic === 'reactions'));
    cache.hear(events.filter(({ topic }) => topic === 'posts'));
    await cache.refreshCounts();
    assert.equal(atOnce([postId])[0]?.post.counts.likeCount, 1);
  });

  it('of a post that this process has just committed are not read, unless something was heard before it', async () => {
    const [one, two, three] = [
      await post(alice, 'one'),
      await post(alice, 'two'),
      await post(alice, 'three'),
    ];
    await like(bob, two);
    const events = await heard.take();
    const commit = (postId: Id): void => {
      const created = events.filter(({ payload }) => payload['post_id'] === String(postId));
      cache.hear(created.slice(0, 1).map((event) => ({ ...event, isJustCommitted: true })));
    };
    commit(one);
    assert.equal(await asks(() => cache.refreshCounts()), 0);
    cache.hear(events.filter(({ topic }) => topic === 'reactions'));
    commit(two);
    commit(three);
    assert.equal(await asks(() => cache.refreshCounts()), 1);
    const counts = atOnce([one, two, three]).map((found) => found?.post.counts.likeCount);
    assert.deepEqual(counts, [0, 1, 0]);
  });

  it('that change while they are read are read again', async () => {
    const postId = await post(alice, 'popular');
    await entry(postId);
    await heard.take();
    await like(bob, postId);
    await hearAll();
    await raced(
      () => cache.refreshCounts(),
      async () => {
        await like(carol, postId);
        await hearAll();
      },
    );
    assert.equal(atOnce([postId])[0]?.post.counts.likeCount, 1);
    await cache.refreshCounts();
    assert.equal(atOnce([postId])[0]?.post.counts.likeCount, 2);
  });

  it('are put into the post that an edit has made meanwhile', async () => {
    const postId = await post(alice, 'before');
    await entry(postId);
    await like(bob, postId);
    await hearAll();
    await raced(
      () => cache.refreshCounts(),
      async () => {
        await edit(alice, postId, 'after');
        await hearAll();
      },
    );
    const [found] = atOnce([postId]);
    assert.deepEqual([found?.post.text, found?.post.counts.likeCount], ['after', 1]);
  });

  it('that could not be read are read the next time', async () => {
    const postId = await post(alice, 'popular');
    await entry(postId);
    await like(bob, postId);
    await hearAll();
    await withoutDatabase(() => assert.rejects(cache.refreshCounts(), isUnavailable));
    await cache.refreshCounts();
    assert.equal(atOnce([postId])[0]?.post.counts.likeCount, 1);
  });

  it('are read by one statement after the other, so that the newest come last', async () => {
    const postId = await post(alice, 'popular');
    await entry(postId);
    await like(bob, postId);
    await hearAll();
    const reads: Promise<void>[] = [];
    const first = raced(
      () => cache.refreshCounts(),
      async () => {
        await like(carol, postId);
        await hearAll();
        const before = statements;
        reads.push(cache.refreshCounts());
        await nextTurn();
        assert.equal(statements, before);
      },
    );
    await first;
    assert.equal(atOnce([postId])[0]?.post.counts.likeCount, 1);
    await Promise.all(reads);
    assert.equal(atOnce([postId])[0]?.post.counts.likeCount, 2);
  });

  it('are read in batches', async () => {
    const startMs = Date.UTC(2024, 6, 1);
    const posts = Array.from({ length: COUNTS_BATCH + 1 }, (_, index) => ({
      postId: composeId(startMs + index, FIRST_BULK_WRITER, 0),
      authorId: alice,
      text: `post ${index}`,
    }));
    await bulkLoadPosts(setting, posts);
    const ids = posts.map(({ postId }) => postId);
    await cache.entries(ids.slice(1));
    await cache.entries(ids.slice(0, 1));
    await setting.insertReactions('likes', [
      {
        reactionId: setting.ids.next(),
        userId: bob,
        postId: ids[0] ?? 0,
        authorId: alice,
        shard: shardOf(bob),
      },
    ]);
    cache.hear(ids.map((id) => ({ topic: 'reactions', kind: 'liked', payload: { post_id: String(id) } })));
    assert.equal(await asks(() => cache.refreshCounts()), 2);
    assert.equal(await asks(() => cache.refreshCounts()), 0);
  });
});
