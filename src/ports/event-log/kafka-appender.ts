/** Sends events to Kafka and writes down where they have come to be, in one transaction of the database. */
import { assert } from '../../core/errors.ts';
import type { SqlTransaction } from '../sql-store/sql-store.ts';
import { type LoggedEvent, PARTITIONS } from './event-log.ts';
import { BATCH_BYTES_MAX, type KafkaBatch, type KafkaCluster } from './kafka-cluster.ts';
import { changeRuns, createHeads, listRunHeads, moveHeads } from './kafka-log-queries.ts';
import { loggedOf, recordOf, type UnloggedEvent } from './kafka-records.ts';
import { type Appended, extendRuns, placeOf, type RunHead } from './kafka-runs.ts';
import { LOG_CHANNEL } from './outbox-relay.ts';

/** Another process has appended to the same partitions meanwhile: nothing is written down, and all is to be done again. */
export class Overtaken extends Error {
  override readonly name = 'Overtaken';
}

/** Keys, headers and what else a record takes besides its value, at most. */
const RECORD_BYTES = 512;

export interface KafkaAppender {
  /** Answers those of the topics that are wanted. */
  append(
    transaction: SqlTransaction,
    events: readonly UnloggedEvent[],
    options: AppendOptions,
  ): Promise<readonly LoggedEvent[]>;
}

export interface AppendOptions {
  /** The records say which offsets they will have, which nobody else may take until they are settled. */
  readonly numbered: boolean;
  readonly wantedTopics: readonly string[];
}

export function createKafkaAppender(deps: {
  readonly cluster: Pick<KafkaCluster, 'produce'>;
  /** Of this process, which tells its notifications from those of others. */
  readonly process: string;
}): KafkaAppender {
  const { cluster, process } = deps;

  async function headsOf(transaction: SqlTransaction, parts: readonly Part[]): Promise<readonly RunHead[]> {
    const topics = parts.map(({ topic }) => topic);
    const places = [topics, parts.map(({ partition }) => partition)] as const;
    const heads = await transaction.query(listRunHeads, [...places]);
    if (heads.length === parts.length) return heads;
    await transaction.query(createHeads, [[...new Set(topics)], PARTITIONS]);
    return transaction.query(listRunHeads, [...places]);
  }

  /** Batch after batch of each partition, those of different ones together. */
  async function produce(parts: readonly Part[]): Promise<readonly Appended[]> {
    const appended: Appended[] = [];
    for (let round = 0; ; round += 1) {
      const batches = parts.flatMap(({ topic, partition, batches: own }) => {
        const records = own[round];
        return records === undefined ? [] : [{ topic, partition, records }];
      });
      if (batches.length === 0) return appended;
      const places = await cluster.produce(batches);
      for (const [index, { topicId, offset, ...place }] of places.entries()) {
        appended.push({
          ...place,
          topicId,
          kafkaOffset: offset,
          events: batches[index]?.records.length ?? 0,
        });
      }
    }
  }

  async function settle(
    transaction: SqlTransaction,
    events: readonly UnloggedEvent[],
    heads: readonly RunHead[],
    appended: readonly Appended[],
  ): Promise<void> {
    const { heads: moved, closed, opened } = extendRuns(heads, appended);
    const ids = events.flatMap(({ id }) => id ?? []);
    const news = JSON.stringify({ process, topics: [...new Set(moved.map(({ topic }) => topic))] });
    const [settled] = await transaction.query(moveHeads, [JSON.stringify(moved), ids, LOG_CHANNEL, news]);
    if (settled?.moved !== moved.length) throw new Overtaken('the heads have moved');
    assert(settled.deleted === ids.length, 'a relay that holds the lock finds all that it has picked');
    if (opened.length > 0)
      await transaction.query(changeRuns, [JSON.stringify(closed), JSON.stringify(opened)]);
  }

  return {
    async append(transaction, events, { numbered, wantedTopics }) {
      const parts = partsOf(events);
      const heads = await headsOf(transaction, parts);
      const next = new Map(heads.map((head) => [placeOf(head), head.next_offset]));
      const logged: LoggedEvent[] = [];
      for (const part of parts) {
        const isWanted = wantedTopics.includes(part.topic);
        let offset = next.get(placeOf(part));
        assert(offset !== undefined, 'every partition has a head');
        for (const event of part.events) {
          part.add(recordOf(event, numbered ? offset : undefined));
          if (isWanted) logged.push(loggedOf(event, offset));
          offset += 1;
        }
      }
      await settle(transaction, events, heads, await produce(parts));
      return logged;
    },
  };
}

/** What goes to one partition, in batches that Kafka takes. */
interface Part {
  readonly topic: string;
  readonly partition: number;
  readonly events: readonly UnloggedEvent[];
  readonly batches: readonly KafkaBatch['records'][];
  add(record: KafkaBatch['records'][number]): void;
}

function partsOf(events: readonly UnloggedEvent[]): Part[] {
  const parts = new Map<string, UnloggedEvent[]>();
  for (const event of events) {
    const own = parts.get(placeOf(event));
    if (own === undefined) parts.set(placeOf(event), [event]);
    else own.push(event);
  }
  return [...parts.values()].map(createPart);
}

function createPart(events: readonly UnloggedEvent[]): Part {
  const [first] = events;
  assert(first !== undefined, 'a part has events');
  const batches: KafkaBatch['records'][number][][] = [];
  let bytes = BATCH_BYTES_MAX;
  return {
    topic: first.topic,
    partition: first.partition,
    events,
    batches,
    add(record) {
      const size = record.value.length + RECORD_BYTES;
      bytes += size;
      const last = batches.at(-1);
      if (bytes <= BATCH_BYTES_MAX && last !== undefined) last.push(record);
      else {
        batches.push([record]);
        bytes = size;
      }
    },
  };
}
