import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import fc from 'fast-check';
import { createFeedSetting, type FeedSetting } from '../../../../test/support/feed-setting.ts';
import { createGatedSession } from '../../../../test/support/gated-session.ts';
import { AppError } from '../../../core/errors.ts';
import type { Id } from '../../../core/ids.ts';
import type { NewEvent } from '../../../ports/event-log/event-log.ts';
import { readStatement, type SqlTransaction, writeStatement } from '../../../ports/sql-store/sql-store.ts';
import { repostEvent } from '../posts/post-events.ts';
import { bookmarkEvent, likeEvent } from '../reactions/reaction-events.ts';
import { createReactions } from '../reactions/reactions.ts';
import { createBlocks } from '../relationships/blocks.ts';
import { createFollows } from '../relationships/follows.ts';
import { createMutes } from '../relationships/mutes.ts';
import {
  blockEvent,
  followed,
  muteEvent,
  requestEvent,
  unfollowed,
} from '../relationships/relationship-events.ts';
import {
  createReaderViews,
  type HeardEvent,
  KNOWN_REACTIONS_MAX,
  NOBODYS_VIEW,
  type ReaderView,
  type ReaderViews,
} from './reader-views.ts';

describe('reader views', () => {
  let setting: FeedSetting;
  let [alice, bob, carol, dave]: [Id, Id, Id, Id] = [0, 0, 0, 0];
  let views: ReaderViews;
  before(async () => {
    setting = await createFeedSetting();
    [alice, bob, carol, dave] = [
      setting.addUser('alice'),
      setting.addUser('bob'),
      setting.addUser('carol'),
      setting.addUser('dave'),
    ];
  });
  after(() => setting.close());
  beforeEach(async () => {
    await setting.clear();
    views = createReaderViews({ sql: setting.sql });
  });

  /** Reactions of the user to posts 1 to `count`, which need not exist. */
  const react = (table: 'likes' | 'reposts' | 'bookmarks', userId: Id, count: number) =>
    setting.sql.query(
      writeStatement<[Id, number]>(
        `test_react_${table}`,
        table === 'reposts'
          ? 'INSERT INTO reposts SELECT post_id, $1, post_id, 1, 0 FROM generate_series(1, $2) AS post_id'
          : `INSERT INTO ${table} SELECT $1, post_id, post_id, 0 FROM generate_series(1, $2) AS post_id`,
      ),
      [userId, count],
    );

  it('know whom the reader follows, mutes and is parted from', async () => {
    await setting.follow(alice, carol);
    await setting.follow(alice, bob);
    await setting.follow(bob, alice);
    await setting.mute(alice, bob);
    await setting.mute(carol, alice);
    await setting.block(alice, dave);
    await setting.block(carol, alice);
    const view = await views.get(alice);
    assert.equal(view.readerId, alice);
    assert.deepEqual([...view.followeeIds], [bob, carol]);
    const users = [alice, bob, carol, dave];
    assert.deepEqual(
      users.map((userId) => view.follows(userId)),
      [false, true, true, false],
    );
    assert.deepEqual(
      users.map((userId) => view.mutes(userId)),
      [false, true, false, false],
    );
    assert.deepEqual(
      users.map((userId) => view.parted(userId)),
      [false, false, true, true],
    );
  });

  it('of those who have done nothing, and of nobody, say no to everything', async () => {
    for (const view of [await views.get(alice), NOBODYS_VIEW]) {
      assert.equal(view.followeeIds.length, 0);
      assert.ok(![view.follows(bob), view.mutes(bob), view.parted(bob)].includes(true));
      assert.deepEqual(view.flags(1), { liked: false, reposted: false, bookmarked: false });
    }
  });

  it('are loaded in one statement, once, and answered at once from then on', async () => {
    const statements = setting.statements();
    const [first, second] = await Promise.all([views.get(alice), views.get(alice)]);
    assert.equal(setting.statements(), statements + 1);
    assert.equal(first, second);
    assert.equal(views.get(alice), first);
    assert.equal(views.size(), 1);
    views.forget(alice);
    assert.equal(views.size(), 0);
  });

  it('know all reactions of who has few', async () => {
    await react('likes', alice, KNOWN_REACTIONS_MAX);
    await react('reposts', alice, 2);
    await react('bookmarks', alice, 3);
    const view = await views.get(alice);
    assert.deepEqual(view.flags(1), { liked: true, reposted: true, bookmarked: true });
    assert.deepEqual(view.flags(3), { liked: true, reposted: false, bookmarked: true });
    assert.deepEqual(view.flags(KNOWN_REACTIONS_MAX), { liked: true, reposted: false, bookmarked: false });
    assert.deepEqual(view.flags(KNOWN_REACTIONS_MAX + 1), {
      liked: false,
      reposted: false,
      bookmarked: false,
    });
  });

  for (const table of ['likes', 'reposts', 'bookmarks'] as const) {
    it(`do not know of posts older than the newest with ${table} of who has many`, async () => {
      await react(table, alice, KNOWN_REACTIONS_MAX + 5);
      const view = await views.get(alice);
      assert.equal(view.flags(5), undefined);
      assert.notEqual(view.flags(6), undefined);
      const flags = await views.flagsOf(alice, [5, 6, KNOWN_REACTIONS_MAX + 6]);
      assert.deepEqual(flags.get(6), view.flags(6));
      assert.deepEqual(flags.get(5), flags.get(6));
      assert.deepEqual(Object.values(flags.get(KNOWN_REACTIONS_MAX + 6) ?? {}), [false, false, false]);
    });
  }

  it('ask SQL for no flags where there are no posts', async () => {
    const statements = setting.statements();
    assert.equal((await views.flagsOf(alice, [])).size, 0);
    assert.equal(setting.statements(), statements);
  });

  it('change their flags as reactions are heard of', async () => {
    const view = await views.get(alice);
    const id = { userId: alice, postId: 9, authorId: bob };
    const like = { likeId: 1, ...id };
    const repost = { repostId: 1, ...id };
    const bookmark = { bookmarkId: 1, ...id };
    views.hear([likeEvent('liked', like)].map(heard));
    assert.deepEqual(view.flags(9), { liked: true, reposted: false, bookmarked: false });
    views.hear([repostEvent('reposted', repost), bookmarkEvent('bookmarked', bookmark)].map(heard));
    assert.deepEqual(view.flags(9), { liked: true, reposted: true, bookmarked: true });
    views.hear([likeEvent('liked', like), likeEvent('unliked', like)].map(heard));
    assert.deepEqual(view.flags(9), { liked: false, reposted: true, bookmarked: true });
    views.hear([repostEvent('unreposted', repost), bookmarkEvent('unbookmarked', bookmark)].map(heard));
    assert.deepEqual(view.flags(9), { liked: false, reposted: false, bookmarked: false });
    assert.equal(views.get(alice), view);
  });

  it('stay small, however many reactions are heard of', async () => {
    const view = await views.get(alice);
    const like = (postId: Id) =>
      heard(likeEvent('liked', { likeId: 1, userId: alice, postId, authorId: bob }));
    views.hear(Array.from({ length: 1_201 }, (_, index) => like(index + 1)));
    assert.equal(view.flags(1_201 - KNOWN_REACTIONS_MAX), undefined);
    assert.equal(view.flags(1_202 - KNOWN_REACTIONS_MAX)?.liked, true);
    views.hear([like(1)]);
    assert.equal(view.flags(1), undefined);
  });

  it('are forgotten when a relationship of the reader is heard to have changed, and only then', async () => {
    const [follow, mute, block] = [
      { followId: 1, followerId: alice, followeeId: bob, requestId: null },
      { muteId: 1, userId: alice, targetId: bob },
      { blockId: 1, userId: alice, targetId: bob },
    ];
    const request = { requestId: 1, requesterId: alice, targetId: bob };
    const cases: [NewEvent, readonly Id[]][] = [
      [followed(follow), [alice]],
      [unfollowed(follow), [alice]],
      [muteEvent('muted', mute), [alice]],
      [muteEvent('unmuted', mute), [alice]],
      [blockEvent('blocked', block), [alice, bob]],
      [blockEvent('unblocked', block), [alice, bob]],
      [requestEvent('requested', request), []],
      [requestEvent('request_withdrawn', request), []],
      [{ ...followed(follow), topic: 'others' }, []],
    ];
    for (const [event, forgotten] of cases) {
      const known = new Map<Id, ReaderView>();
      for (const userId of [alice, bob, carol]) known.set(userId, await views.get(userId));
      views.hear([heard(event)]);
      for (const [userId, view] of known) {
        assert.equal(views.get(userId) === view, !forgotten.includes(userId), `${event.kind} of ${userId}`);
      }
    }
  });

  it('whose load has missed what is heard meanwhile answer those who asked before, and are not kept', async () => {
    const gated = createGatedSession(setting.sql);
    const gatedViews = createReaderViews({ sql: gated });
    const follow = { followId: 1, followerId: alice, followeeId: bob, requestId: null };
    const missed = [
      followed(follow),
      likeEvent('liked', { likeId: 1, userId: alice, postId: 9, authorId: bob }),
    ];
    for (const event of missed) {
      const asked = gatedViews.get(alice);
      await gated.allRead();
      gatedViews.hear([heard(event)]);
      gated.release();
      await asked;
      assert.equal(gatedViews.size(), 0, event.kind);
    }
    const asked = gatedViews.get(alice);
    await gated.allRead();
    gatedViews.hear([heard(followed({ ...follow, followerId: bob, followeeId: alice }))]);
    gated.release();
    await asked;
    assert.equal(gatedViews.size(), 1, 'what others do does not matter');
  });

  it('are bounded in number and in bytes', async () => {
    const few = createReaderViews({ sql: setting.sql, viewsMax: 2 });
    for (const userId of [alice, bob, carol]) await few.get(userId);
    assert.equal(few.size(), 2);
    const small = createReaderViews({ sql: setting.sql, bytesMax: 1_000 });
    for (const userId of [alice, bob, carol]) await small.get(userId);
    assert.equal(small.size(), 2);
    await react('likes', dave, 100);
    assert.equal((await small.get(dave)).flags(100)?.liked, true);
    assert.equal(small.size(), 2, 'one that is larger than all may be is not kept');
  });

  it('are what the database has once all is heard, whatever was heard when', async () => {
    const users = [alice, bob, carol];
    const user = fc.constantFrom(0, 1, 2);
    const step = fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({
          do: fc.constantFrom(...CHANGES),
          by: user,
          to: fc.integer({ min: 0, max: 5 }),
        }),
      },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('hear' as const), lane: user }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('ask' as const), by: user }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('release' as const) }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        await setting.clear();
        const world = createWorld(setting);
        const posts = await Promise.all(users.map((userId) => setting.post(userId, 'hello')));
        const postIds = posts.map(Number);
        const gated = createGatedSession(setting.sql);
        views = createReaderViews({ sql: gated });
        const asked: unknown[] = [];
        for (const one of steps) {
          if (one.do === 'hear') views.hear(world.nextHeard(one.lane));
          else if (one.do === 'release') gated.release();
          else if (one.do === 'ask') {
            asked.push(views.get(users[one.by] ?? 0));
            await gated.allRead();
          } else {
            const isReaction = /like|repost|bookmark/.test(one.do);
            const targets = isReaction ? postIds : users;
            await world.change(one.do, users[one.by] ?? 0, targets[one.to % targets.length] ?? 0);
          }
        }
        for (const lane of [0, 1, 2]) {
          for (let events = world.nextHeard(lane); events.length > 0; events = world.nextHeard(lane)) {
            views.hear(events);
          }
        }
        gated.release();
        await Promise.all(asked);
        const check = async (): Promise<void> => {
          for (const readerId of users) {
            const loading = views.get(readerId);
            gated.release();
            await assertEqualsDatabase(setting, await loading, users, postIds);
          }
        };
        await check();
        // At least once: the log may tell everything again from some point on.
        views.hear(world.allHeard());
        await check();
      }),
      { numRuns: 40 },
    );
  });
});

