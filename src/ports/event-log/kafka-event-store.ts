/**
 * Events in Kafka (docs/decisions/0023). The database gives out the offsets and knows where in Kafka each is; what Kafka
 * holds besides, such as what a relay sent that died before it said so, nobody ever reads.
 */
import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import type { SqlSession, SqlStore, SqlTransaction } from '../sql-store/sql-store.ts';
import type { LoggedEvent, LogRange } from './event-log.ts';
import type { PositionRow } from './event-log-queries.ts';
import {
  type AsideEvents,
  type EventStore,
  type Moved,
  type NextEvent,
  NOTHING_MOVED,
} from './event-store.ts';
import type { TailRow } from './event-tail-queries.ts';
import { createKafkaAppender, Overtaken } from './kafka-appender.ts';
import type { KafkaCluster } from './kafka-cluster.ts';
import { createKafkaExpiry } from './kafka-expiry.ts';
import { failureOf, rethrow, shelterTransactions } from './kafka-failure.ts';
import { createKafkaGroupOffsets } from './kafka-group-offsets.ts';
import {
  announceDeadLetter,
  findWaitingKeys,
  insertAsideEvents,
  locateTail,
  pickOutbox,
  tryRelayLock,
} from './kafka-log-queries.ts';
import { createKafkaPublisher } from './kafka-publisher.ts';
import { createKafkaReader, type WantedPiece } from './kafka-reader.ts';
import { type StoredEvent, topicsOf } from './kafka-records.ts';
import { pieceAt, placeOf } from './kafka-runs.ts';
import { MOVED_EVENTS_MAX, RELAY_LOCK } from './outbox-relay.ts';

export interface KafkaEventStoreOptions {
  /** For what is published. */
  readonly sqlStore: SqlStore;
  /** For relay and tails. */
  readonly ownSqlStore: SqlStore;
  readonly cluster: KafkaCluster;
  readonly process: string;
  readonly clock: Clock;
  readonly log: Log;
}

type TailPlaces = Parameters<EventStore['look']>[0];

/** Where dead letters are copied to, for those who watch Kafka. They are replayed from the database. */
export const DEAD_LETTERS_TOPIC = 'dead_letters';
/** Of what is moved at a time, beside MOVED_EVENTS_MAX. */
const MOVED_BYTES_MAX = 4_000_000;

