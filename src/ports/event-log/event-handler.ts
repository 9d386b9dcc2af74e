/** What a consumer's batches and retries share: the handler within its time, and what became of its events. */

import type { Clock, Randomness } from '../../core/clock.ts';
import { AppError, hasCode } from '../../core/errors.ts';
import type { Log } from '../../telemetry/log.ts';
import type { EntrySpan, Tracing } from '../../telemetry/trace.ts';
import type { SqlTransaction } from '../sql-store/sql-store.ts';
import {
  type EventLogObserver,
  HANDLE_TIMEOUT_MS,
  type LoggedEvent,
  type Subscription,
} from './event-log.ts';
import type { EventRow } from './event-log-queries.ts';
import { type RetryDelays, retryDelayMs } from './retry-delay.ts';

const ATTEMPTS_MAX_DEFAULT = 10;
const ERROR_CHARS_MAX = 2_000;
/** A traceparent with the flag `sampled`. */
const RECORDED = /-[0-9a-f][13579bdf]$/;

/** `idle`: there was nothing to do. `done`: there may be more. `retry`: the same, and a retry is due in `delayMs`. */
export type Step =
  | { readonly kind: 'idle' }
  | { readonly kind: 'done' }
  | { readonly kind: 'retry'; readonly delayMs: number };

export const IDLE: Step = { kind: 'idle' };
export const DONE: Step = { kind: 'done' };

export interface EventHandler {
  readonly group: string;
  readonly topics: string[];
  /** Fails as the handler does, or with `timeout` after HANDLE_TIMEOUT_MS. */
  handle(events: readonly LoggedEvent[], transaction: SqlTransaction): Promise<void>;
  /** To be called once their effects have committed. */
  handled(events: readonly LoggedEvent[]): void;
  /** What is to become of an event whose `attempts`-th attempt has failed. */
  judge(attempts: number, failure: unknown): Verdict;
  /** To be called once the verdict is on record. */
  failed(event: LoggedEvent, attempts: number, verdict: Verdict): void;
  /** How long a partition rests whose handler finds something unavailable for the `attempts`-th time. */
  pauseMs(attempts: number): number;
}

export interface Verdict {
  readonly dead: boolean;
  readonly delayMs: number;
  readonly error: string;
}

export function createEventHandler(deps: {
  readonly subscription: Subscription;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
  readonly tracing: Tracing;
  readonly retryDelays: RetryDelays;
  readonly observer: EventLogObserver | undefined;
}): EventHandler {
  const { subscription, clock, randomness, log, tracing, retryDelays, observer } = deps;
  const { group } = subscription;
  const attemptsMax = subscription.attemptsMax ?? ATTEMPTS_MAX_DEFAULT;
  const pauseMs = (attempts: number) => retryDelayMs(attempts, retryDelays, randomness);

  async function handleInTime(events: readonly LoggedEvent[], transaction: SqlTransaction): Promise<void> {
    const done = new AbortController();
    const tooLate = clock.sleep(HANDLE_TIMEOUT_MS, done.signal).then(() => {
      if (!done.signal.aborted) throw new AppError('timeout', `A handler of ${group} took too long.`);
    });
    try {
      await Promise.race([subscription.handle(events, transaction), tooLate]);
    } finally {
      // With a reason, for the one by default is an error with its stack.
      done.abort('done');
    }
  }

  return {
    group,
    topics: [...subscription.topics],
    pauseMs,

    async handle(events, transaction) {
      if (events.length === 0) return;
      const span = enterSpan(tracing, group, events);
      if (span === undefined) return handleInTime(events, transaction);
      const attributes = { events: events.length };
      try {
        await span.run(() => handleInTime(events, transaction));
        span.end({ attributes });
      } catch (error) {
        span.end({ attributes, error });
        throw error;
      }
    },

    handled(events) {
      const [oldest] = events;
      if (oldest === undefined) return;
      observer?.handled(group, oldest.topic, events.length, clock.nowMs() - oldest.createdAt.getTime());
    },

    judge(attempts, failure) {
      const error = failure instanceof Error ? (failure.stack ?? failure.message) : String(failure);
      const dead = attempts >= attemptsMax;
      return { dead, delayMs: dead ? 0 : pauseMs(attempts), error: error.slice(0, ERROR_CHARS_MAX) };
    },

    failed(event, attempts, { dead, delayMs, error }) {
      const { topic, partition, offset, kind } = event;
      const fields = { group, topic, partition, offset, kind, attempts, error };
      if (dead) {
        log.error(fields, 'an event has become a dead letter');
        observer?.deadLettered(group, topic);
      } else {
        log.warn({ ...fields, delayMs }, 'an event failed and will be tried again');
        observer?.retried(group, topic);
      }
    },
  };
}

/** Under the first event whose trace is recorded; linked to those of the others. `undefined` where nothing is traced. */
function enterSpan(tracing: Tracing, group: string, events: readonly LoggedEvent[]): EntrySpan | undefined {
  if (!tracing.enabled) return undefined;
  const sources = [...new Set(events.map(({ traceparent }) => traceparent))].filter(
    (one) => one !== undefined,
  );
  const recorded = sources.filter((traceparent) => RECORDED.test(traceparent));
  const [traceparent = sources[0], ...others] = recorded;
  const links = others.map((other) => ({ traceparent: other }));
  return tracing.enter('consumer', `${group} ${events[0]?.topic}`, { traceparent }, links);
}

/** Not the fault of an event: the same would befall any other. */
export function isUnavailable(failure: unknown): boolean {
  return hasCode(failure, 'unavailable');
}

export function loggedEvent(row: Omit<EventRow, 'shard'>): LoggedEvent {
  const { topic, partition, offset, key, kind, payload } = row;
  const traceparent = row.traceparent ?? undefined;
  return { topic, partition, offset, key, kind, payload, createdAt: row.created_at, traceparent };
}
