/** Whatever happens, and in whatever pieces it is heard: once all is heard, the cache of posts is what SQL says. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import {
  type AnnouncedEvent,
  createFeedSetting,
  type FeedSetting,
} from '../../../../test/support/feed-setting.ts';
import { createHeardEvents } from '../../../../test/support/heard-events.ts';
import { systemClock } from '../../../core/clock.ts';
import type { Id } from '../../../core/ids.ts';
import { readStatement } from '../../../ports/sql-store/sql-store.ts';
import { REPOST_WINDOW_IDS } from '../timelines/repost-window.ts';
import { type CachedEntry, createPostsCache, POSTS_CACHE_BYTES_MAX } from './posts-cache.ts';

let setting: FeedSetting;
let users: Id[];

before(async () => {
  setting = await createFeedSetting();
  users = ['alice', 'bob', 'carol'].map(setting.addUser);
});
after(() => setting.close());

const HOUR_MS = 3_600_000;
/** Room for three posts, so that there is always something to load. */
const SMALL_BYTES = 2_000;

const nat = fc.nat(1_000);
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ what: fc.constant('post' as const), user: nat, parent: fc.option(nat) }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      what: fc.constantFrom(
        ...(['edit', 'delete', 'like', 'unlike', 'repost', 'repost', 'repost', 'unrepost'] as const),
      ),
      user: nat,
      post: nat,
    }),
  },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('wait' as const), hours: fc.nat(20) }) },
  { weight: 5, arbitrary: fc.record({ what: fc.constant('hear' as const), limits: fc.array(fc.nat(3)) }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('hear again' as const), from: nat }) },
  {
    weight: 6,
    arbitrary: fc.record({
      what: fc.constantFrom(...(['read', 'read while hearing', 'reposters', 'refresh'] as const)),
      seed: nat,
    }),
  },
);

describe('the cache of posts', () => {
  for (const [size, bytesMax] of [
    ['large', POSTS_CACHE_BYTES_MAX],
    ['small', SMALL_BYTES],
  ] as const) {
    it(`is what SQL says once all is heard, when it is ${size}`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
          await converges(steps, bytesMax);
        }),
        { numRuns: 30 },
      );
    });
  }
});

type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