export function createKafkaEventStore(options: KafkaEventStoreOptions): EventStore {
  const { sqlStore, ownSqlStore, cluster, clock } = options;
  const sheltered = shelterTransactions(cluster);
  const appender = createKafkaAppender({ ...options, cluster: sheltered });
  const reader = createKafkaReader({ cluster: sheltered, clock });
  // The first event need not wait for connections. If Kafka is away, it will say so when it is needed.
  void cluster.ping().catch(() => undefined);
  const expiry = createKafkaExpiry({ sqlStore, cluster, clock });
  const groupOffsets = createKafkaGroupOffsets(options);

  async function moveSome(transaction: SqlTransaction, wantedTopics: readonly string[]): Promise<Moved> {
    const [lock] = await transaction.query(tryRelayLock, [RELAY_LOCK]);
    if (lock?.held !== true) return { ...NOTHING_MOVED, left: 'busy' };
    // A statement of its own: what it sees is younger than the lock.
    const rows = await transaction.query(pickOutbox, [MOVED_EVENTS_MAX]);
    if (rows.length === 0) return NOTHING_MOVED;
    const taken = withinBytes(rows);
    const events = await appender.append(transaction, taken, { numbered: true, wantedTopics });
    const left = taken.length < rows.length || rows.length === MOVED_EVENTS_MAX ? 'more' : 'nothing';
    return { left, topics: topicsOf(taken), events };
  }

  async function next(
    transaction: SqlTransaction,
    group: string,
    positions: readonly PositionRow[],
    limit: number,
  ): Promise<readonly NextEvent[]> {
    const wanted = positions.map(({ offset, ...place }) => ({ ...place, from: offset, count: limit }));
    const located = await reader.locate(transaction, wanted);
    const read = await reader.read(transaction, firstEvents(located, limit));
    const lost = read.find((each) => each.lost);
    if (lost !== undefined) throw lostPiece(lost.piece);
    const events = read.flatMap((each) => each.events).map(({ event }) => event);
    const keys = [...new Set(events.map(({ key }) => key))];
    const waiting = await transaction.query(findWaitingKeys, [group, positions[0]?.topic ?? '', keys]);
    const waitingKeys = new Set(waiting.map(({ key }) => key));
    return events.map((event) => ({ event, mustWait: waitingKeys.has(event.key) }));
  }

  /** Those of the range that there are, oldest first; they may be in several pieces. */
  async function readRange(session: SqlSession, range: LogRange, limit: number): Promise<StoredEvent[]> {
    const events: StoredEvent[] = [];
    for (let from = range.from; from < range.to && events.length < limit; ) {
      const count = Math.min(range.to - from, limit - events.length);
      const [piece] = await reader.locate(session, [{ ...range, from, count }]);
      if (piece === undefined) break;
      const [read] = await reader.read(session, [piece]);
      events.push(...(read?.events ?? []));
      const last = read?.events.at(-1)?.event;
      // What is missing has been deleted.
      from = last === undefined ? piece.to : last.offset + 1;
    }
    return events;
  }

  async function look(places: TailPlaces, eventsMax: number): Promise<readonly TailRow[]> {
    const rows = await ownSqlStore.query(locateTail, [...places]);
    const behind = rows.filter((row) => row.topic !== null);
    const count = Math.max(Math.floor(eventsMax / Math.max(behind.length, 1)), 1);
    const pieces = behind.map((row) => ({ ...pieceAt(row), count }));
    const read = await reader.read(ownSqlStore, pieces);
    const ends = new Map(behind.map((row) => [placeOf(row), row.next_offset]));
    const [edges] = rows;
    if (edges === undefined) return [];
    const { first_id, last_id } = edges;
    if (read.length === 0) return [{ first_id, last_id, topic: null }];
    return read.flatMap(({ piece, events }): TailRow[] => {
      const { topic, partition } = piece;
      const head = { first_id, last_id, topic, partition, next_offset: ends.get(placeOf(piece)) ?? 0 };
      if (events.length === 0) return [{ ...head, offset: null }];
      return events.map(({ event }) => ({ ...head, ...rowOf(event) }));
    });
  }

  async function setAside(transaction: SqlTransaction, aside: AsideEvents): Promise<void> {
    const { group, topic, partition, attempts, delayMs, error, dead } = aside;
    const wanted = new Set(aside.offsets);
    const from = Math.min(...wanted);
    const to = Math.max(...wanted) + 1;
    const all = await readRange(transaction, { topic, partition, from, to }, to - from);
    const stored = all.filter(({ event }) => wanted.has(event.offset));
    if (stored.length < wanted.size) throw lostPiece({ topic, partition, from });
    const column = <Value>(value: (one: StoredEvent) => Value): Value[] => stored.map(value);
    await transaction.query(insertAsideEvents, [
      ...([group, topic, partition] as const),
      column(({ event }) => event.offset),
      column(({ shard }) => shard),
      column(({ event }) => event.key),
      column(({ event }) => event.kind),
      column(({ payloadText }) => payloadText),
      column(({ event }) => event.traceparent ?? null),
      column(({ event }) => event.createdAt),
      ...([attempts, delayMs, error, dead] as const),
    ]);
  }

  return {
    prepare: (topics) => cluster.createTopics(topics),
    next,
    setAside,

    async announceDead(transaction, { group, topic, partition, offset }) {
      await transaction.query(announceDeadLetter, [group, topic, partition, offset, DEAD_LETTERS_TOPIC]);
    },

    async move(wantedTopics) {
      try {
        return await ownSqlStore.transaction((transaction) => moveSome(transaction, wantedTopics));
      } catch (error) {
        if (error instanceof Overtaken) return { ...NOTHING_MOVED, left: 'more' };
        throw failureOf(error);
      }
    },

    publish: createKafkaPublisher({ ...options, cluster: sheltered }),

    look: (...args) => look(...args).catch(rethrow),

    async read(ranges, limit) {
      const share = Math.max(Math.floor(limit / ranges.length), 1);
      const found: LoggedEvent[] = [];
      for (const range of ranges) {
        const stored = await readRange(sqlStore, range, share).catch(rethrow);
        found.push(...stored.map(({ event }) => event));
      }
      return found;
    },

    deleteExpired: expiry.deleteExpired,
    passed: groupOffsets.passed,

    async close() {
      await groupOffsets.close();
      await cluster.close();
    },
  };
}

/** The first of the pieces that fill the limit; the last one perhaps in part. */
function firstEvents(pieces: readonly WantedPiece[], limit: number): WantedPiece[] {
  const taken: WantedPiece[] = [];
  let left = limit;
  for (const piece of pieces) {
    if (left <= 0) break;
    const count = Math.min(left, piece.to - piece.from);
    taken.push({ ...piece, count });
    left -= count;
  }
  return taken;
}

function withinBytes<Row extends { readonly payload: string }>(rows: readonly Row[]): readonly Row[] {
  let bytes = 0;
  const end = rows.findIndex(({ payload }) => {
    bytes += payload.length;
    return bytes > MOVED_BYTES_MAX;
  });
  return end === -1 ? rows : rows.slice(0, Math.max(end, 1));
}

function rowOf({ offset, key, kind, payload, traceparent, createdAt }: LoggedEvent) {
  return { offset, key, kind, payload, traceparent: traceparent ?? null, created_at: createdAt };
}

function lostPiece({ topic, partition, from }: Pick<WantedPiece, 'topic' | 'partition' | 'from'>): Error {
  return new Error(`Kafka no longer holds ${topic}/${partition}/${from}: see docs/runbook.md`);
}
