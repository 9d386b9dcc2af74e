/** Follows, posts and the fan-out on a database and a timeline store of their own; the test says when what happens. */
import { type Clock, systemClock, systemRandomness } from '../../src/core/clock.ts';
import { composeId, createIdGenerator, ID_MAX, type Id, shardOf } from '../../src/core/ids.ts';
import type { LoggedEvent, NewEvent } from '../../src/ports/event-log/event-log.ts';
import { createPostgresEventLog } from '../../src/ports/event-log/postgres-event-log.ts';
import { createPostgresSqlStore } from '../../src/ports/sql-store/postgres-sql-store.ts';
import { readStatement, type SqlValue, writeStatement } from '../../src/ports/sql-store/sql-store.ts';
import { createMemoryTimelineStore } from '../../src/ports/timeline-store/memory-timeline-store.ts';
import { TIMELINE_ENTRIES_MAX, type TimelineStore } from '../../src/ports/timeline-store/timeline-store.ts';
import { createAuthorModeReview, type PullLimits } from '../../src/systems/feed/home/author-mode-review.ts';
import { type AuthorModes, createAuthorModes } from '../../src/systems/feed/home/author-modes.ts';
import { createFanOut, type FanOutDeps } from '../../src/systems/feed/home/fan-out.ts';
import { createFanOutLanes, type FanOutLanesDeps } from '../../src/systems/feed/home/fan-out-lanes.ts';
import { repostEvent } from '../../src/systems/feed/posts/post-events.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { createTestDatabase } from './database.ts';

export type FanOutSetting = Awaited<ReturnType<typeof createFanOutSetting>>;

const PEOPLE_EPOCH_MS = Date.UTC(2024, 0, 1);
const NO_LIMITS: PullLimits = { pullFollowers: 1_000_000, pullDeliveries: 1_000_000_000 };

