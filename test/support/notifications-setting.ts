/** Notifications on a database of their own, for people and posts that exist only in the test. */
import { systemClock, systemRandomness } from '../../src/core/clock.ts';
import { composeId, createIdGenerator, type Id } from '../../src/core/ids.ts';
import type { Pair, Tie, User } from '../../src/core/user.ts';
import { createWrites } from '../../src/http/idempotency.ts';
import { createServer } from '../../src/http/server.ts';
import { USER_SCHEMAS } from '../../src/http/user-schema.ts';
import type { LoggedEvent } from '../../src/ports/event-log/event-log.ts';
import { createPostgresEventLog } from '../../src/ports/event-log/postgres-event-log.ts';
import { createPostgresSqlStore } from '../../src/ports/sql-store/postgres-sql-store.ts';
import { readStatement, type SqlValue, writeStatement } from '../../src/ports/sql-store/sql-store.ts';
import type { NotificationKind } from '../../src/systems/notifications/notification.ts';
import { createNotifications } from '../../src/systems/notifications/notifications.ts';
import {
  NOTIFICATION_SCHEMAS,
  notificationsRoutes,
} from '../../src/systems/notifications/notifications-routes.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { createCallAs } from './call-as.ts';
import { createTestDatabase } from './database.ts';
import { serverOptions } from './server-options.ts';

export type NotificationsSetting = Awaited<ReturnType<typeof createNotificationsSetting>>;