const CHANGES = [
  'follow',
  'unfollow',
  'removeFollower',
  'mute',
  'unmute',
  'block',
  'unblock',
  'like',
  'unlike',
  'repost',
  'unrepost',
  'bookmark',
  'unbookmark',
] as const;
type Change = (typeof CHANGES)[number];

/** Changes by the nouns of the feed, and their events, which are heard by and by: those of one key in order. */
function createWorld(setting: FeedSetting) {
  const { sql, ids, people } = setting;
  const announced: NewEvent[] = [];
  const unheard: NewEvent[][] = [[], [], []];
  const eventLog = {
    ...setting.eventLog,
    async append(transaction: SqlTransaction, events: readonly NewEvent[]): Promise<void> {
      await setting.eventLog.append(transaction, events);
      for (const event of events) {
        announced.push(event);
        unheard[event.key % unheard.length]?.push(event);
      }
    },
  };
  const relations = {
    ...createFollows({ ids, eventLog }),
    ...createMutes({ ids, eventLog }),
    ...createBlocks({ ids, eventLog }),
  };
  const reactions = createReactions({ ids, eventLog, hydration: setting.hydration });
  return {
    /** What the rules forbid changes nothing. */
    async change(change: Change, userId: Id, targetId: Id): Promise<void> {
      const work = async (transaction: SqlTransaction): Promise<unknown> =>
        change in reactions
          ? reactions[change as keyof typeof reactions](transaction, userId, targetId)
          : relations[change as keyof typeof relations](transaction, userId, {
              userId: targetId,
              user: people.get(targetId),
            });
      await sql.transaction(work).catch((error: unknown) => {
        if (!(error instanceof AppError) || error.code === 'internal') throw error;
      });
    },
    nextHeard: (lane: number): HeardEvent[] => unheard[lane]?.splice(0, 1).map(heard) ?? [],
    allHeard: (): HeardEvent[] => announced.map(heard),
  };
}

