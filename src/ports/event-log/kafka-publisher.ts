/**
 * Publishes events to Kafka, and to the outbox while Kafka is away: so who publishes waits for PUBLISH_PATIENCE_MS once
 * an outage, and need not keep in memory what would die with the process. The relay moves them once Kafka is back.
 */
import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { SqlStore } from '../sql-store/sql-store.ts';
import type { EventColumns } from './event-columns.ts';
import { type Moved, NOTHING_MOVED } from './event-store.ts';
import { createKafkaAppender, Overtaken } from './kafka-appender.ts';
import type { KafkaCluster } from './kafka-cluster.ts';
import { failureOf, KafkaFailure } from './kafka-failure.ts';
import { appendPublished, isInOutbox } from './kafka-log-queries.ts';
import { topicsOf, type UnloggedEvent } from './kafka-records.ts';

/**
 * For a broker that takes connections and does not answer. One that is well takes some milliseconds; what is given to
 * the outbox in vain costs a row and its deletion.
 */
export const PUBLISH_PATIENCE_MS = 500;
/** Publishers of the same partition in other processes overtake each other so often at most. */
const TRIES_MAX = 20;

export interface KafkaPublisherDeps {
  readonly sqlStore: SqlStore;
  /** Its failures are KafkaFailures. */
  readonly cluster: Pick<KafkaCluster, 'produce'>;
  readonly process: string;
  readonly clock: Clock;
}

/** One call at a time, as `EventStore.publish`. */
export function createKafkaPublisher({ sqlStore, cluster, process, clock }: KafkaPublisherDeps) {
  const appender = createKafkaAppender({ cluster: impatient(cluster, clock), process });
  /** The last one that went to the outbox. What is published after it must not overtake it. */
  let waitingId: number | undefined;

  async function toKafka(columns: EventColumns): Promise<Moved> {
    const events = unloggedOf(columns, new Date(clock.nowMs()));
    const topics = topicsOf(events);
    for (let tries = 1; ; tries += 1) {
      try {
        const logged = await sqlStore.transaction((transaction) =>
          appender.append(transaction, events, { numbered: false, wantedTopics: topics }),
        );
        return { left: 'nothing', topics, events: logged };
      } catch (error) {
        if (!(error instanceof Overtaken) || tries === TRIES_MAX) throw error;
      }
    }
  }

  async function toOutbox(columns: EventColumns): Promise<Moved> {
    const [added] = await sqlStore.query(appendPublished, columns);
    waitingId = added?.last_id;
    return NOTHING_MOVED;
  }

  async function mustWait(): Promise<boolean> {
    if (waitingId === undefined) return false;
    const [found] = await sqlStore.query(isInOutbox, [waitingId]);
    if (found?.waits !== true) waitingId = undefined;
    return waitingId !== undefined;
  }

  return async (columns: EventColumns): Promise<Moved> => {
    if (await mustWait()) return toOutbox(columns);
    try {
      return await toKafka(columns);
    } catch (error) {
      // Nothing of it is in the log, whatever Kafka has taken.
      if (isAway(error)) return toOutbox(columns);
      throw failureOf(error);
    }
  };
}

function isAway(error: unknown): boolean {
  if (!(error instanceof KafkaFailure) || !(error.cause instanceof AppError)) return false;
  return error.cause.code === 'unavailable' || error.cause.code === 'timeout';
}

/** What Kafka takes later is in no head of the log, so nobody reads it. */
function impatient(cluster: Pick<KafkaCluster, 'produce'>, clock: Clock): Pick<KafkaCluster, 'produce'> {
  return {
    async produce(batches) {
      const answered = new AbortController();
      const tooLate = clock.sleep(PUBLISH_PATIENCE_MS, answered.signal).then(() => {
        if (!answered.signal.aborted) throw slow();
        return [];
      });
      try {
        return await Promise.race([cluster.produce(batches), tooLate]);
      } finally {
        answered.abort();
      }
    },
  };
}

function slow(): KafkaFailure {
  const cause = new AppError('timeout', 'The event log is slow. Try again shortly.');
  return new KafkaFailure(cause.message, { cause });
}

function unloggedOf(columns: EventColumns, createdAt: Date): UnloggedEvent[] {
  const [shards, topics, partitions, keys, kinds, payloads, traceparents] = columns;
  return topics.map((topic, index) => ({
    id: undefined,
    topic,
    shard: shards[index] ?? 0,
    partition: partitions[index] ?? 0,
    key: keys[index] ?? 0,
    kind: kinds[index] ?? '',
    payload: payloads[index] ?? '',
    traceparent: traceparents[index] ?? null,
    created_at: createdAt,
  }));
}