async function converges(steps: readonly Step[], bytesMax: number): Promise<void> {
  await setting.clear();
  const events = createHeardEvents(setting);
  await events.take();
  const cache = createPostsCache({
    sql: setting.sql,
    getUsers: setting.getUsers,
    clock: systemClock,
    bytesMax,
  });
  const posts: { readonly postId: Id; readonly authorId: Id }[] = [];
  const heard: AnnouncedEvent[] = [];

  const hear = (fresh: readonly AnnouncedEvent[]): void => {
    heard.push(...fresh);
    cache.hear(fresh);
  };
  const take = (limits: readonly number[]): Promise<AnnouncedEvent[]> => {
    let keys = 0;
    return events.take(() => limits[keys++ % limits.length] ?? 0);
  };
  const repostsHeard = (): Id[] =>
    heard.filter(({ kind }) => kind === 'reposted').map(({ payload }) => Number(payload['repost_id']));
  const entryIds = (): Id[] => [...new Set([...posts.map(({ postId }) => postId), ...repostsHeard()])];
  const some = (seed: number): Id[] => entryIds().filter((_, index) => (seed >> (index % 10)) % 2 === 0);

  async function read(ids: readonly Id[]): Promise<readonly (CachedEntry | undefined)[]> {
    const gone = new Set(
      heard.filter(({ kind }) => kind === 'deleted').map(({ payload }) => payload['post_id']),
    );
    const found = await cache.entries(ids);
    const brought = found.filter((entry) => entry !== undefined && gone.has(String(entry.post.postId)));
    assert.deepEqual(brought, [], 'what is heard to be deleted is not shown');
    return found;
  }

  async function perform(one: Step): Promise<void> {
    const user = users[('user' in one ? one.user : 0) % users.length] ?? 0;
    // One of the last, so that much happens to each.
    const target = 'post' in one ? posts.at(-1 - (one.post % 3)) : undefined;
    const path = `/posts/${target?.postId ?? 0}`;
    switch (one.what) {
      case 'post': {
        const parent = one.parent === null ? undefined : posts[one.parent % Math.max(1, posts.length)];
        const fields = parent === undefined ? {} : { reply_to_id: String(parent.postId) };
        const { status, body } = await setting.call('POST', '/posts', user, {
          text: 'hello @bob',
          ...fields,
        });
        if (status === 201) posts.push({ postId: Number(body.post_id), authorId: user });
        return;
      }
      case 'edit':
        await setting.call('PATCH', path, target?.authorId, { text: `edited by ${heard.length} @carol` });
        return;
      case 'delete':
        await setting.delete(path, target?.authorId);
        return;
      case 'like':
      case 'repost':
        await setting.put(`${path}/${one.what}`, user);
        return;
      case 'unlike':
      case 'unrepost':
        await setting.delete(`${path}/${one.what.slice(2)}`, user);
        return;
      case 'wait':
        setting.passTime(one.hours * HOUR_MS);
        return;
      case 'hear':
        hear(await take(one.limits));
        return;
      case 'hear again': {
        // As after a reconnection: from some place on, everything.
        const again = heard[one.from % Math.max(1, heard.length)];
        const ofKey = heard.filter(({ topic, key }) => topic === again?.topic && key === again.key);
        cache.hear(again === undefined ? [] : ofKey.slice(ofKey.indexOf(again)));
        return;
      }
      case 'read':
        await read(some(one.seed));
        return;
      case 'read while hearing': {
        const fresh = await take([one.seed % 4]);
        const reading = read(some(one.seed));
        await Promise.resolve();
        hear(fresh);
        await reading;
        return;
      }
      case 'reposters':
        for (const entry of await read(entryIds())) {
          if (entry !== undefined) await cache.repostersBefore(entry.post, entry.entryId);
        }
        return;
      case 'refresh':
        return cache.refreshCounts();
    }
  }

  for (const one of steps) await perform(one);
  hear(await events.take());
  await cache.refreshCounts();
  const reposts = await setting.sql.query(getAllReposts, []);
  const ids = entryIds();
  // In two calls: of the first of them not everything fits into a small cache.
  const found = new Map<Id, CachedEntry | undefined>();
  for (const part of [ids.slice(0, 3), ids.slice(3)]) {
    const entries = await cache.entries(part);
    for (const [index, entryId] of part.entries()) found.set(entryId, entries[index]);
  }
  assert.deepEqual(found, await truthOf(ids, posts, reposts));
  for (const entry of found.values()) {
    if (entry === undefined) continue;
    const expected = reposts.filter(
      (repost) =>
        repost.post_id === entry.post.postId &&
        repost.repost_id < entry.entryId &&
        repost.repost_id >= entry.entryId - REPOST_WINDOW_IDS,
    );
    assert.deepEqual(
      await cache.repostersBefore(entry.post, entry.entryId),
      expected.map((repost) => repost.user_id),
    );
  }
}

interface RepostRow {
  readonly repost_id: Id;
  readonly post_id: Id;
  readonly user_id: Id;
}

const getAllReposts = readStatement<[], RepostRow>(
  'test_get_all_reposts',
  'SELECT repost_id, post_id, user_id FROM reposts ORDER BY repost_id',
);

/** As the posts are shown to their authors, who see them all. */
async function truthOf(
  entryIds: readonly Id[],
  posts: readonly { readonly postId: Id; readonly authorId: Id }[],
  reposts: readonly RepostRow[],
): Promise<Map<Id, CachedEntry | undefined>> {
  const truth = new Map<Id, CachedEntry | undefined>();
  for (const entryId of entryIds) {
    const repost = reposts.find((row) => row.repost_id === entryId);
    const postId = repost?.post_id ?? entryId;
    const authorId = posts.find((post) => post.postId === postId)?.authorId;
    const shown = (await setting.hydration.hydrate(authorId, [postId])).get(postId);
    if (shown === undefined) {
      truth.set(entryId, undefined);
      continue;
    }
    const { author, reactions, replyToUser, mentions, ...content } = shown;
    const { likeCount, repostCount, replyCount } = reactions;
    truth.set(entryId, {
      entryId,
      reposterId: repost?.user_id ?? null,
      post: {
        ...content,
        storedMedia: null,
        authorId: author.userId,
        replyToUserId: replyToUser?.userId ?? null,
        replyToUser: replyToUser && { userId: replyToUser.userId, username: replyToUser.username },
        mentionUserIds: mentions.map(({ userId }) => userId),
        mentions: mentions.map(({ userId, username }) => ({ userId, username })),
        counts: { likeCount, repostCount, replyCount },
      },
    });
  }
  return truth;
}
