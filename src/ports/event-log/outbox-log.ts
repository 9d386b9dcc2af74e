/** An event log that is fed by an outbox, whichever engine keeps its events: relay, consumers, tails, dead letters. */

import type { Clock, Randomness } from '../../core/clock.ts';
import { AppError, assert } from '../../core/errors.ts';
import type { Log } from '../../telemetry/log.ts';
import { type Tracing, tracingOff } from '../../telemetry/trace.ts';
import type { SqlStore } from '../sql-store/sql-store.ts';
import { createBatchStep } from './event-batch.ts';
import { columnsOf, isTopic } from './event-columns.ts';
import { createEventConsumer, type EventConsumer } from './event-consumer.ts';
import { createEventHandler, loggedEvent } from './event-handler.ts';
import {
  APPEND_EVENTS_MAX,
  DEAD_LETTERS_PAGE_MAX,
  type DeadLetter,
  type EventLog,
  type EventLogObserver,
  type NewEvent,
  PARTITIONS,
  READ_EVENTS_MAX,
  type Subscription,
} from './event-log.ts';
import {
  appendEvents,
  createPositions,
  listLag,
  readOutboxAge,
  removePositions,
  seekPositions,
} from './event-log-queries.ts';
import { createEventPublisher } from './event-publisher.ts';
import { createEventReader } from './event-reader.ts';
import { createRetryStep } from './event-retry.ts';
import type { EventStore, Moved } from './event-store.ts';
import { type EventTail, openEventTail } from './event-tail.ts';
import { type DeadLetterRow, pageDead, removeFailedEvents, reviveDead } from './failed-event-queries.ts';
import { createOutboxRelay, LOG_CHANNEL } from './outbox-relay.ts';
import { createRecentEvents } from './recent-events.ts';
import { RETRY_DELAYS, type RetryDelays } from './retry-delay.ts';

/** What every engine of the log takes. */
export interface EventLogOptions {
  readonly sqlStore: SqlStore;
  /**
   * Another on the same database, for relay and tails: they must not wait behind requests, for a tail that is late
   * makes more of them. By default the same.
   */
  readonly ownSqlStore?: SqlStore;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
  readonly tracing?: Tracing;
  readonly observer?: EventLogObserver;
  /** How soon a process with consumers finds what nobody has told it of. Default 5,000. */
  readonly pollEveryMs?: number;
  readonly retryDelays?: RetryDelays;
}

const POLL_EVERY_MS = 5_000;
const BATCH_MAX_DEFAULT = 100;

export interface OutboxLogOptions extends EventLogOptions {
  readonly store: EventStore;
  /** The number or name of this process, as the store knows it. */
  readonly process: string;
}

