/**
 * The event log of the product, in steps: the same outbox, relay, log, positions and handlers, but nothing moves by
 * itself. What a real one does when it is woken, in whatever order, is here a call each, so that a test can choose.
 */
import assert from 'node:assert/strict';
import { type Clock, seededFraction, systemRandomness } from '../../src/core/clock.ts';
import { createBatchStep } from '../../src/ports/event-log/event-batch.ts';
import { createEventHandler } from '../../src/ports/event-log/event-handler.ts';
import {
  type EventLog,
  type LoggedEvent,
  type NewEvent,
  PARTITIONS,
  partitionOf,
  type Subscription,
  type Tail,
  type TailOptions,
} from '../../src/ports/event-log/event-log.ts';
import { createPositions, moveOutbox } from '../../src/ports/event-log/event-log-queries.ts';
import { createEventReader } from '../../src/ports/event-log/event-reader.ts';
import { createRetryStep } from '../../src/ports/event-log/event-retry.ts';
import { createPostgresEventLog } from '../../src/ports/event-log/postgres-event-log.ts';
import { createPostgresEventStore } from '../../src/ports/event-log/postgres-event-store.ts';
import { createRecentEvents } from '../../src/ports/event-log/recent-events.ts';
import { readStatement, type SqlStore } from '../../src/ports/sql-store/sql-store.ts';
import type { Log } from '../../src/telemetry/log.ts';
import { tracingOff } from '../../src/telemetry/trace.ts';

export interface SteppedEventLog {
  /** As the systems get it. `close` closes nothing but the tails. */
  readonly eventLog: EventLog;
  /** Moves up to `count` events from the outbox into the log. */
  relay(count: number): Promise<void>;
  /**
   * Lets the tails hear up to `count` of the events in the log that they have not heard, of one partition, and before
   * that the last `again` of each topic once more, as they may.
   */
  hear(partition: number, count: number, again: number): Promise<void>;
  /** Relays and hears until nothing is left. */
  hearAll(): Promise<void>;
  /** Handles a batch of the group, at most `batchMax`; answers whether there may be more. */
  handle(group: string, sqlStore: SqlStore, batchMax: number): Promise<boolean>;
  groups(): readonly string[];
  /** The worker stops: a subscription of the name is accepted again. */
  unsubscribe(group: string): void;
  /** What handlers failed with, which the log would try again. */
  failures(): readonly unknown[];
}

interface OpenTail {
  readonly options: TailOptions;
  /** By topic and partition: the next offset. */
  readonly positions: Map<string, number>;
  readonly openedMs: number;
  heardUntilMs: number;
}

/** Which events are on their way: when they were committed, by topic and partition, in order. */
type Committed = Map<string, { atMs: number; heard: boolean }[]>;

interface PlacedEvent extends Omit<LoggedEvent, 'createdAt' | 'traceparent'> {
  readonly created_at: Date;
}

const readLog = readStatement<[], PlacedEvent>(
  'test_read_log',
  `SELECT topic, partition, "offset", key, kind, payload, created_at FROM event_log ORDER BY topic, partition, "offset"`,
);
const readHeads = readStatement<[], { topic: string; partition: number; next_offset: number }>(
  'test_read_heads',
  'SELECT topic, partition, next_offset FROM event_log_heads',
);

/** Any fixed number. */
const RELAY_LOCK = 4_702_111_299;
const EVENTS_MAX = 1_000;
const AT_ONCE = { delayMsMin: 0, delayMsMax: 0 };

