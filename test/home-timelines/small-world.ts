/**
 * A few people on a database of their own who do everything that changes a home timeline. Whatever succeeds is noted
 * as facts, so that the rules in plain code say what everyone's feed must be.
 */

import pg from 'pg';
import { hasCode } from '../../src/core/errors.ts';
import { composeId, createIdGenerator, FIRST_BULK_WRITER, type Id } from '../../src/core/ids.ts';
import type { Profile, User } from '../../src/core/user.ts';
import { type EventLog, PARTITIONS, partitionOf } from '../../src/ports/event-log/event-log.ts';
import { createPostgresSqlStore } from '../../src/ports/sql-store/postgres-sql-store.ts';
import { readStatement, type SqlTransaction, writeStatement } from '../../src/ports/sql-store/sql-store.ts';
import { bulkLoadPosts } from '../../src/systems/feed/posts/bulk-load.ts';
import { createHydration } from '../../src/systems/feed/posts/hydration.ts';
import type { Visibility } from '../../src/systems/feed/posts/post.ts';
import { createPostWriter } from '../../src/systems/feed/posts/post-writer.ts';
import { createPosts } from '../../src/systems/feed/posts/posts.ts';
import { createReactions } from '../../src/systems/feed/reactions/reactions.ts';
import { createBlocks } from '../../src/systems/feed/relationships/blocks.ts';
import { bulkLoadFollows } from '../../src/systems/feed/relationships/bulk-load.ts';
import { createFollowRequests } from '../../src/systems/feed/relationships/follow-requests.ts';
import { createFollows } from '../../src/systems/feed/relationships/follows.ts';
import { createMutes } from '../../src/systems/feed/relationships/mutes.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { tracingOff } from '../../src/telemetry/trace.ts';
import { createTestDatabase } from '../support/database.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { createFacts } from './facts.ts';
import { factOf, type WorldPost, type WorldRepost } from './feed-rules.ts';

export type SmallWorld = Awaited<ReturnType<typeof createSmallWorld>>;
export type WorldDatabase = Awaited<ReturnType<typeof openWorldDatabase>>;

export interface MutablePost extends WorldPost {
  text: string;
  readonly mentions: readonly Id[];
  /** Whose post it answers; null: none. */
  readonly answers: Id | null;
}

export interface OldPost {
  readonly author: Id;
  /** After the one before. */
  readonly gapMs: number;
}

const READERS = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank'];
/** They only write: for readers who merge the heads of many. */
const AUTHORS = ['grace', 'heidi', 'ivan', 'judy', 'kim', 'lena', 'mallory', 'niaj', 'olivia', 'peggy'];
const USERNAMES = [...READERS, ...AUTHORS];
/** Everyone's events are in so few partitions: each that has some costs a step. */
const PARTITIONS_USED = 2;
const PEOPLE_EPOCH_MS = Date.UTC(2024, 0, 1);
const POOL_SIZE = 24;
const TRUNCATE_EVERY = 10;
/** What a database has beside what people do; and the ledger, of which nothing may be deleted: nobody pays for anything in these worlds. */
const KEPT_TABLES = ['schema_migrations', 'id_writers', 'ledger_transfers'];

const listTables = readStatement<[kept: readonly string[]], { name: string }>(
  'test_list_tables',
  `SELECT quote_ident(tablename) AS name FROM pg_tables
   WHERE schemaname = 'public' AND tablename <> ALL ($1::text[])`,
);