export function createOutboxLog(options: OutboxLogOptions): EventLog {
  const { sqlStore, store, process, clock, randomness, log, tracing = tracingOff } = options;
  const ownSqlStore = options.ownSqlStore ?? sqlStore;
  const pollEveryMs = options.pollEveryMs ?? POLL_EVERY_MS;
  const consumers = new Map<EventConsumer, ReadonlySet<string>>();
  const tails = new Set<EventTail>();
  /** Those that more than one reads in this process. */
  let sharedTopics: ReadonlySet<string> = new Set();
  const recentEvents = createRecentEvents((topic) => sharedTopics.has(topic));
  const reader = createEventReader(recentEvents, store);
  const relay = createOutboxRelay({
    moveSome: () => store.move([...sharedTopics]),
    clock,
    log,
    tracing,
    onMoved: moved,
  });
  const closed = new AbortController();
  const publish = createEventPublisher(async (columns, events) => {
    moved(await store.publish(columns, events));
    committed(events);
  });
  /** What only a process with consumers or tails does; started by the first. */
  let attention: Promise<() => Promise<void>> | undefined;

  function readersChanged(): void {
    const read = [...new Set(consumers.values()), ...[...tails].map((tail) => tail.topics)];
    const topics = read.flatMap((each) => [...each]);
    sharedTopics = new Set(topics.filter((topic, index) => topics.indexOf(topic) !== index));
  }

  function moved({ topics, events }: Moved): void {
    recentEvents.add(events);
    wakeReaders(topics);
  }

  function wakeReaders(topics: readonly string[]): void {
    for (const [consumer, ofInterest] of consumers) {
      if (topics.some((topic) => ofInterest.has(topic))) consumer.wake();
    }
    for (const tail of tails) {
      if (topics.some((topic) => tail.topics.has(topic))) tail.wake();
    }
  }

  function wakeAll(): void {
    for (const consumer of consumers.keys()) consumer.wakeAll();
    for (const tail of tails) tail.wake();
  }

  /** Consumers have to look again, in whichever process they are. */
  async function wakeEverybody(): Promise<void> {
    wakeAll();
    const news: Notification = { process, topics: [], retries: true };
    await sqlStore.notify(LOG_CHANNEL, JSON.stringify(news));
  }

  function committed(events: () => readonly NewEvent[]): void {
    relay.wake();
    const listening = [...tails].filter((tail) => tail.hearsCommitted);
    if (listening.length > 0) {
      const told = events();
      for (const tail of listening) tail.committed(told);
    }
  }

  async function attend(topics: readonly string[]): Promise<void> {
    await store.prepare?.(topics).catch((error: unknown) => {
      log.warn({ err: error, topics }, 'the event log is not ready for topics; it will be later');
    });
    attention ??= payAttention().catch((error: unknown) => {
      attention = undefined;
      throw error;
    });
    await attention;
  }

  /** Listens to the other processes, and looks after what one has left in the outbox that died. */
  async function payAttention(): Promise<() => Promise<void>> {
    const stopListening = await sqlStore.listen(LOG_CHANNEL, hear, () => {
      relay.wake();
      wakeAll();
    });
    const polling = pollOutbox();
    return async () => {
      await stopListening();
      await polling;
    };
  }

  function hear(message: string): void {
    const news = JSON.parse(message) as Notification;
    if (news.process === process) return;
    if (news.retries) wakeAll();
    else wakeReaders(news.topics);
  }

  async function pollOutbox(): Promise<void> {
    while (!closed.signal.aborted) {
      relay.wake();
      await clock.sleep(pollEveryMs * (0.75 + randomness.fraction() / 2), closed.signal);
    }
  }

  function openConsumer(subscription: Subscription): EventConsumer {
    const { group } = subscription;
    const handler = createEventHandler({
      subscription,
      clock,
      randomness,
      log,
      tracing,
      retryDelays: options.retryDelays ?? RETRY_DELAYS,
      observer: options.observer,
    });
    const batchMax = subscription.batchMax ?? BATCH_MAX_DEFAULT;
    const partitionsMax = Math.ceil(PARTITIONS / (subscription.concurrency ?? 1));
    return createEventConsumer({
      batchStep: createBatchStep({ sqlStore, handler, reader, batchMax, partitionsMax, log }),
      retryStep: createRetryStep({ sqlStore, handler, store }),
      pollEveryMs,
      gatherMs: subscription.gatherMs ?? 0,
      clock,
      randomness,
      log: log.child({ group }),
    });
  }

  return {
    async append(transaction, events) {
      assert(events.length <= APPEND_EVENTS_MAX, `${events.length} events are too many for one append`);
      if (events.length === 0) return;
      await transaction.query(appendEvents, columnsOf(events, tracing.headers().traceparent));
      transaction.afterCommit(() => committed(() => events));
    },

    appended: committed,

    async publish(events) {
      if (closed.signal.aborted) throw stopping();
      await publish(events);
    },

    async subscribe(subscription) {
      if (closed.signal.aborted) throw stopping();
      const { group, topics, from, concurrency = 1 } = subscription;
      assert(topics.length > 0 && topics.every(isTopic), `${topics} are names of topics`);
      await sqlStore.query(createPositions, [group, [...topics], PARTITIONS, from === 'beginning']);
      await attend(topics);
      const opened = Array.from({ length: concurrency }, () => openConsumer(subscription));
      const ofInterest = new Set(topics);
      for (const consumer of opened) consumers.set(consumer, ofInterest);
      readersChanged();
      return {
        async close() {
          for (const consumer of opened) consumers.delete(consumer);
          readersChanged();
          await Promise.all(opened.map((consumer) => consumer.close()));
        },
      };
    },

    async tail(tailOptions) {
      if (closed.signal.aborted) throw stopping();
      const { topics } = tailOptions;
      assert(topics.length > 0 && topics.every(isTopic), `${topics} are names of topics`);
      await attend(topics);
      const tail = await openEventTail({
        options: tailOptions,
        sqlStore: ownSqlStore,
        store,
        clock,
        log,
        wakeRelay: relay.wake,
        recentEvents,
      });
      if (closed.signal.aborted) {
        await tail.close();
        throw stopping();
      }
      tails.add(tail);
      readersChanged();
      return {
        heardUntilMs: tail.heardUntilMs,
        startedAt: tail.startedAt,
        catchUp: tail.catchUp,
        async close() {
          tails.delete(tail);
          readersChanged();
          await tail.close();
        },
      };
    },

    async read(ranges, limit) {
      assert(limit >= 1 && limit <= READ_EVENTS_MAX, `${limit} events are read at once`);
      return ranges.length === 0 ? [] : store.read(ranges, limit);
    },

    async lag() {
      const rows = await sqlStore.query(listLag, []);
      return rows.map(({ consumer_group: group, ...row }) => ({ group, ...row }));
    },

    async outboxAgeMs() {
      const [oldest] = await sqlStore.query(readOutboxAge, []);
      return Math.max(0, oldest?.age_ms ?? 0);
    },

    async pageDeadLetters({ group, after, limit }) {
      assert(limit >= 1 && limit <= DEAD_LETTERS_PAGE_MAX, `a page of ${limit} dead letters`);
      const place = [
        after?.group ?? '',
        after?.topic ?? '',
        after?.partition ?? -1,
        after?.offset ?? -1,
      ] as const;
      const rows = await sqlStore.query(pageDead, [group ?? null, ...place, limit]);
      return rows.map(deadLetter);
    },

    async replayDeadLetters(group, places) {
      const rows = await sqlStore.query(reviveDead, [
        group,
        places === undefined,
        places?.map(({ topic }) => topic) ?? [],
        places?.map(({ partition }) => partition) ?? [],
        places?.map(({ offset }) => offset) ?? [],
      ]);
      if (rows.length > 0) await wakeEverybody();
      return rows.length;
    },

    async seek(group, to) {
      const places = to === 'beginning' ? [] : to;
      const [row] = await sqlStore.query(seekPositions, [
        group,
        to === 'beginning',
        places.map(({ topic }) => topic),
        places.map(({ partition }) => partition),
        places.map(({ offset }) => offset),
      ]);
      const moved = row?.moved ?? 0;
      if (moved > 0) await wakeEverybody();
      return moved;
    },

    async removeGroup(group) {
      await sqlStore.transaction(async (transaction) => {
        await transaction.query(removePositions, [group]);
        await transaction.query(removeFailedEvents, [group]);
      });
    },

    deleteExpired: () => store.deleteExpired(closed.signal),

    async close() {
      closed.abort();
      await Promise.all([...consumers.keys(), ...tails].map((reader) => reader.close()));
      consumers.clear();
      tails.clear();
      const stop = await attention?.catch(() => undefined);
      await stop?.();
      await relay.close();
      await store.close();
    },
  };
}

/** From process to process, as JSON; the relay's are written by its statement. */
interface Notification {
  readonly process: string;
  readonly topics: readonly string[];
  /** Dead letters were replayed, or positions set. */
  readonly retries?: boolean;
}

function deadLetter(row: DeadLetterRow): DeadLetter {
  const { consumer_group: group, attempts, error, dead_at: deadAt } = row;
  return { ...loggedEvent(row), group, attempts, error: error ?? '', deadAt };
}

function stopping(): AppError {
  return new AppError('unavailable', 'The server is stopping.', { outcome: 'not_applied' });
}
