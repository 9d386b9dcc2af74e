/**
 * Shows Kafka's own tools how far the groups are, as offsets committed there, some seconds late. Nothing here reads
 * them: what counts is in the database.
 */
import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import type { SqlStore } from '../sql-store/sql-store.ts';
import type { KafkaCluster, KafkaPlace } from './kafka-cluster.ts';
import { type GroupPlaceRow, listGroupPlaces } from './kafka-log-queries.ts';
import { pieceAt } from './kafka-runs.ts';

export interface KafkaGroupOffsets {
  /** The group has handled something. */
  passed(group: string): void;
  close(): Promise<void>;
}

/** Tools look now and then; a commit costs Kafka a record for each partition. */
const COMMIT_EVERY_MS = 5_000;

export function createKafkaGroupOffsets(deps: {
  readonly sqlStore: SqlStore;
  readonly cluster: Pick<KafkaCluster, 'commit'>;
  readonly clock: Clock;
  readonly log: Log;
}): KafkaGroupOffsets {
  const { sqlStore, cluster, clock, log } = deps;
  const closed = new AbortController();
  const moved = new Set<string>();
  let running: Promise<void> | undefined;

  async function run(): Promise<void> {
    await clock.sleep(COMMIT_EVERY_MS, closed.signal);
    const groups = [...moved];
    moved.clear();
    for (const group of groups) {
      await commit(group).catch((error: unknown) =>
        log.debug({ err: error, group }, 'Kafka was not told how far a group is'),
      );
    }
  }

  async function commit(group: string): Promise<void> {
    const places = (await sqlStore.query(listGroupPlaces, [group])).flatMap(placeInKafka);
    if (places.length > 0) await cluster.commit(group, places);
  }

  function passed(group: string): void {
    moved.add(group);
    if (closed.signal.aborted) return;
    running ??= run().finally(() => {
      running = undefined;
      const [more] = moved;
      if (more !== undefined) passed(more);
    });
  }

  return {
    passed,
    async close() {
      closed.abort();
      await running;
    },
  };
}

/** None where the group stands before what is in Kafka. */
function placeInKafka(row: GroupPlaceRow): KafkaPlace[] {
  const { topic, partition, from, next_offset: end, kafka_end: kafkaEnd, kafka_next: kafkaNext } = row;
  if (from >= end)
    return kafkaEnd === end && kafkaNext !== null ? [{ topic, partition, offset: kafkaNext }] : [];
  const piece = pieceAt(row);
  return piece.in === 'kafka' ? [{ topic, partition, offset: piece.kafkaOffset }] : [];
}
