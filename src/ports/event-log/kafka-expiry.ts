/** Deletes from Kafka what is old enough and what every group has passed: Kafka itself would not ask who has read it. */
import type { Clock } from '../../core/clock.ts';
import type { SqlStore } from '../sql-store/sql-store.ts';
import { EVENT_RETENTION_MS } from './event-log.ts';
import type { KafkaCluster, KafkaPlace } from './kafka-cluster.ts';
import { deleteRuns, type ExpirableRun, listExpirableRuns, shortenRuns } from './kafka-log-queries.ts';
import { placeOf } from './kafka-runs.ts';
import { deleteFromTable } from './postgres-event-store.ts';

/** A run that begins later by so many events; `over`: nothing is left of it. */
export interface ShorterRun {
  readonly run: ExpirableRun;
  readonly by: number;
  readonly over: boolean;
}

export interface KafkaExpiry {
  deleteExpired(signal: AbortSignal): Promise<number>;
}

export function createKafkaExpiry(deps: {
  readonly sqlStore: SqlStore;
  readonly cluster: Pick<KafkaCluster, 'offsetsAt' | 'deleteBefore'>;
  readonly clock: Clock;
}): KafkaExpiry {
  const { sqlStore, cluster, clock } = deps;

  /** First in the database, so that nobody looks for what is gone. What a crash leaves in Kafka, the next call deletes. */
  async function deleteFromKafka(): Promise<number> {
    const runs = await sqlStore.query(listExpirableRuns, []);
    if (runs.length === 0) return 0;
    const firsts = [...new Map(runs.map((run) => [placeOf(run), run])).values()];
    const young = await cluster.offsetsAt(firsts, clock.nowMs() - EVENT_RETENTION_MS);
    const shorter = shorterRuns(runs, young);
    await shorten(shorter);
    await cluster.deleteBefore(beginnings(runs, shorter));
    return shorter.reduce((sum, { by }) => sum + by, 0);
  }

  async function shorten(shorter: readonly ShorterRun[]): Promise<void> {
    const columns = (some: readonly ShorterRun[]) =>
      [
        some.map(({ run }) => run.topic),
        some.map(({ run }) => run.partition),
        some.map(({ run }) => run.offset),
      ] as const;
    const over = shorter.filter((each) => each.over);
    const left = shorter.filter((each) => !each.over);
    if (over.length > 0) await sqlStore.query(deleteRuns, [...columns(over)]);
    if (left.length > 0) await sqlStore.query(shortenRuns, [...columns(left), left.map(({ by }) => by)]);
  }

  return {
    async deleteExpired(signal) {
      const ofTable = await deleteFromTable(sqlStore, signal);
      return signal.aborted ? ofTable : ofTable + (await deleteFromKafka());
    },
  };
}

/** Those of which something is both before `young`, by Kafka's offsets, and passed. The last of a partition keeps an event. */
export function shorterRuns(runs: readonly ExpirableRun[], young: readonly KafkaPlace[]): ShorterRun[] {
  const cuts = new Map(young.map((place) => [placeOf(place), place.offset]));
  return runs.flatMap((run) => {
    const { offset, end_offset: end, is_last: isLast, kafka_offset: kafkaOffset, passed } = run;
    // Of a topic that is gone nothing can be read, however young it is.
    const old = run.is_current ? offset + ((cuts.get(placeOf(run)) ?? 0) - kafkaOffset) : end;
    const first = Math.min(old, passed, isLast ? end - 1 : end);
    return first > offset ? [{ run, by: first - offset, over: first === end }] : [];
  });
}

/** Where each partition begins in Kafka by now. */
function beginnings(runs: readonly ExpirableRun[], shorter: readonly ShorterRun[]): KafkaPlace[] {
  const changes = new Map(shorter.map((each) => [each.run, each]));
  const places = new Map<string, KafkaPlace>();
  for (const run of runs.filter((each) => each.is_current)) {
    const change = changes.get(run);
    if (change?.over === true || places.has(placeOf(run))) continue;
    const { topic, partition, kafka_offset: kafkaOffset } = run;
    places.set(placeOf(run), { topic, partition, offset: kafkaOffset + (change?.by ?? 0) });
  }
  return [...places.values()];
}
