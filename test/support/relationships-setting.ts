/** Everything about relationships on a database of its own, for people who exist only in the test. */
import { systemClock, systemRandomness } from '../../src/core/clock.ts';
import { composeId, createIdGenerator, type Id } from '../../src/core/ids.ts';
import { NO_COUNTS, type Profile, type User } from '../../src/core/user.ts';
import { createPostgresEventLog } from '../../src/ports/event-log/postgres-event-log.ts';
import { createPostgresSqlStore } from '../../src/ports/sql-store/postgres-sql-store.ts';
import { readStatement } from '../../src/ports/sql-store/sql-store.ts';
import { createBlocks } from '../../src/systems/feed/relationships/blocks.ts';
import { createFollowRequests } from '../../src/systems/feed/relationships/follow-requests.ts';
import { createFollows } from '../../src/systems/feed/relationships/follows.ts';
import { createHiddenUsers } from '../../src/systems/feed/relationships/hidden-users.ts';
import { createMutes } from '../../src/systems/feed/relationships/mutes.ts';
import { createRelationshipLists } from '../../src/systems/feed/relationships/relationship-lists.ts';
import { createRelationships } from '../../src/systems/feed/relationships/relationships.ts';
import { createUserCounts } from '../../src/systems/feed/relationships/user-counts.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { createTestDatabase } from './database.ts';
import { until } from './until.ts';

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
  const eventLog = createPostgresEventLog({ sqlStore: sql, clock, randomness: systemRandomness, log });
  const hiddenUsers = createHiddenUsers({ sql });
  await eventLog.subscribe(hiddenUsers.subscription);

  return {
    sql,
    ids,
    eventLog,
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
    hiddenUsers,

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
        headerUrl: null,
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
    /** What the accounts announce; resolves when the feed has heard it. */
    async announce(userId: Id, ...kinds: readonly string[]): Promise<void> {
      const events = kinds.map((kind) => ({
        topic: 'users',
        key: userId,
        kind,
        payload: { user_id: String(userId) },
        ownerId: userId,
      }));
      await sql.transaction((transaction) => eventLog.append(transaction, events));
      await until(async () => (await eventLog.lag()).every(({ waiting }) => waiting === 0));
    },
    /** What was announced so far about relationships, in order for each key. */
    announced: () => sql.query(readEvents, []),
    /** Users whose counts differ from the follows, as of one moment. */
    wrongCounts: () => sql.query(findWrongCounts, []),

    async close(): Promise<void> {
      await eventLog.close();
      await sql.close();
      await database.close();
    },
  };
}

const readEvents = readStatement<[], AnnouncedEvent>(
  'test_read_events',
  `SELECT key, kind, payload
   FROM (
     SELECT 0, partition, "offset", topic, key, kind, payload FROM event_log
     UNION ALL SELECT 1, partition, id, topic, key, kind, payload FROM outbox
   ) AS events (stage, partition, place, topic, key, kind, payload)
   WHERE topic = 'relationships' ORDER BY stage, partition, place`,
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
