/**
 * A worker of its own that makes notifications in the database at URL: it writes them, says so on standard output and
 * then never finishes, so that a test can kill it between the effect and its acknowledgement.
 */
import { systemClock, systemRandomness } from '../../src/core/clock.ts';
import { createIdGenerator } from '../../src/core/ids.ts';
import { createPostgresEventLog } from '../../src/ports/event-log/postgres-event-log.ts';
import { createPostgresSqlStore } from '../../src/ports/sql-store/postgres-sql-store.ts';
import { createNotifications } from '../../src/systems/notifications/notifications.ts';
import { createLog } from '../../src/telemetry/log.ts';

const [url = ''] = process.argv.slice(2);
const log = createLog({ level: 'silent', pretty: false });
const clock = systemClock;
const sql = createPostgresSqlStore({ connection: { url }, clock, log });
const eventLog = createPostgresEventLog({ sqlStore: sql, clock, randomness: systemRandomness, log });
const lease = { writer: 2, deadlineMonotonicMs: Number.POSITIVE_INFINITY, highWaterMs: 0 };
const { subscription } = createNotifications({
  sql,
  eventLog,
  ids: createIdGenerator(() => lease, clock),
  clock,
  getUsers: async () => new Map(),
  tiesOf: async (pairs) => pairs.map(() => ({ following: false, muting: false, blocked: false })),
  getPosts: async () => new Map(),
});
await eventLog.subscribe({
  ...subscription,
  async handle(events, transaction) {
    await subscription.handle(events, transaction);
    process.stdout.write('effect\n');
    await new Promise(() => undefined);
  },
});
