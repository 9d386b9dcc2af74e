/** Events in a table of the database that they come from. */
import type { SqlStore } from '../sql-store/sql-store.ts';
import { loggedEvent } from './event-handler.ts';
import { EVENT_RETENTION_MS, type LoggedEvent, type LogRange } from './event-log.ts';
import {
  appendEvents,
  deleteExpiredEvents,
  type MovedRow,
  moveOutbox,
  readEvents,
} from './event-log-queries.ts';
import { type EventStore, NOTHING_MOVED } from './event-store.ts';
import { readRanges, readTail } from './event-tail-queries.ts';
import { setEventsAside } from './failed-event-queries.ts';
import { LOG_CHANNEL, MOVED_EVENTS_MAX, RELAY_LOCK } from './outbox-relay.ts';

const DELETE_BATCH_MAX = 2_000;

export interface PostgresEventStoreOptions {
  /** For what is published. */
  readonly sqlStore: SqlStore;
  /** For relay and tails. */
  readonly ownSqlStore: SqlStore;
  /** The number or name of this process, which tells its notifications from those of others. */
  readonly process: string;
}

export function createPostgresEventStore(options: PostgresEventStoreOptions): EventStore {
  const { sqlStore, ownSqlStore, process } = options;
  return {
    async move(wantedTopics) {
      const named = [MOVED_EVENTS_MAX, RELAY_LOCK, LOG_CHANNEL, process] as const;
      const rows = await ownSqlStore.query(moveOutbox, [...named, wantedTopics]);
      const [moved] = rows;
      if (moved === undefined) return NOTHING_MOVED;
      const left = moved.picked < MOVED_EVENTS_MAX ? 'nothing' : 'more';
      return { left, topics: moved.topics, events: eventsOf(rows) };
    },

    /** Through the outbox: numbers are given out by the relay alone. */
    async publish(columns) {
      await sqlStore.query(appendEvents, columns);
      return NOTHING_MOVED;
    },

    async next(transaction, group, positions, limit) {
      const topic = positions[0]?.topic ?? '';
      const partitions = positions.map(({ partition }) => partition);
      const offsets = positions.map(({ offset }) => offset);
      const rows = await transaction.query(readEvents, [group, topic, partitions, offsets, limit]);
      return rows.map((row) => ({ event: loggedEvent(row), mustWait: row.must_wait }));
    },

    async setAside(transaction, { group, topic, partition, offsets, attempts, delayMs, error, dead }) {
      const named = [group, topic, partition, [...offsets]] as const;
      await transaction.query(setEventsAside, [...named, attempts, delayMs, error, dead]);
    },

    look: (places, eventsMax) => ownSqlStore.query(readTail, [...places, eventsMax]),
    read: (ranges, limit) => readTable(sqlStore, ranges, limit),
    deleteExpired: (signal) => deleteFromTable(sqlStore, signal),
    close: async () => undefined,
  };
}

export async function readTable(
  sqlStore: SqlStore,
  ranges: readonly LogRange[],
  limit: number,
): Promise<readonly LoggedEvent[]> {
  const column = <Value>(value: (range: LogRange) => Value): Value[] => ranges.map(value);
  const rows = await sqlStore.query(readRanges, [
    column(({ topic }) => topic),
    column(({ partition }) => partition),
    column(({ from }) => from),
    column(({ to }) => to),
    limit,
  ]);
  return rows.map(loggedEvent);
}

export async function deleteFromTable(sqlStore: SqlStore, signal: AbortSignal): Promise<number> {
  let deleted = 0;
  for (;;) {
    const [row] = await sqlStore.query(deleteExpiredEvents, [EVENT_RETENTION_MS, DELETE_BATCH_MAX]);
    deleted += row?.deleted ?? 0;
    if (row === undefined || row.deleted === 0 || signal.aborted) return deleted;
  }
}

function eventsOf(rows: readonly MovedRow[]): LoggedEvent[] {
  const events: LoggedEvent[] = [];
  for (const row of rows) if (row.topic !== null) events.push(loggedEvent(row));
  return events;
}