export async function createFanOutSetting() {
  const database = await createTestDatabase();
  const log = createLog({ level: 'silent', pretty: false });
  const sql = createPostgresSqlStore({
    connection: database.connection,
    poolSize: 8,
    clock: systemClock,
    log,
  });
  const time = { aheadMs: 0 };
  const clock: Clock = {
    ...systemClock,
    nowMs: () => systemClock.nowMs() + time.aheadMs,
    monotonicMs: () => systemClock.monotonicMs() + time.aheadMs,
  };
  const lease = { writer: 1, deadlineMonotonicMs: Number.POSITIVE_INFINITY, highWaterMs: 0 };
  const ids = createIdGenerator(() => lease, systemClock);
  const eventLog = createPostgresEventLog({ sqlStore: sql, clock, randomness: systemRandomness, log });
  const timelineStore = createMemoryTimelineStore({ clock, timelinesMax: 10_000 });
  let people = 0;
  const heard = new Map<string, number>();

  const write = (name: string, text: string, params: readonly SqlValue[]) =>
    sql.query(writeStatement<readonly SqlValue[]>(name, text), params);
  const read = <Row>(name: string, text: string, params: readonly SqlValue[] = []) =>
    sql.query(readStatement<readonly SqlValue[], Row>(name, text), params);

  async function append(event: NewEvent): Promise<void> {
    await sql.transaction((transaction) => eventLog.append(transaction, [event]));
  }

  function reviewWith(limits: PullLimits, store: Pick<TimelineStore, 'generation'> = timelineStore) {
    return createAuthorModeReview({ sql, eventLog, timelineStore: store, clock, limits });
  }

  function lanesWith(options: Partial<FanOutLanesDeps> = {}) {
    return createFanOutLanes({ sql, timelineStore, clock, ...options });
  }

  function fanOutWith(options: Partial<FanOutDeps> = {}) {
    const deps = { timelineStore, clock, lanes: lanesWith(options), authorModeReview: reviewWith(NO_LIMITS) };
    return createFanOut({ ...deps, ...options });
  }

  /** Events of the topic that no call of this has answered yet, as they were appended. */
  async function newEvents(topic: string): Promise<LoggedEvent[]> {
    const rows = await read<{ topic: string; key: Id; kind: string; payload: Record<string, unknown> }>(
      'test_new_events',
      `SELECT topic, key, kind, payload FROM (
         SELECT 0, created_at, "offset", topic, key, kind, payload FROM event_log
         UNION ALL SELECT 1, created_at, id, topic, key, kind, payload FROM outbox
       ) AS events (stage, created_at, place, topic, key, kind, payload)
       WHERE topic = $1 ORDER BY created_at, stage, place`,
      [topic],
    );
    const logged = { partition: 0, offset: 0, createdAt: new Date(clock.nowMs()), traceparent: undefined };
    const unheard = rows.slice(heard.get(topic) ?? 0);
    heard.set(topic, rows.length);
    return unheard.map((row) => ({ ...row, ...logged }));
  }

  return {
    sql,
    eventLog,
    timelineStore,
    clock,
    time,
    log,
    write,
    read,
    append,
    newEvents,
    reviewWith,
    lanesWith,
    fanOutWith,

    addUser: (): Id => composeId(PEOPLE_EPOCH_MS + ++people, 7, 0),

    follow: (followerId: Id, followeeId: Id) =>
      write('test_follow', 'INSERT INTO follows VALUES ($1, $2, $3, $4)', [
        followerId,
        followeeId,
        ids.next(),
        shardOf(followerId),
      ]),
    unfollow: (followerId: Id, followeeId: Id) =>
      write('test_unfollow', 'DELETE FROM follows WHERE follower_id = $1 AND followee_id = $2', [
        followerId,
        followeeId,
      ]),

    async post(authorId: Id, visibility = 'public'): Promise<Id> {
      const postId = ids.next();
      await write(
        'test_post',
        `INSERT INTO posts (post_id, shard, author_id, text, visibility, thread_id) VALUES ($1, $2, $3, '', $4, $1)`,
        [postId, shardOf(authorId), authorId, visibility],
      );
      const payload = { post_id: String(postId), author_id: String(authorId), visibility };
      await append({ topic: 'posts', key: authorId, kind: 'created', payload, ownerId: authorId });
      return postId;
    },
    async repost(userId: Id, postId: Id, authorId: Id): Promise<Id> {
      const repostId = ids.next();
      await write('test_repost', 'INSERT INTO reposts VALUES ($1, $2, $3, $4, $5)', [
        repostId,
        userId,
        postId,
        authorId,
        shardOf(userId),
      ]);
      await append(repostEvent('reposted', { repostId, userId, postId, authorId }));
      return repostId;
    },

    /** Hands all new events to the fan-out, as one batch. */
    async fanOut(options: Partial<FanOutDeps> = {}): Promise<void> {
      const events = await newEvents('posts');
      const { subscription } = fanOutWith(options);
      if (events.length > 0) await sql.transaction((transaction) => subscription.handle(events, transaction));
    },
    /** Serves until nothing is left, and answers how many pages there were. */
    async serveAll(options: Partial<FanOutLanesDeps> = {}): Promise<number> {
      const lanes = lanesWith(options);
      let pages = 0;
      while ((await lanes.serve()) === 'more') pages += 1;
      return pages;
    },

    /** The truth: all entries of those whom the reader follows, and of the reader; newest first. */
    async entriesOf(readerId: Id): Promise<Id[]> {
      const rows = await read<{ entry_id: Id }>(
        'test_entries',
        `WITH source AS (SELECT $1::bigint AS user_id UNION SELECT followee_id FROM follows WHERE follower_id = $1)
         SELECT post_id AS entry_id FROM posts JOIN source ON user_id = author_id WHERE visibility <> 'direct'
         UNION ALL SELECT repost_id FROM reposts JOIN source USING (user_id) ORDER BY entry_id DESC`,
        [readerId],
      );
      return rows.map((row) => row.entry_id);
    },
    async build(readerId: Id): Promise<void> {
      const generation = timelineStore.begin(readerId);
      timelineStore.complete(readerId, generation, await this.entriesOf(readerId), 0);
    },
    /** What is cached; `undefined` without a timeline. */
    timelineOf: (readerId: Id): readonly Id[] | undefined =>
      timelineStore.read(readerId, ID_MAX, TIMELINE_ENTRIES_MAX)?.entryIds,
    continuations: () =>
      read<{ author_id: Id; entry_ids: Id[]; round_size: number; after_follow_id: Id }>(
        'test_continuations',
        'SELECT author_id, entry_ids, round_size, after_follow_id FROM fan_out_continuations ORDER BY author_id',
      ),

    /** What another process knows, which has heard everything up to now. */
    async openModes(store: Pick<TimelineStore, 'generation'> = timelineStore): Promise<AuthorModes> {
      const modes = createAuthorModes({ sql, timelineStore: store, clock });
      await modes.open();
      return modes;
    },

    async close(): Promise<void> {
      await eventLog.close();
      await sql.close();
      await database.close();
    },
  };
}
