/** Moves what transactions have appended from the outbox to the log, as soon as it is told that there is something. */

import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import { type Tracing, tracingOff } from '../../telemetry/trace.ts';
import type { SqlStore } from '../sql-store/sql-store.ts';
import { loggedEvent } from './event-handler.ts';
import type { LoggedEvent } from './event-log.ts';
import { type MovedRow, moveOutbox } from './event-log-queries.ts';

export const LOG_CHANNEL = 'event_log';
const BATCH_MAX = 1_000;
/** Any fixed number: the lock that all relays of a database share. */
const RELAY_LOCK = 4_702_111_235;
/**
 * One move, with its commit and its NOTIFY, serves all transactions of this long; the first after a quiet time is
 * moved at once. At 5 ms and 5,000 posts/s the moves cost PostgreSQL 25 us an event, at 20 ms less than 10.
 */
const MOVE_INTERVAL_MS = 20;
const RETRY_DELAY_MS = 500;

export interface OutboxRelay {
  /** Says that a transaction with events has committed. */
  wake(): void;
  /** Resolves when all that was committed before the call is in the log. Fails as the sql-store does. */
  move(): Promise<void>;
  close(): Promise<void>;
}

export function createOutboxRelay(deps: {
  readonly sqlStore: SqlStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly tracing?: Tracing;
  /** The number or name of this process, which tells its notifications from those of others. */
  readonly process: string;
  /** Of which topics it shall answer the events themselves. */
  readonly wantedTopics: () => readonly string[];
  readonly onMoved: (topics: readonly string[], wanted: readonly LoggedEvent[]) => void;
}): OutboxRelay {
  const { sqlStore, clock, log, tracing = tracingOff, process, wantedTopics, onMoved } = deps;
  const closed = new AbortController();
  let asked = false;
  let running: Promise<void> | undefined;
  let lastStartMs = Number.NEGATIVE_INFINITY;

  async function move(): Promise<void> {
    for (;;) {
      lastStartMs = clock.monotonicMs();
      const named = [BATCH_MAX, RELAY_LOCK, LOG_CHANNEL, process] as const;
      const rows = await sqlStore.query(moveOutbox, [...named, wantedTopics()]);
      const [moved] = rows;
      if (moved === undefined) return;
      if (moved.topics.length > 0) onMoved(moved.topics, eventsOf(rows));
      if (moved.picked < BATCH_MAX) return;
    }
  }

  async function run(): Promise<void> {
    while (asked && !closed.signal.aborted) {
      const pauseMs = lastStartMs + MOVE_INTERVAL_MS - clock.monotonicMs();
      if (pauseMs > 0) await clock.sleep(pauseMs, closed.signal);
      asked = false;
      await move().catch(async (error: unknown) => {
        log.warn({ err: error }, 'events could not be moved from the outbox; trying again');
        asked = true;
        await clock.sleep(RETRY_DELAY_MS, closed.signal);
      });
    }
  }

  function wake(): void {
    asked = true;
    if (closed.signal.aborted) return;
    // It goes on for others when the request is over that has woken it.
    running ??= tracing.detached(run).finally(() => {
      running = undefined;
      // Someone may have asked between the last look and now.
      if (asked) wake();
    });
  }

  return {
    wake,
    move,
    async close() {
      closed.abort();
      await running;
      // The last transactions of this process must not wait for another one to look.
      if (asked)
        await move().catch((error: unknown) => log.warn({ err: error }, 'events stay in the outbox'));
    },
  };
}

function eventsOf(rows: readonly MovedRow[]): LoggedEvent[] {
  const events: LoggedEvent[] = [];
  for (const row of rows) if (row.topic !== null) events.push(loggedEvent(row));
  return events;
}