/** The database that all worlds of a run use, one after the other, and the clock, which only ever goes on. */
export async function openWorldDatabase() {
  const database = await createTestDatabase();
  await forgoDurability(database.url);
  const log = createLog({ level: 'silent', pretty: false });
  const clock = createManualClock();
  const sql = createPostgresSqlStore({
    connection: database.connection,
    poolSize: POOL_SIZE,
    clock: { ...clock, sleep: realSleep },
    log,
  });
  const tables = (await sql.query(listTables, [KEPT_TABLES])).map(({ name }) => name);
  const clearAll = writeStatement<[]>(
    'test_clear_all',
    `WITH ${tables.map((name, index) => `deleted_${index} AS (DELETE FROM ${name})`).join(', ')} SELECT`,
  );
  const truncateAll = writeStatement<[]>('test_truncate_all', `TRUNCATE ${tables.join(', ')}`);
  let clears = 0;
  const lease = { writer: 1, deadlineMonotonicMs: Number.POSITIVE_INFINITY, highWaterMs: 0 };
  let last: Promise<unknown> = Promise.resolve();
  return {
    log,
    clock,
    sql,
    /** One world at a time, also after a run that was given up when it took too long. */
    async alone<Result>(work: () => Promise<Result>): Promise<Result> {
      const turn = last.then(work);
      last = turn.catch(() => undefined);
      return turn;
    },
    ids: createIdGenerator(() => lease, clock),
    /** What is deleted slows down what comes after it, until it is gone for good; to do that each time takes longer. */
    async clear(): Promise<void> {
      clears += 1;
      await sql.query(clears % TRUNCATE_EVERY === 0 ? truncateAll : clearAll, []);
    },
    async close(): Promise<void> {
      await last;
      await sql.close();
      await database.close();
    },
  };
}

/** No world outlives its run, so no commit has to wait for the disk. */
async function forgoDurability(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(
    `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database()); END $$`,
  );
  await client.end();
}

/** Time-outs of statements go by the real time. */
const realSleep = (durationMs: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, durationMs);
    timer.unref();
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });

export function worldUsers(): User[] {
  const used = new Set<number>();
  const users: User[] = [];
  for (let ms = 0; users.length < USERNAMES.length; ms += 1) {
    const userId = composeId(PEOPLE_EPOCH_MS + ms, 7, 0);
    const partition = partitionOf(userId) % PARTITIONS;
    if (used.size >= PARTITIONS_USED && !used.has(partition)) continue;
    used.add(partition);
    const username = USERNAMES[users.length] ?? '';
    users.push({
      userId,
      username,
      displayName: username,
      bio: '',
      avatarUrl: null,
      headerUrl: null,
      locked: false,
    });
  }
  return users;
}