export interface AnnouncedNotification {
  readonly key: Id;
  readonly kind: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

export interface NotificationsSettingOptions {
  readonly groupsMax?: number;
}

const PEOPLE_EPOCH_MS = Date.UTC(2024, 0, 1);

export async function createNotificationsSetting(options: NotificationsSettingOptions = {}) {
  const database = await createTestDatabase();
  const log = createLog({ level: 'silent', pretty: false });
  const time = { aheadMs: 0 };
  const clock = { ...systemClock, nowMs: () => systemClock.nowMs() + time.aheadMs };
  const openStore = () =>
    createPostgresSqlStore({ connection: database.connection, poolSize: 6, clock: systemClock, log });
  const sql = openStore();
  const lease = { writer: 1, deadlineMonotonicMs: Number.POSITIVE_INFINITY, highWaterMs: 0 };
  const ids = createIdGenerator(() => lease, clock);
  const eventLog = createPostgresEventLog({
    sqlStore: sql,
    clock: systemClock,
    randomness: systemRandomness,
    log,
  });

  const people = new Map<Id, User>();
  const unknown = new Set<Id>();
  const ties = new Map<string, Tie>();
  const unseenPosts = new Set<Id>();
  const made: NotificationKind[] = [];

  const tieOf = ({ viewerId, userId }: Pair): Tie =>
    ties.get(`${viewerId} ${userId}`) ?? { following: false, muting: false, blocked: false };
  const getUsers = async (userIds: readonly Id[]) =>
    new Map(
      userIds.flatMap((userId) => {
        const user = people.get(userId);
        return user === undefined || unknown.has(userId) ? [] : [[userId, user] as const];
      }),
    );

  const notifications = createNotifications({
    sql,
    eventLog,
    ids,
    clock,
    getUsers,
    tiesOf: async (pairs) => pairs.map(tieOf),
    getPosts: async (_viewerId, postIds) =>
      new Map(
        postIds
          .filter((postId) => !unseenPosts.has(postId))
          .map((postId) => [postId, { post_id: String(postId) }]),
      ),
    observer: { made: (kind) => made.push(kind) },
    batchMs: 0,
    ...options,
  });

  const app = await createServer(
    serverOptions({
      authenticate: (token) => ({ userId: Number(token), sessionId: 1, role: 'user', tier: 'standard' }),
      log,
    }),
  );
  const post = { $id: 'Post', type: 'object', properties: { post_id: { type: 'string' } } };
  for (const schema of [...USER_SCHEMAS, ...NOTIFICATION_SCHEMAS, post]) app.addSchema(schema);
  notificationsRoutes(app, { writes: createWrites(sql), notifications });
  await app.ready();

  const call = createCallAs(app);

  return {
    ...notifications,
    notifications,
    sql,
    ids,
    database,
    eventLog,
    made,
    call,

    addUser(): Id {
      const number = people.size;
      const userId = composeId(PEOPLE_EPOCH_MS + number, 7, number % 8);
      const username = `user_${number}`;
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
    tie(viewerId: Id, userId: Id, tie: Partial<Tie>): void {
      ties.set(`${viewerId} ${userId}`, { ...tieOf({ viewerId, userId }), ...tie });
    },
    /** As when they were suspended or deleted. */
    setUnknown(userId: Id, isUnknown: boolean): void {
      if (isUnknown) unknown.add(userId);
      else unknown.delete(userId);
    },
    setUnseen(postId: Id, isUnseen: boolean): void {
      if (isUnseen) unseenPosts.add(postId);
      else unseenPosts.delete(postId);
    },
    /** From now on it is later. */
    passTime(durationMs: number): void {
      time.aheadMs += durationMs;
    },
    nowMs: clock.nowMs,

    /** As a worker does: one batch for each topic, in one transaction each. */
    async handle(...events: readonly LoggedEvent[]): Promise<void> {
      const topics = new Set(events.map(({ topic }) => topic));
      for (const topic of topics) {
        const batch = events.filter((event) => event.topic === topic);
        await sql.transaction((transaction) => notifications.subscription.handle(batch, transaction));
      }
    },
    /** Until there is no more to do. */
    async runJobs(): Promise<void> {
      for (const job of notifications.jobs) while ((await job.run()) === 'more');
    },
    /** What was announced so far, in order for each key. */
    announced: () => sql.query(readAnnounced, []),
    countRows: async (table: string, condition = 'true'): Promise<number> => {
      const text = `SELECT count(*) AS count FROM ${table} WHERE ${condition}`;
      return (await sql.query(readStatement<[], { count: number }>('', text), []))[0]?.count ?? 0;
    },
    write: (text: string, params: readonly SqlValue[] = []) =>
      sql.query(writeStatement<readonly SqlValue[]>('', text), params),
    /** Groups and inboxes whose counts differ from what is counted. */
    wrongCounts: () => sql.query(findWrongCounts, []),
    statements: () => sql.stats().statements,

    async close(): Promise<void> {
      await app.close();
      await eventLog.close();
      await sql.close();
      await database.close();
    },
  };
}

const readAnnounced = readStatement<[], AnnouncedNotification>(
  'test_read_notification_events',
  `SELECT key, kind, payload FROM (
     SELECT 0, partition, "offset", topic, key, kind, payload FROM event_log
     UNION ALL SELECT 1, partition, id, topic, key, kind, payload FROM outbox
   ) AS events (stage, partition, place, topic, key, kind, payload)
   WHERE topic = 'notifications' ORDER BY stage, partition, place`,
);

const findWrongCounts = readStatement<[], { id: Id }>(
  'test_find_wrong_notification_counts',
  `SELECT group_id AS id FROM notification_groups AS about WHERE shown_count <> (
     SELECT count(*) FROM notifications AS row
     WHERE row.user_id = about.user_id AND row.group_id = about.group_id AND row.state = 'shown')
   UNION ALL
   SELECT user_id FROM notification_inboxes AS inbox WHERE group_count <> (
     SELECT count(*) FROM notification_groups AS about WHERE about.user_id = inbox.user_id)
   UNION ALL
   SELECT group_id FROM notifications AS row WHERE group_id > 0 AND NOT EXISTS (
     SELECT 1 FROM notification_groups AS about
     WHERE about.user_id = row.user_id AND about.group_id = row.group_id AND about.latest_id >= row.notification_id)`,
);
