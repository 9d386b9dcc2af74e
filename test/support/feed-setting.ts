/** Posts, reactions and timelines on a database of their own, over HTTP, for people who exist only in the test. */

import { systemClock, systemRandomness } from '../../src/core/clock.ts';
import { composeId, createIdGenerator, type Id, shardOf } from '../../src/core/ids.ts';
import type { Profile, User } from '../../src/core/user.ts';
import { createWrites } from '../../src/http/idempotency.ts';
import { createServer } from '../../src/http/server.ts';
import { USER_SCHEMAS } from '../../src/http/user-schema.ts';
import { createPostgresEventLog } from '../../src/ports/event-log/postgres-event-log.ts';
import { createPostgresSqlStore } from '../../src/ports/sql-store/postgres-sql-store.ts';
import { readStatement, type SqlValue, writeStatement } from '../../src/ports/sql-store/sql-store.ts';
import type { PostReads } from '../../src/systems/feed/home/post-reads.ts';
import { createPhotos } from '../../src/systems/feed/photos/photos.ts';
import { PHOTO_SCHEMAS } from '../../src/systems/feed/photos/photos-routes.ts';
import { createErasure } from '../../src/systems/feed/posts/erasure.ts';
import { createHydration } from '../../src/systems/feed/posts/hydration.ts';
import { createPostCounts } from '../../src/systems/feed/posts/post-counts.ts';
import { createPostWriter } from '../../src/systems/feed/posts/post-writer.ts';
import { createPosts, type Posts } from '../../src/systems/feed/posts/posts.ts';
import { POST_SCHEMAS, postRoutes } from '../../src/systems/feed/posts/posts-routes.ts';
import { createThreads } from '../../src/systems/feed/posts/threads.ts';
import { createReactionLists } from '../../src/systems/feed/reactions/reaction-lists.ts';
import { createReactionWriter } from '../../src/systems/feed/reactions/reaction-writer.ts';
import { createReactions } from '../../src/systems/feed/reactions/reactions.ts';
import { reactionRoutes } from '../../src/systems/feed/reactions/reactions-routes.ts';
import { createTimelines } from '../../src/systems/feed/timelines/timelines.ts';
import { TIMELINE_SCHEMAS, timelineRoutes } from '../../src/systems/feed/timelines/timelines-routes.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { tracingOff } from '../../src/telemetry/trace.ts';
import { type Answer, createCallAs } from './call-as.ts';
import { createTestDatabase } from './database.ts';
import { serverOptions } from './server-options.ts';

export type FeedSetting = Awaited<ReturnType<typeof createFeedSetting>>;

