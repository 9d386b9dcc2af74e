/** The event log in PostgreSQL: outbox, relay, log and positions in the database that the events come from. */
import type { EventLog } from './event-log.ts';
import { createOutboxLog, type EventLogOptions } from './outbox-log.ts';
import { createPostgresEventStore } from './postgres-event-store.ts';

export function createPostgresEventLog(options: EventLogOptions): EventLog {
  const { sqlStore, ownSqlStore = sqlStore, randomness } = options;
  const process = randomness.uuid();
  const store = createPostgresEventStore({ sqlStore, ownSqlStore, process });
  return createOutboxLog({ ...options, process, store });
}
