/** Everything about relationships on a database of its own, for people who exist only in the test. */
import { systemClock } from '../../src/core/clock.ts';
import { composeId, createIdGenerator, type Id, idTimestamp, shardOf } from '../../src/core/ids.ts';
import type { Profile, User } from '../../src/core/user.ts';
import { type NewEvent, partitionOf } from '../../src/ports/event-log/event-log.ts';
import { createPostgresSqlStore } from '../../src/ports/sql-store/postgres-sql-store.ts';
import { readStatement, writeStatement } from '../../src/ports/sql-store/sql-store.ts';
import { createBlocks } from '../../src/systems/feed/relationships/blocks.ts';
import { createFollowRequests } from '../../src/systems/feed/relationships/follow-requests.ts';
import { createFollows } from '../../src/systems/feed/relationships/follows.ts';
import { createHiddenUsers } from '../../src/systems/feed/relationships/hidden-users.ts';
import { createMutes } from '../../src/systems/feed/relationships/mutes.ts';
import { createRelationshipLists } from '../../src/systems/feed/relationships/relationship-lists.ts';
import { createRelationships } from '../../src/systems/feed/relationships/relationships.ts';
import { createUserCounts, NO_COUNTS } from '../../src/systems/feed/relationships/user-counts.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { createTestDatabase } from './database.ts';

export interface AnnouncedEvent {
  readonly key: Id;
  readonly kind: string;
  readonly payload: Readonly<Record<string, string | null>>;
}

export type RelationshipsSetting = Awaited<ReturnType<typeof createRelationshipsSetting>>;

const POOL_SIZE = 6;
const PEOPLE_EPOCH_MS = Date.UTC(2024, 0, 1);

export async function createRelationshipsSetting(options: { readonly followingsMax?: number } = {}) {
  const database = await createTestDatabase();
  const log = createLog({ level: 'silent', pretty: false });
  const clock = systemClock;
  const sql = createPostgresSqlStore({ connection: database.connection, poolSize: POOL_SIZE, clock, log });
  const lease = { writer: 1, deadlineMonotonicMs: Number.POSITIVE_INFINITY, highWaterMs: 0 };
  const ids = createIdGenerator(() => lease, clock);
  const people = new Map<Id, User>();

  const getUsers = async (userIds: readonly Id[]) =>
    new Map(
      userIds.flatMap((userId) => {
        const user = people.get(userId);
        return user === undefined ? [] : [[userId, user] as const];
      }),
    );
  const counting = createUserCounts({ sql });
  const relationships = createRelationships({ sql, getUsers });
  const describeUsers = async (viewerId: Id | undefined, userIds: readonly Id[]): Promise<Profile[]> => {
    const counts = await counting.countsOf(userIds);
    const mine = viewerId === undefined ? undefined : await relationships.relationshipsOf(viewerId, userIds);
    return userIds.flatMap((userId) => {
      const user = people.get(userId);
      if (user === undefined) return [];
      const relationship = userId === viewerId ? null : (mine?.get(userId) ?? null);
      return [{ ...user, counts: counts.get(userId) ?? NO_COUNTS, relationship }];
    });
  };
  /** Nothing moves the events on, so that the tests can read them all. */
  const eventLog = {
    async append(
      transaction: Parameters<Parameters<typeof sql.transaction>[0]>[0],
      events: readonly NewEvent[],
    ) {
      for (const { topic, key, kind, payload, ownerId } of events) {
        const params = [
          shardOf(ownerId),
          topic,
          partitionOf(key),
          key,
          kind,
          JSON.stringify(payload),
        ] as const;
        await transaction.query(insertOutbox, [...params]);
      }
    },
  };

  return {
    sql,
    ids,
    ...counting,
    ...relationships,
    relationships,
    follows: createFollows({ ids, eventLog, ...options }),
    followRequests: createFollowRequests({ sql, ids, eventLog, describeUsers }),
    mutes: createMutes({ ids, eventLog }),
    blocks: createBlocks({ ids, eventLog }),
    lists: createRelationshipLists({
      sql,
      getUsers,
      describeUsers,
      relationshipsOf: relationships.relationshipsOf,
    }),
    hiddenUsers: createHiddenUsers({ sql }),

    /** A new person; anonymous ones are named for their number. */
    addUser(user: Partial<Omit<User, 'userId'>> = {}): Id {
      const userId = composeId(PEOPLE_EPOCH_MS + people.size, 7, people.size % 8);
      const username = user.username ?? `user_${people.size}`;
      people.set(userId, {
        userId,
        username,
        displayName: username,
        bio: '',
        avatarUrl: null,
        locked: false,
        ...user,
      });
      return userId;
    },
    setLocked(userId: Id, locked: boolean): void {
      const user = people.get(userId);
      if (user !== undefined) people.set(userId, { ...user, locked });
    },
    /** As when the accounts suspended or deleted them, and the feed has not heard of it yet. */
    removeUser(userId: Id): void {
      people.delete(userId);
    },
    /** Tells the feed what the accounts announced. */
    async announce(userId: Id, ...kinds: readonly string[]): Promise<void> {
      const { subscription } = createHiddenUsers({ sql });
      const events = kinds.map((kind, offset) => ({
        topic: 'users',
        partition: partitionOf(userId),
        offset,
        key: userId,
        kind,
        payload: {},
        createdAt: new Date(idTimestamp(userId)),
        traceparent: undefined,
      }));
      await sql.transaction((transaction) => subscription.handle(events, transaction));
    },
    /** What was announced so far about relationships, in order. */
    announced: () => sql.query(readOutbox, []),
    /** Users whose counts differ from the follows, as of one moment. */
    wrongCounts: () => sql.query(findWrongCounts, []),

    async close(): Promise<void> {
      await sql.close();
      await database.close();
    },
  };
}

const insertOutbox = writeStatement<
  [shard: number, topic: string, partition: number, key: Id, kind: string, payload: string]
>(
  'test_insert_outbox',
  'INSERT INTO outbox (shard, topic, partition, key, kind, payload) VALUES ($1, $2, $3, $4, $5, $6)',
);

const readOutbox = readStatement<[], AnnouncedEvent>(
  'test_read_outbox',
  `SELECT key, kind, payload FROM outbox WHERE topic = 'relationships' ORDER BY id`,
);

const findWrongCounts = readStatement<[], { user_id: Id }>(
  'test_find_wrong_counts',
  `SELECT user_id
   FROM (
     SELECT user_id, follower_count, following_count FROM user_counts
     UNION ALL SELECT user_id, follower_delta, following_delta FROM user_count_deltas
     UNION ALL SELECT followee_id, -1, 0 FROM follows
     UNION ALL SELECT follower_id, 0, -1 FROM follows
   ) AS parts (user_id, followers, following)
   GROUP BY user_id HAVING sum(followers) <> 0 OR sum(following) <> 0`,
);
