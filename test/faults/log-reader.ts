/** Somebody outside who reads the topic of posts as it grows, and all of it again when the run has ended. */

import type { Environment } from '../../src/config/env.ts';
import { systemClock, systemRandomness } from '../../src/core/clock.ts';
import { concurrently } from '../../src/core/concurrently.ts';
import { parseClusterUrl } from '../../src/core/postgres-cluster.ts';
import type { HistoryRecorder } from '../../src/history/history-recorder.ts';
import { type EventLog, type LoggedEvent, PARTITIONS } from '../../src/ports/event-log/event-log.ts';
import { createKafkaEventLog } from '../../src/ports/event-log/kafka-event-log.ts';
import { createPostgresCluster } from '../../src/ports/sql-store/postgres-cluster.ts';
import { createPostgresSqlStore } from '../../src/ports/sql-store/postgres-sql-store.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { connectKafka } from '../support/kafka-broker.ts';

export interface LogReader {
  /** Reads on until nothing more comes, then all since the beginning. */
  finish(): Promise<void>;
  close(): Promise<void>;
}

const TOPIC = 'posts';
const READ_AT_ONCE = 200;
const PAUSE_MS = 200;
/** By then whatever was away is there again. */
const TRIES_MAX = 100;

export async function openLogReader(environment: Environment, recorder: HistoryRecorder): Promise<LogReader> {
  const { eventLog, close } = openLog(environment);
  const startedAt = await insist(() => positionsNow(eventLog));
  const reachedAt = [...startedAt];
  let stopping = false;

  /** Answers how many there were. */
  async function readOn(reader: string, positions: number[], partition: number): Promise<number> {
    const from = positions[partition] ?? 0;
    const range = { topic: TOPIC, partition, from, to: from + READ_AT_ONCE };
    const events = await eventLog.read([range], READ_AT_ONCE);
    if (events.length === 0) return 0;
    record(recorder, { reader, complete: false, partition }, events);
    positions[partition] = (events.at(-1)?.offset ?? from) + 1;
    return events.length;
  }

  async function follow(): Promise<void> {
    while (!stopping) {
      for (let partition = 0; partition < PARTITIONS; partition += 1)
        // Whatever is away comes back, and nothing may be missing then.
        await readOn('follower', reachedAt, partition).catch(() => 0);
      await systemClock.sleep(PAUSE_MS);
    }
  }

  async function readAll(partition: number): Promise<void> {
    const events: LoggedEvent[] = [];
    for (let from = startedAt[partition] ?? 0; ; from = (events.at(-1)?.offset ?? from) + 1) {
      const range = { topic: TOPIC, partition, from, to: from + READ_AT_ONCE };
      const more = await insist(() => eventLog.read([range], READ_AT_ONCE));
      events.push(...more);
      if (more.length === 0) break;
    }
    record(recorder, { reader: 'whole', complete: true, partition }, events);
  }

  const following = follow();
  return {
    async finish() {
      stopping = true;
      await following;
      await concurrently(PARTITIONS, readAll, 1);
    },
    async close() {
      stopping = true;
      await following;
      await close();
    },
  };
}

async function insist<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await ask();
    } catch (error) {
      if (tries === TRIES_MAX) throw error;
      await systemClock.sleep(PAUSE_MS);
    }
  }
}

function openLog(environment: Environment): { readonly eventLog: EventLog; close(): Promise<void> } {
  const url = environment['GROUNDSWELL_DATABASE_URL'] ?? '';
  const log = createLog({ level: 'silent', pretty: false });
  const deps = { clock: systemClock, log };
  const parsed = parseClusterUrl(url);
  const cluster =
    'nodes' in parsed && parsed.nodes.length > 1
      ? createPostgresCluster({ ...deps, nodes: parsed.nodes })
      : undefined;
  const connection = cluster === undefined ? { url } : { primary: cluster.primary };
  const sqlStore = createPostgresSqlStore({ ...deps, connection, poolSize: 2 });
  const kafka = connectKafka(environment['GROUNDSWELL_EVENT_LOG_URL'] ?? '');
  const eventLog = createKafkaEventLog({ ...deps, sqlStore, randomness: systemRandomness, cluster: kafka });
  return {
    eventLog,
    async close() {
      await eventLog.close();
      await sqlStore.close();
      await cluster?.close();
    },
  };
}

async function positionsNow(eventLog: EventLog): Promise<number[]> {
  const tail = await eventLog.tail({ topics: [TOPIC], hear: () => undefined });
  const positions = Array.from({ length: PARTITIONS }, () => 0);
  for (const { partition, offset } of tail.startedAt) positions[partition] = offset;
  await tail.close();
  return positions;
}

interface LogReading {
  readonly reader: string;
  readonly complete: boolean;
  readonly partition: number;
}

function record(
  recorder: HistoryRecorder,
  { partition, ...value }: LogReading,
  events: readonly LoggedEvent[],
): void {
  const pending = recorder.invoke({ f: 'read-log', key: `${TOPIC}/${partition}`, value });
  pending.ok({
    events: events.map(({ offset, key, kind, payload }) => {
      const postId = kind === 'created' ? payload['post_id'] : undefined;
      return { offset, key: String(key), post_id: typeof postId === 'string' ? postId : null };
    }),
  });
}
