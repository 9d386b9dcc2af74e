/** Moves what transactions have appended from the outbox to the log, as soon as it is told that there is something. */

import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { Log } from '../../telemetry/log.ts';
import { type Tracing, tracingOff } from '../../telemetry/trace.ts';
import type { Moved } from './event-store.ts';

export const LOG_CHANNEL = 'event_log';
/** At a time. */
export const MOVED_EVENTS_MAX = 1_000;
/** Any fixed number: the lock that all relays of a database share. */
export const RELAY_LOCK = 4_702_111_235;
/**
 * One move, with its commit and its NOTIFY, serves all transactions of this long; the first after a quiet time is
 * moved at once. At 5 ms and 5,000 posts/s the moves cost PostgreSQL 25 us an event, at 20 ms less than 10.
 */
const MOVE_INTERVAL_MS = 20;
const RETRY_DELAY_MS = 500;
/** Some seconds of waiting for another relay. */
const BUSY_LOOKS_MAX = 200;

export interface OutboxRelay {
  /** Says that a transaction with events has committed. */
  wake(): void;
  /** Resolves when all that was committed before the call is in the log. Fails as the event store does. */
  move(): Promise<void>;
  close(): Promise<void>;
}

export function createOutboxRelay(deps: {
  /** Moves a part of what there is. */
  readonly moveSome: () => Promise<Moved>;
  readonly clock: Clock;
  readonly log: Log;
  readonly tracing?: Tracing;
  readonly onMoved: (moved: Moved) => void;
}): OutboxRelay {
  const { moveSome, clock, log, tracing = tracingOff, onMoved } = deps;
  const closed = new AbortController();
  let asked = false;
  let running: Promise<void> | undefined;
  let lastStartMs = Number.NEGATIVE_INFINITY;
  let failedSinceMs: number | undefined;

  async function move(): Promise<void> {
    for (let busy = 0; busy < BUSY_LOOKS_MAX; ) {
      lastStartMs = clock.monotonicMs();
      const moved = await moveSome();
      if (moved.topics.length > 0) onMoved(moved);
      if (moved.left === 'nothing') return;
      if (moved.left !== 'busy') continue;
      busy += 1;
      await clock.sleep(MOVE_INTERVAL_MS);
    }
    throw new AppError('unavailable', 'Other processes have been moving events for too long.');
  }

  async function run(): Promise<void> {
    while (asked && !closed.signal.aborted) {
      const pauseMs = lastStartMs + MOVE_INTERVAL_MS - clock.monotonicMs();
      if (pauseMs > 0) await clock.sleep(pauseMs, closed.signal);
      asked = false;
      await move().then(recover, fail);
    }
  }

  async function fail(error: unknown): Promise<void> {
    // Once an outage, which may be long.
    if (failedSinceMs === undefined)
      log.warn({ err: error }, 'events could not be moved from the outbox; trying again');
    failedSinceMs ??= clock.monotonicMs();
    asked = true;
    await clock.sleep(RETRY_DELAY_MS, closed.signal);
  }

  function recover(): void {
    if (failedSinceMs === undefined) return;
    const afterMs = Math.round(clock.monotonicMs() - failedSinceMs);
    log.info({ afterMs }, 'events are moved from the outbox again');
    failedSinceMs = undefined;
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