async function assertEqualsDatabase(
  { sql }: FeedSetting,
  view: ReaderView,
  userIds: readonly Id[],
  postIds: readonly Id[],
): Promise<void> {
  const { readerId } = view;
  const [relations] = await sql.query(readRelations, [readerId]);
  assert.deepEqual([...view.followeeIds], relations?.followee_ids);
  const among = (has: (userId: Id) => boolean) => userIds.filter(has);
  assert.deepEqual(
    among((userId) => view.follows(userId)),
    relations?.followee_ids,
  );
  assert.deepEqual(
    among((userId) => view.mutes(userId)),
    relations?.muted_ids,
  );
  assert.deepEqual(
    among((userId) => view.parted(userId)),
    relations?.parted_ids,
  );
  const reactions = await sql.query(readReactions, [readerId]);
  for (const postId of postIds) {
    const kinds = reactions.filter(({ post_id }) => post_id === postId).map(({ kind }) => kind);
    assert.deepEqual(view.flags(postId), {
      liked: kinds.includes('like'),
      reposted: kinds.includes('repost'),
      bookmarked: kinds.includes('bookmark'),
    });
  }
}

const readRelations = readStatement<
  [readerId: Id],
  { readonly followee_ids: Id[]; readonly muted_ids: Id[]; readonly parted_ids: Id[] }
>(
  'test_read_relations',
  `SELECT ARRAY(SELECT followee_id FROM follows WHERE follower_id = $1 ORDER BY 1) AS followee_ids,
     ARRAY(SELECT muted_id FROM mutes WHERE user_id = $1 ORDER BY 1) AS muted_ids,
     ARRAY(SELECT blocked_id FROM blocks WHERE user_id = $1
       UNION SELECT user_id FROM blocks WHERE blocked_id = $1 ORDER BY 1) AS parted_ids`,
);

const readReactions = readStatement<[readerId: Id], { readonly kind: string; readonly post_id: Id }>(
  'test_read_reactions_of',
  `SELECT 'like' AS kind, post_id FROM likes WHERE user_id = $1
   UNION ALL SELECT 'repost', post_id FROM reposts WHERE user_id = $1
   UNION ALL SELECT 'bookmark', post_id FROM bookmarks WHERE user_id = $1`,
);

/** As it comes out of the log. */
function heard({ topic, kind, payload }: NewEvent): HeardEvent {
  return { topic, kind, payload: JSON.parse(JSON.stringify(payload)) };
}
