/** Events by their places in the log, wherever they are: in Kafka, or in the table from before it was there. */
import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { SqlSession } from '../sql-store/sql-store.ts';
import { loggedEvent } from './event-handler.ts';
import { readRanges } from './event-tail-queries.ts';
import type { KafkaCluster, TopicPlace } from './kafka-cluster.ts';
import { locatePlaces } from './kafka-log-queries.ts';
import { type StoredEvent, storedEventOf } from './kafka-records.ts';
import { type LogPiece, pieceAt, placeOf } from './kafka-runs.ts';
import { createRecordWindows } from './record-windows.ts';

/** From `from` on, at most `count`. */
export interface WantedEvents {
  readonly topic: string;
  readonly partition: number;
  readonly from: number;
  readonly count: number;
}

/** A place and how much of it is wanted; a piece may end before. */
export type WantedPiece = LogPiece & { readonly count: number };

export interface ReadPiece {
  readonly piece: WantedPiece;
  readonly events: readonly StoredEvent[];
  /** What should be there is not: it was deleted, or Kafka has lost it. */
  readonly lost: boolean;
}

export interface KafkaReader {
  /** Where each goes on that is not at the end of the log. */
  locate(session: SqlSession, wanted: readonly WantedEvents[]): Promise<readonly WantedPiece[]>;
  /** Of every piece one event at least, unless it is lost. */
  read(session: SqlSession, pieces: readonly WantedPiece[]): Promise<readonly ReadPiece[]>;
}

type KafkaPiece = Extract<WantedPiece, { readonly in: 'kafka' }>;

/** Some of what is asked for may be at a broker that is just taking over. */
const FETCHES_MAX = 10;
const RETRY_DELAY_MS = 50;

export function createKafkaReader(deps: {
  readonly cluster: Pick<KafkaCluster, 'fetch'>;
  readonly clock: Clock;
}): KafkaReader {
  const { cluster, clock } = deps;
  const windows = createRecordWindows();

  async function readPiece(session: SqlSession, piece: WantedPiece): Promise<ReadPiece> {
    const { topic, partition, from, to, count } = piece;
    const end = Math.min(to, from + count);
    const rows = await session.query(readRanges, [[topic], [partition], [from], [end], count]);
    const events = rows.map((row) => {
      return { event: loggedEvent(row), shard: row.shard, payloadText: JSON.stringify(row.payload) };
    });
    return { piece, events, lost: events.length === 0 };
  }

  async function readKafka(pieces: readonly KafkaPiece[]): Promise<ReadPiece[]> {
    const found: ReadPiece[] = [];
    let missing = pieces;
    for (let fetches = 0; ; fetches += 1) {
      for (const piece of missing) found.push(...fromWindows(piece));
      missing = missing.filter((piece) => !found.some((each) => each.piece === piece));
      if (missing.length === 0) return found;
      if (fetches === FETCHES_MAX) throw late(missing);
      if (fetches > 0) await clock.sleep(RETRY_DELAY_MS);
      found.push(...(await fetch(missing)));
      missing = missing.filter((piece) => !found.some((each) => each.piece === piece));
    }
  }

  function fromWindows(piece: KafkaPiece): ReadPiece[] {
    const { topic, partition, from, to, count } = piece;
    const records = windows.take(kafkaPlace(piece), Math.min(count, to - from));
    if (records.length === 0) return [];
    const events = records.map((record, index) =>
      storedEventOf({ topic, partition, offset: from + index }, record),
    );
    return [{ piece, events, lost: false }];
  }

  /** Answers those that are lost. */
  async function fetch(pieces: readonly KafkaPiece[]): Promise<ReadPiece[]> {
    const deleted = new Set<string>();
    for (const fetched of await cluster.fetch(pieces.map(kafkaPlace))) {
      windows.add(fetched);
      if (fetched.deleted) deleted.add(placeOf(fetched));
    }
    return pieces
      .filter((piece) => deleted.has(placeOf(piece)))
      .map((piece) => ({ piece, events: [], lost: true }));
  }

  return {
    async locate(session, wanted) {
      if (wanted.length === 0) return [];
      const rows = await session.query(locatePlaces, [
        wanted.map(({ topic }) => topic),
        wanted.map(({ partition }) => partition),
        wanted.map(({ from }) => from),
      ]);
      return rows.map((row) => ({ ...pieceAt(row), count: wanted[row.number - 1]?.count ?? 0 }));
    },

    async read(session, pieces) {
      const kafkaPieces = pieces.filter((piece) => piece.in === 'kafka');
      const found = await readKafka(kafkaPieces);
      for (const piece of pieces) {
        if (piece.in === 'table') found.push(await readPiece(session, piece));
      }
      return pieces.flatMap((piece) => found.find((each) => each.piece === piece) ?? []);
    },
  };
}

function kafkaPlace({ topic, partition, topicId, kafkaOffset }: KafkaPiece): TopicPlace {
  return { topic, partition, topicId, offset: kafkaOffset };
}

function late(pieces: readonly KafkaPiece[]): AppError {
  const cause = new Error(`Kafka does not send ${pieces.map(placeOf).join(', ')}`);
  return new AppError('unavailable', 'The event log is away. Try again shortly.', { cause });
}