export function createSmallWorld(
  { sql, ids, clock }: WorldDatabase,
  eventLog: EventLog,
  currentStep: () => number,
) {
  const people = new Map(worldUsers().map((user) => [user.userId, user] as const));
  const userIds = [...people.keys()];
  const readerIds = userIds.slice(0, READERS.length);
  const facts = createFacts(currentStep);
  const posts: MutablePost[] = [];
  const reposts: WorldRepost[] = [];
  const reacted = createFacts(currentStep);
  /** `ID TEXT`: what a post says. */
  const texts = createFacts(currentStep);

  const isThere = (userId: Id): boolean => people.has(userId) && !facts.holds(factOf.suspended(userId));
  const cachedUser = (userId: Id): User | undefined => (isThere(userId) ? people.get(userId) : undefined);
  const getUsers = async (wanted: readonly Id[]) => {
    const found = wanted.map(cachedUser).filter((user) => user !== undefined);
    return new Map(found.map((user) => [user.userId, user] as const));
  };
  const findUsers = async (usernames: readonly string[]) => {
    const found = userIds.map(cachedUser).filter((user) => user !== undefined);
    return new Map(
      found.map((user) => [user.username, user] as const).filter(([name]) => usernames.includes(name)),
    );
  };
  const describeUsers = async (): Promise<Profile[]> => [];

  const hydration = createHydration({ sql, getUsers });
  const writer = createPostWriter({ sql, eventLog, tracing: tracingOff });
  const postsOf = createPosts({ sql, ids, eventLog, getUsers, findUsers, hydration, writer });
  const reactions = createReactions({ ids, eventLog, hydration });
  const follows = createFollows({ ids, eventLog });
  const requests = createFollowRequests({ sql, ids, eventLog, describeUsers });
  const mutes = createMutes({ ids, eventLog });
  const blocks = createBlocks({ ids, eventLog });

  const targetOf = (userId: Id) => ({ userId, user: cachedUser(userId) });

  /** What cannot be done (to a blocked user, a deleted post) is not done. Answers whether it was. */
  async function attempt(
    userId: Id,
    write: (transaction: SqlTransaction) => Promise<unknown>,
  ): Promise<boolean> {
    if (!isThere(userId)) return false;
    try {
      await sql.transaction(write);
      return true;
    } catch (error) {
      if (['not_found', 'forbidden', 'invalid', 'conflict'].some((code) => hasCode(error, code as 'invalid')))
        return false;
      throw error;
    }
  }

  async function relate(
    userId: Id,
    write: (
      transaction: SqlTransaction,
    ) => Promise<{ readonly following: boolean; readonly followedBy: boolean }>,
    other: Id,
  ): Promise<boolean> {
    return attempt(userId, async (transaction) => {
      const { following, followedBy } = await write(transaction);
      transaction.afterCommit(() => {
        facts.set(factOf.follows(userId, other), following, userId);
        facts.set(factOf.follows(other, userId), followedBy, userId);
      });
    });
  }

  async function announceUser(userId: Id, kind: 'suspended' | 'restored'): Promise<void> {
    const payload = { user_id: String(userId) };
    await sql.transaction(async (transaction) => {
      await eventLog.append(transaction, [{ topic: 'users', key: userId, kind, payload, ownerId: userId }]);
      transaction.afterCommit(() => facts.set(factOf.suspended(userId), kind === 'suspended'));
    });
  }

  return {
    facts,
    reacted,
    texts,
    posts,
    reposts,
    /** Of everyone; the readers first. */
    userIds,
    readerIds,
    authorIds: userIds.slice(READERS.length),
    hydration,
    getUsers,
    cachedUser,
    isThere,
    /** By SQL. */
    readPost: postsOf.get,

    /** What was before everything: follows and old posts, oldest first, of which nobody is told. */
    async begin(pairs: readonly (readonly [Id, Id])[], history: readonly OldPost[]): Promise<void> {
      const untold = { sql, eventLog: { append: () => Promise.resolve() } };
      const follows = pairs.map(([followerId, followeeId]) => ({
        followerId,
        followeeId,
        followId: ids.next(),
      }));
      await bulkLoadFollows(untold, follows);
      for (const [one, other] of pairs) facts.set(factOf.follows(one, other), true);
      let timeMs = clock.nowMs() - history.reduce((sum, { gapMs }) => sum + gapMs + 1, 1);
      for (const [index, { author, gapMs }] of history.entries()) {
        timeMs += gapMs + 1;
        const postId = composeId(timeMs, FIRST_BULK_WRITER, 0);
        const text = `old ${index}`;
        posts.push({ postId, author, visibility: 'public', text, mentions: [], answers: null });
        facts.set(factOf.post(postId), true);
        texts.set(`${postId} ${text}`, true);
      }
      await bulkLoadPosts(
        untold,
        posts.map(({ postId, author, text }) => ({ postId, authorId: author, text })),
      );
    },

    async post(
      author: Id,
      given: {
        readonly visibility: Visibility;
        readonly replyTo?: WorldPost | undefined;
        readonly mention?: Id | undefined;
      },
    ): Promise<void> {
      if (!isThere(author)) return;
      const mentioned = given.mention === undefined ? undefined : cachedUser(given.mention);
      const text = `text ${posts.length}${mentioned === undefined ? '' : ` @${mentioned.username}`}`;
      let postId = 0;
      let visibility = given.visibility;
      try {
        await postsOf.create(
          author,
          { text, visibility, replyToId: given.replyTo?.postId },
          {
            claim: undefined,
            present(post) {
              postId = post.postId;
              visibility = post.visibility;
              return { status: 201, body: '' };
            },
          },
        );
      } catch (error) {
        if (hasCode(error, 'not_found') || hasCode(error, 'forbidden')) return;
        throw error;
      }
      posts.push({
        postId,
        author,
        visibility,
        text,
        mentions: mentioned === undefined ? [] : [mentioned.userId],
        answers: given.replyTo?.author ?? null,
      });
      facts.set(factOf.post(postId), true, author);
      texts.set(`${postId} ${text}`, true, author);
    },

    async edit(post: MutablePost): Promise<void> {
      const text = `${post.text}!`;
      const done = await attempt(post.author, (transaction) =>
        postsOf.edit(transaction, post.author, post.postId, { text }),
      );
      if (!done) return;
      texts.set(`${post.postId} ${post.text}`, false, post.author);
      texts.set(`${post.postId} ${text}`, true, post.author);
      post.text = text;
    },

    async delete(post: WorldPost): Promise<void> {
      const done = await attempt(post.author, (transaction) =>
        postsOf.delete(transaction, post.author, post.postId),
      );
      if (done) facts.set(factOf.post(post.postId), false, post.author);
    },

    async react(kind: keyof typeof reactions, user: Id, post: WorldPost): Promise<void> {
      const done = await attempt(user, (transaction) => reactions[kind](transaction, user, post.postId));
      if (!done) return;
      const name = `${kind.replace(/^un/, '')} ${user} ${post.postId}`;
      reacted.set(name, !kind.startsWith('un'), user);
      if (kind === 'repost') await this.noteRepost(user, post);
      if (kind === 'unrepost') {
        for (const { repostId, ...of } of reposts) {
          if (of.user === user && of.post === post) facts.set(factOf.repost(repostId), false, user);
        }
      }
    },

    /** Its id is known to the database alone. */
    async noteRepost(user: Id, post: WorldPost): Promise<void> {
      const [row] = await sql.query(getRepost, [user, post.postId]);
      if (row === undefined || reposts.some(({ repostId }) => repostId === row.repost_id)) return;
      reposts.push({ repostId: row.repost_id, user, post });
      facts.set(factOf.repost(row.repost_id), true, user);
    },

    follow: (user: Id, other: Id) =>
      relate(user, (transaction) => follows.follow(transaction, user, targetOf(other)), other),
    unfollow: (user: Id, other: Id) =>
      relate(user, (transaction) => follows.unfollow(transaction, user, targetOf(other)), other),
    removeFollower: (user: Id, other: Id) =>
      relate(user, (transaction) => follows.removeFollower(transaction, user, targetOf(other)), other),
    accept: (user: Id, other: Id) =>
      relate(user, (transaction) => requests.accept(transaction, user, targetOf(other)), other),
    reject: (user: Id, other: Id) =>
      relate(user, (transaction) => requests.reject(transaction, user, targetOf(other)), other),

    async setMute(user: Id, other: Id, muted: boolean): Promise<void> {
      const done = await attempt(user, (transaction) =>
        mutes[muted ? 'mute' : 'unmute'](transaction, user, targetOf(other)),
      );
      if (done) facts.set(factOf.mutes(user, other), muted, user);
    },

    async setBlock(user: Id, other: Id, blocked: boolean): Promise<void> {
      const done = await relate(
        user,
        (transaction) => blocks[blocked ? 'block' : 'unblock'](transaction, user, targetOf(other)),
        other,
      );
      if (done) facts.set(factOf.blocks(user, other), blocked, user);
    },

    /** New followers have to ask, or no longer. */
    setLocked(user: Id, locked: boolean): void {
      const known = people.get(user);
      if (known !== undefined) people.set(user, { ...known, locked });
    },

    suspend: async (user: Id) => (isThere(user) ? announceUser(user, 'suspended') : undefined),
    restore: async (user: Id) => (isThere(user) ? undefined : announceUser(user, 'restored')),
  };
}

const getRepost = readStatement<[userId: Id, postId: Id], { repost_id: Id }>(
  'test_get_repost',
  'SELECT repost_id FROM reposts WHERE user_id = $1 AND post_id = $2',
);
