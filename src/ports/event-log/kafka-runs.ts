/**
 * Which of Kafka's offsets an offset of the log is at. Events that follow each other in both make a run, so a run is
 * three numbers. While nobody but the log writes to a partition, and no relay dies between Kafka and the database, a
 * partition is one run, however long.
 */
import { assert } from '../../core/errors.ts';

/** The end of a partition of the log, and of its last run if it has one. */
export interface RunHead {
  readonly topic: string;
  readonly partition: number;
  readonly next_offset: number;
  readonly kafka_end: number | null;
  readonly kafka_next: number | null;
  readonly kafka_topic_id: string | null;
}

/** What Kafka has taken: `events` records from `kafkaOffset` on. */
export interface Appended {
  readonly topic: string;
  readonly partition: number;
  readonly topicId: string;
  readonly kafkaOffset: number;
  readonly events: number;
}

export interface MovedHead {
  readonly topic: string;
  readonly partition: number;
  readonly expected: number;
  readonly next_offset: number;
  readonly kafka_next: number;
  readonly kafka_topic_id: string;
}

export interface OpenedRun {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  end_offset: number | null;
  readonly kafka_offset: number;
  readonly kafka_topic_id: string;
}

export interface ClosedRun {
  readonly topic: string;
  readonly partition: number;
  readonly end_offset: number;
}

/** What is to be written down once Kafka has taken events. */
export interface RunChanges {
  readonly heads: readonly MovedHead[];
  /** The last runs of before, where a new one follows. */
  readonly closed: readonly ClosedRun[];
  readonly opened: readonly OpenedRun[];
  /** The offset in the log of the first event of each that was appended. */
  readonly offsets: readonly number[];
}

/** `appended` in the order in which the log is to have them. */
export function extendRuns(heads: readonly RunHead[], appended: readonly Appended[]): RunChanges {
  const ends = new Map(heads.map((head) => [placeOf(head), createRunEnd(head)]));
  const offsets = appended.map((each) => {
    const end = ends.get(placeOf(each));
    assert(end !== undefined, `${placeOf(each)} has a head`);
    return end.append(each);
  });
  const moved = [...ends.values()].filter((end) => end.hasMoved());
  return {
    heads: moved.map((end) => end.head()),
    closed: moved.flatMap((end) => end.closed()),
    opened: moved.flatMap((end) => end.opened()),
    offsets,
  };
}

/** The end of one partition, as it moves. */
function createRunEnd(head: RunHead) {
  const { topic, partition, next_offset: expected } = head;
  let [next, kafkaEnd, kafkaNext, topicId] = [expected, head.kafka_end, head.kafka_next, head.kafka_topic_id];
  const closed: ClosedRun[] = [];
  const opened: OpenedRun[] = [];

  function open(appended: Appended): void {
    const last = opened.at(-1);
    if (last !== undefined) last.end_offset = next;
    else if (kafkaEnd !== null) closed.push({ topic, partition, end_offset: kafkaEnd });
    const inKafka = { kafka_offset: appended.kafkaOffset, kafka_topic_id: appended.topicId };
    opened.push({ topic, partition, offset: next, end_offset: null, ...inKafka });
  }

  return {
    append(appended: Appended): number {
      const { kafkaOffset, events } = appended;
      const goesOn = kafkaEnd === next && kafkaNext === kafkaOffset && topicId === appended.topicId;
      if (!goesOn) open(appended);
      const offset = next;
      next += events;
      [kafkaEnd, kafkaNext, topicId] = [next, kafkaOffset + events, appended.topicId];
      return offset;
    },
    hasMoved: () => next !== expected,
    head: (): MovedHead => ({
      topic,
      partition,
      expected,
      next_offset: next,
      kafka_next: kafkaNext ?? 0,
      kafka_topic_id: topicId ?? '',
    }),
    closed: () => closed,
    opened: () => opened,
  };
}

/** Where the log goes on from an offset: in a run, or in the table up to the next run or the end. */
export type LogPiece = {
  readonly topic: string;
  readonly partition: number;
  readonly from: number;
  /** The offset that follows the piece. */
  readonly to: number;
} & (
  | { readonly in: 'kafka'; readonly kafkaOffset: number; readonly topicId: string }
  | { readonly in: 'table' }
);

/** The first run that ends after `from`, if there is one, and the end of the partition. */
export interface LocatedRow {
  readonly topic: string;
  readonly partition: number;
  readonly from: number;
  readonly next_offset: number;
  readonly run_offset: number | null;
  readonly run_end: number | null;
  readonly kafka_offset: number | null;
  readonly kafka_topic_id: string | null;
}

export function pieceAt(row: LocatedRow): LogPiece {
  const { topic, partition, from, next_offset: end, run_offset: start, run_end: runEnd } = row;
  const place = { topic, partition, from };
  if (start === null || runEnd === null || row.kafka_offset === null)
    return { ...place, to: end, in: 'table' };
  if (start > from) return { ...place, to: start, in: 'table' };
  const kafkaOffset = row.kafka_offset + (from - start);
  return { ...place, to: runEnd, in: 'kafka', kafkaOffset, topicId: row.kafka_topic_id ?? '' };
}

export function placeOf({
  topic,
  partition,
}: {
  readonly topic: string;
  readonly partition: number;
}): string {
  return `${topic}/${partition}`;
}