export interface AnnouncedEvent {
  readonly topic: string;
  readonly key: Id;
  readonly kind: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

export interface ReactionToInsert {
  readonly reactionId: Id;
  readonly userId: Id;
  readonly postId: Id;
  readonly authorId: Id;
  readonly shard: number;
}

const POOL_SIZE = 8;
const PEOPLE_EPOCH_MS = Date.UTC(2024, 0, 1);

export async function createFeedSetting() {
  const database = await createTestDatabase();
  const log = createLog({ level: 'silent', pretty: false });
  const clock = systemClock;
  const sql = createPostgresSqlStore({ connection: database.connection, poolSize: POOL_SIZE, clock, log });
  const time = { aheadMs: 0 };
  const lease = { writer: 1, deadlineMonotonicMs: Number.POSITIVE_INFINITY, highWaterMs: 0 };
  const ids = createIdGenerator(() => lease, { ...clock, nowMs: () => clock.nowMs() + time.aheadMs });
  const people = new Map<Id, User>();
  const suspended = new Set<Id>();

  const getUsers = async (userIds: readonly Id[]) =>
    new Map(
      userIds.flatMap((userId) => {
        const user = people.get(userId);
        return user === undefined || suspended.has(userId) ? [] : [[userId, user] as const];
      }),
    );
  const findUsers = async (usernames: readonly string[]) => {
    const found = await getUsers([...people.keys()]);
    const named = [...found.values()].map((user) => [user.username.toLowerCase(), user] as const);
    return new Map(named.filter(([username]) => usernames.includes(username)));
  };
  const describeUsers = async (_viewerId: Id | undefined, userIds: readonly Id[]): Promise<Profile[]> => {
    const counts = { followerCount: 0, followingCount: 0, postCount: 0 };
    const found = await getUsers(userIds);
    return userIds.flatMap((userId) => {
      const user = found.get(userId);
      return user === undefined ? [] : [{ ...user, counts, relationship: null }];
    });
  };

  const eventLog = createPostgresEventLog({ sqlStore: sql, clock, randomness: systemRandomness, log });
  const hydration = createHydration({ sql, getUsers });
  const writer = createPostWriter({ sql, eventLog, tracing: tracingOff });
  const posts = createPosts({ sql, ids, eventLog, getUsers, findUsers, hydration, writer });
  const threads = createThreads({ sql, hydration });
  const reactions = createReactions({ ids, eventLog, hydration });
  const reactionWriter = createReactionWriter({ sql, ids, eventLog, hydration, tracing: tracingOff });
  const lists = createReactionLists({ sql, hydration, describeUsers });
  const timelines = createTimelines({ sql, hydration, getUsers });
  const erasure = createErasure({ sql, eventLog });

  const app = await createServer(
    serverOptions({
      authenticate: (token) => ({ userId: Number(token), sessionId: 1, role: 'user', tier: 'standard' }),
      log,
      clock,
    }),
  );
  for (const schema of [...USER_SCHEMAS, ...POST_SCHEMAS, ...PHOTO_SCHEMAS, ...TIMELINE_SCHEMAS])
    app.addSchema(schema);
  const writes = createWrites(sql);
  postRoutes(app, { writes, posts, postReads: readsBySql(posts), threads });
  reactionRoutes(app, { writes, reactions, reactionWriter, lists });
  timelineRoutes(app, { timelines, photos: createPhotos({ sql, hydration, getUsers }) });
  await app.ready();

  const call = createCallAs(app);

  const write = (name: string, text: string, params: readonly SqlValue[]) =>
    sql.query(writeStatement<readonly SqlValue[]>(name, text), params);

  return {
    app,
    sql,
    database,
    ids,
    eventLog,
    hydration,
    writer,
    posts,
    threads,
    timelines,
    erasure,
    counts: createPostCounts({ sql }),
    people,
    getUsers,
    call,

    get: (url: string, viewerId?: Id) => call('GET', url, viewerId),
    put: (url: string, viewerId?: Id) => call('PUT', url, viewerId),
    delete: (url: string, viewerId?: Id) => call('DELETE', url, viewerId),
    /** The id of a new post. */
    async post(authorId: Id, text: string, fields: Readonly<Record<string, unknown>> = {}): Promise<string> {
      const { status, body } = await call('POST', '/posts', authorId, { text, ...fields });
      if (status !== 201) throw new Error(`POST /posts answered ${status}: ${JSON.stringify(body)}`);
      return body.post_id;
    },
    /** The ids or entries of all pages, one after the other. */
    async walk(url: string, viewerId: Id | undefined, limit: number): Promise<Answer['body'][][]> {
      const pages: Answer['body'][][] = [];
      let token: string | null = '';
      while (token !== null) {
        const { status, body }: Answer = await call(
          'GET',
          `${url}${url.includes('?') ? '&' : '?'}limit=${limit}&page_token=${token}`,
          viewerId,
        );
        if (status !== 200) throw new Error(`${url} answered ${status}`);
        pages.push(body.items ?? body.descendants);
        token = body.next_page_token;
      }
      return pages;
    },

    addUser(username: string): Id {
      const userId = composeId(PEOPLE_EPOCH_MS + people.size, 7, people.size % 8);
      people.set(userId, {
        userId,
        username,
        displayName: username,
        bio: '',
        avatarUrl: null,
        headerUrl: null,
        locked: false,
      });
      return userId;
    },
    follow: (followerId: Id, followeeId: Id) =>
      write('test_follow', 'INSERT INTO follows VALUES ($1, $2, $3, $4)', [
        followerId,
        followeeId,
        ids.next(),
        shardOf(followerId),
      ]),
    mute: (userId: Id, mutedId: Id) =>
      write('test_mute', 'INSERT INTO mutes VALUES ($1, $2, $3, $4)', [
        userId,
        mutedId,
        ids.next(),
        shardOf(userId),
      ]),
    block: (userId: Id, blockedId: Id) =>
      write('test_block', 'INSERT INTO blocks VALUES ($1, $2, $3, $4)', [
        userId,
        blockedId,
        ids.next(),
        shardOf(userId),
      ]),
    /** As the accounts do; `heard`: the feed has heard of it, too. */
    async suspend(userId: Id, { heard = true } = {}): Promise<void> {
      suspended.add(userId);
      if (!heard) return;
      await write('test_hide', 'INSERT INTO hidden_users VALUES ($1, $2)', [userId, shardOf(userId)]);
    },
    async restore(userId: Id): Promise<void> {
      suspended.delete(userId);
      await write('test_restore', 'DELETE FROM hidden_users WHERE user_id = $1', [userId]);
    },
    /** Nobody posted, and nobody has anything to do with another; the people stay. */
    async clear(): Promise<void> {
      suspended.clear();
      await write(
        'test_clear',
        `TRUNCATE posts, post_edits, post_tags, post_mentions, likes, reposts, bookmarks, post_counts,
           post_count_deltas, feed_erasures, user_counts, user_count_deltas, follows, mutes, blocks, hidden_users`,
        [],
      );
    },
    /** Puts rows into `likes`, `reposts` or `bookmarks`, whatever the rules. */
    async insertReactions(table: string, rows: readonly ReactionToInsert[]): Promise<void> {
      const idColumn = `${table.slice(0, -1)}_id`;
      for (const { reactionId, userId, postId, authorId, shard } of rows) {
        await write(
          `test_insert_${table}`,
          table === 'reposts'
            ? 'INSERT INTO reposts (repost_id, user_id, post_id, shard, author_id) VALUES ($1, $2, $3, $4, $5)'
            : `INSERT INTO ${table} (${idColumn}, user_id, post_id, shard) VALUES ($1, $2, $3, $4)`,
          table === 'reposts'
            ? [reactionId, userId, postId, shard, authorId]
            : [reactionId, userId, postId, shard],
        );
      }
    },
    /** From now on ids are of a later time. */
    passTime(durationMs: number): void {
      time.aheadMs += durationMs;
    },

    ageTombstone: (postId: Id, days: number) =>
      write(
        'test_age_tombstone',
        'UPDATE posts SET deleted_at = now() - make_interval(days => $2) WHERE post_id = $1',
        [postId, days],
      ),

    /** What was announced so far, in order for each key. */
    async announced(topic: string): Promise<AnnouncedEvent[]> {
      return (await sql.query(readEvents, [])).filter((event) => event.topic === topic);
    },
    /** Sent to the database so far. */
    statements: () => sql.stats().statements,
    /** Posts and authors whose counts differ from what is counted, as of one moment. */
    wrongCounts: () => sql.query(findWrongCounts, []),
    async countRows(table: string, condition = 'true'): Promise<number> {
      const text = `SELECT count(*) AS count FROM ${table} WHERE ${condition}`;
      const [row] = await sql.query(readStatement<[], { count: number }>('', text), []);
      return row?.count ?? 0;
    },

    async close(): Promise<void> {
      await app.close();
      await eventLog.close();
      await sql.close();
      await database.close();
    },
  };
}

/** No process listens here. */
const readsBySql = (posts: Posts): PostReads => ({
  async get(viewerId, postId) {
    const content = await posts.get(viewerId, postId);
    return { content, author: content.author, reactions: content.reactions };
  },
});

const readEvents = readStatement<[], AnnouncedEvent>(
  'test_read_feed_events',
  `SELECT topic, key, kind, payload
   FROM (
     SELECT 0, partition, "offset", topic, key, kind, payload FROM event_log
     UNION ALL SELECT 1, partition, id, topic, key, kind, payload FROM outbox
   ) AS events (stage, partition, place, topic, key, kind, payload)
   ORDER BY stage, partition, place`,
);

const findWrongCounts = readStatement<[], { counted_id: Id }>(
  'test_find_wrong_post_counts',
  `SELECT post_id AS counted_id
   FROM (
     SELECT post_id, like_count, repost_count, reply_count FROM post_counts
     UNION ALL SELECT post_id, like_delta, repost_delta, reply_delta FROM post_count_deltas
     UNION ALL SELECT post_id, -1, 0, 0 FROM likes
     UNION ALL SELECT post_id, 0, -1, 0 FROM reposts
     UNION ALL SELECT reply_to_id, 0, 0, -1 FROM posts
       WHERE reply_to_id IS NOT NULL AND deleted_at IS NULL AND visibility <> 'direct'
   ) AS parts (post_id, likes, reposts, replies)
   WHERE post_id IN (SELECT post_id FROM posts WHERE deleted_at IS NULL)
   GROUP BY post_id HAVING sum(likes) <> 0 OR sum(reposts) <> 0 OR sum(replies) <> 0
   UNION ALL
   SELECT user_id
   FROM (
     SELECT user_id, post_count FROM user_counts
     UNION ALL SELECT user_id, post_delta FROM user_count_deltas
     UNION ALL SELECT author_id, -1 FROM posts WHERE deleted_at IS NULL AND visibility <> 'direct'
   ) AS parts (user_id, posts)
   GROUP BY user_id HAVING sum(posts) <> 0`,
);
