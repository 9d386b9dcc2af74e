/** A tail: looks for new events whenever it is told of some, and often enough to know that there are none. */

import type { Clock } from '../../core/clock.ts';
import { AppError, assert } from '../../core/errors.ts';
import type { Log } from '../../telemetry/log.ts';
import type { SqlStore } from '../sql-store/sql-store.ts';
import { type NewEvent, TAIL_EVENTS_MAX, type Tail, type TailOptions } from './event-log.ts';
import type { EventStore } from './event-store.ts';
import { listHeads, type TailRow } from './event-tail-queries.ts';
import { createHeardUntil } from './heard-until.ts';
import type { RecentEvents } from './recent-events.ts';
import { createTailOffsets, type Gap } from './tail-offsets.ts';

/** An idle system is asked this often; its tails are never much older. */
const POLL_EVERY_MS = 250;
/** One look serves all moves of the relays of this long; the first after a quiet time is followed at once. */
const LOOK_INTERVAL_MS = 20;
const RETRY_DELAY_MS = 100;
/** Whoever was to move what waits longer than this has died, or nobody has told them. */
const STRANDED_MS = 200;

export interface EventTail extends Tail {
  readonly topics: ReadonlySet<string>;
  /** Whether it wants to hear of what this process commits. */
  readonly hearsCommitted: boolean;
  committed(events: readonly NewEvent[]): void;
  /** There may be new events. */
  wake(): void;
}

export interface EventTailDeps {
  readonly options: TailOptions;
  readonly sqlStore: SqlStore;
  readonly store: Pick<EventStore, 'look'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly wakeRelay: () => void;
  readonly recentEvents: RecentEvents;
}

export async function openEventTail(deps: EventTailDeps): Promise<EventTail> {
  const { options, sqlStore, store, clock, log, wakeRelay, recentEvents } = deps;
  const heard = createHeardUntil();
  const offsets = createTailOffsets(options.topics);
  const heads = await sqlStore.query(listHeads, [offsets.topics]);
  offsets.moveTo(heads);
  const topics = new Set(offsets.topics);
  const closed = new AbortController();
  const waiters = new Set<Waiter>();
  let woken = new AbortController();
  let looks = 0;
  let failedSinceMs: number | undefined;
  let hasGap = false;

  async function run(): Promise<void> {
    while (!closed.signal.aborted) {
      woken = new AbortController();
      const startMs = clock.monotonicMs();
      const next = await look(startMs).catch(fail);
      if (next !== 'at once') await pause(startMs);
    }
  }

  async function look(startMs: number): Promise<'at once' | 'later'> {
    looks += 1;
    const recent = offsets.takeRecent(recentEvents, TAIL_EVENTS_MAX);
    if (recent.length > 0) tell(() => options.hear(recent));
    const rows = await store.look(offsets.columns, TAIL_EVENTS_MAX);
    if (closed.signal.aborted) return 'later';
    recover();
    const { events, gaps, complete } = offsets.take(rows);
    for (const gap of gaps) miss(gap);
    recentEvents.add(events);
    if (events.length > 0) tell(() => options.hear(events));
    // What is lost will never be heard: nobody may believe otherwise.
    if (!hasGap) heard.looked({ number: looks, startMs, complete, unmoved: unmovedOf(rows) });
    const waitingSinceMs = heard.waitingSinceMs() ?? startMs;
    if (waitingSinceMs <= startMs - STRANDED_MS) wakeRelay();
    settleWaiters();
    return complete ? 'later' : 'at once';
  }

  function settleWaiters(): void {
    for (const waiter of waiters) {
      if (hasGap) waiter.reject(lost());
      else if (heard.look() > waiter.looks) waiter.resolve();
      else continue;
      waiters.delete(waiter);
    }
  }

  /** They were deleted, after days: this process must have been suspended. */
  function miss(gap: Gap): void {
    hasGap = true;
    log.error({ ...gap }, 'events were lost to this process, which trusts its memory no more: restart it');
  }

  async function pause(startMs: number): Promise<void> {
    if (waiters.size === 0) await clock.sleep(POLL_EVERY_MS, woken.signal);
    const restMs = startMs + LOOK_INTERVAL_MS - clock.monotonicMs();
    if (restMs > 0) await clock.sleep(restMs, closed.signal);
  }

  async function fail(error: unknown): Promise<'at once'> {
    if (closed.signal.aborted) return 'at once';
    if (failedSinceMs === undefined)
      log.warn({ err: error }, 'a tail of the event log cannot read; trying again');
    failedSinceMs ??= clock.monotonicMs();
    await clock.sleep(RETRY_DELAY_MS, closed.signal);
    return 'at once';
  }

  function recover(): void {
    if (failedSinceMs === undefined) return;
    log.info({ afterMs: Math.round(clock.monotonicMs() - failedSinceMs) }, 'the tail reads again');
    failedSinceMs = undefined;
  }

  /** A listener that fails is a defect of its own, and must not keep events from the others. */
  function tell(listen: () => void): void {
    try {
      listen();
    } catch (error) {
      log.error({ err: error }, 'a listener of the event log failed');
    }
  }

  // With a reason, for the one by default is an error with its stack.
  const wake = (): void => woken.abort('woken');

  const running = run();
  return {
    topics,
    hearsCommitted: options.committed !== undefined,
    wake,
    heardUntilMs: heard.ms,
    startedAt: heads.map(({ topic, partition, next_offset: offset }) => ({ topic, partition, offset })),

    committed(events) {
      if (closed.signal.aborted) return;
      const own = events.filter(({ topic }) => topics.has(topic));
      if (own.length > 0) tell(() => options.committed?.(own));
    },

    async catchUp() {
      if (closed.signal.aborted) throw stopping();
      const caughtUp = new Promise<void>((resolve, reject) => waiters.add({ looks, resolve, reject }));
      wakeRelay();
      wake();
      await caughtUp;
    },

    async close() {
      closed.abort();
      wake();
      for (const waiter of waiters) waiter.reject(stopping());
      waiters.clear();
      await running;
    },
  };
}

/** Waits for a look that begins after the first `looks`. */
interface Waiter {
  readonly looks: number;
  resolve(): void;
  reject(error: AppError): void;
}

function unmovedOf([row]: readonly TailRow[]) {
  assert(row !== undefined, 'a look always answers what the outbox holds');
  const { first_id: firstId, last_id: lastId } = row;
  return firstId === null ? undefined : { firstId, lastId };
}

function lost(): AppError {
  return new AppError('unavailable', 'The server has missed events and must be restarted.');
}

function stopping(): AppError {
  return new AppError('unavailable', 'The server is stopping.', { outcome: 'not_applied' });
}