export function createSteppedEventLog(deps: {
  readonly sqlStore: SqlStore;
  readonly clock: Clock;
  readonly log: Log;
}): SteppedEventLog {
  const { sqlStore, clock, log } = deps;
  const plain = createPostgresEventLog({ ...deps, randomness: systemRandomness });
  const subscriptions = new Map<string, Subscription>();
  const tails = new Set<OpenTail>();
  const committed: Committed = new Map();
  const failures: unknown[] = [];

  function noteCommitted(events: readonly NewEvent[]): void {
    const atMs = clock.monotonicMs();
    for (const { topic, key } of events) {
      const place = `${topic} ${partitionOf(key)}`;
      const known = committed.get(place);
      if (known === undefined) committed.set(place, [{ atMs, heard: false }]);
      else known.push({ atMs, heard: false });
    }
    for (const { options } of tails) {
      const wanted = events.filter(({ topic }) => options.topics.includes(topic));
      if (wanted.length > 0) options.committed?.(wanted);
    }
  }

  /** As the real tail: all that was committed before has been heard; until that holds of its beginning, nothing is told. */
  function look(tail: OpenTail): void {
    let untilMs = clock.monotonicMs();
    for (const [place, events] of committed) {
      const [topic = ''] = place.split(' ');
      if (!tail.options.topics.includes(topic)) continue;
      const next = tail.positions.get(place) ?? 0;
      const waiting = events[next];
      if (waiting !== undefined) untilMs = Math.min(untilMs, waiting.atMs);
    }
    if (untilMs >= tail.openedMs) tail.heardUntilMs = Math.max(tail.heardUntilMs, untilMs);
  }

  async function hear(accept: (partition: number) => boolean, count: number, again: number): Promise<void> {
    const rows = await sqlStore.query(readLog, []);
    for (const tail of tails) {
      const placeOf = ({ topic, partition }: PlacedEvent): number =>
        tail.positions.get(`${topic} ${partition}`) ?? 0;
      const wanted = rows.filter(
        ({ topic, partition }) => tail.options.topics.includes(topic) && accept(partition),
      );
      const heard = wanted.filter((row) => row.offset < placeOf(row) && row.offset >= placeOf(row) - again);
      const news = wanted.filter((row) => row.offset >= placeOf(row)).slice(0, count);
      for (const { topic, partition, offset } of news)
        tail.positions.set(`${topic} ${partition}`, offset + 1);
      const told = wanted.filter((row) => heard.includes(row) || news.includes(row));
      if (told.length > 0) tail.options.hear(told.map(loggedEvent));
      look(tail);
    }
  }

  const noting =
    ({ handle }: Subscription): Subscription['handle'] =>
    async (events, transaction) => {
      try {
        await handle(events, transaction);
      } catch (error) {
        failures.push(error);
        throw error;
      }
    };

  const store = createPostgresEventStore({ sqlStore, ownSqlStore: sqlStore, process: 'test' });
  const reader = createEventReader(
    createRecentEvents(() => false),
    store,
  );
  const relay = async (count: number): Promise<void> => {
    await sqlStore.query(moveOutbox, [count, RELAY_LOCK, 'test', 'test', []]);
  };

  async function hearAll(): Promise<void> {
    await relay(EVENTS_MAX);
    await hear(() => true, EVENTS_MAX, 0);
  }

  const eventLog: EventLog = {
    ...plain,
    async append(transaction, events) {
      // Its wake-up goes to no relay that runs.
      await plain.append(
        { query: (statement, params) => transaction.query(statement, params), afterCommit: () => undefined },
        events,
      );
      transaction.afterCommit(() => noteCommitted(events));
    },

    appended: (events) => noteCommitted(events()),

    async subscribe(subscription) {
      const { group, topics, from } = subscription;
      assert(!subscriptions.has(group), `${group} is subscribed`);
      await sqlStore.query(createPositions, [group, [...topics], PARTITIONS, from === 'beginning']);
      subscriptions.set(group, subscription);
      return { close: async () => void subscriptions.delete(group) };
    },

    async tail(options): Promise<Tail> {
      const heads = await sqlStore.query(readHeads, []);
      const positions = new Map(
        heads.map(({ topic, partition, next_offset }) => [`${topic} ${partition}`, next_offset] as const),
      );
      const openedMs = clock.monotonicMs();
      const tail: OpenTail = { options, positions, openedMs, heardUntilMs: Number.NEGATIVE_INFINITY };
      tails.add(tail);
      look(tail);
      return {
        heardUntilMs: () => tail.heardUntilMs,
        startedAt: heads.map(({ topic, partition, next_offset: offset }) => ({ topic, partition, offset })),
        catchUp: hearAll,
        close: async () => void tails.delete(tail),
      };
    },

    async close() {
      tails.clear();
      subscriptions.clear();
    },
  };

  return {
    eventLog,
    relay,
    hear: (partition, count, again) => hear((one) => one === partition, count, again),
    hearAll,

    async handle(group, workerSql, batchMax) {
      const subscription = subscriptions.get(group);
      if (subscription === undefined) return false;
      const handler = createEventHandler({
        subscription: { ...subscription, handle: noting(subscription) },
        // Only the time limit of handlers goes by it, and a task that stands still is not late.
        clock: { ...clock, sleep: (_, signal) => untilAborted(signal) },
        randomness: { ...systemRandomness, fraction: seededFraction(1) },
        log,
        tracing: tracingOff,
        retryDelays: AT_ONCE,
        observer: undefined,
      });
      const partitionsMax = PARTITIONS;
      const batch = await createBatchStep({
        sqlStore: workerSql,
        handler,
        reader,
        batchMax,
        partitionsMax,
        log,
      })();
      const retry =
        batch.kind === 'retry' ? await createRetryStep({ sqlStore: workerSql, handler })() : batch;
      return retry.kind !== 'idle';
    },

    groups: () => [...subscriptions.keys()],
    failures: () => failures,
    unsubscribe: (group) => void subscriptions.delete(group),
  };
}

function untilAborted(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => signal?.addEventListener('abort', () => resolve(), { once: true }));
}

function loggedEvent({ created_at: createdAt, ...event }: PlacedEvent): LoggedEvent {
  return { ...event, createdAt, traceparent: undefined };
}
