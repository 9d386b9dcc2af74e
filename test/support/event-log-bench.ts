/**
 * `node dist/test/support/event-log-bench.js [ROUNDS]`: what the event log does by itself on each engine, one after the other in
 * each round: events moved by one relay, handled by one consumer, published, and the time from a commit to the handler.
 * Starts a PostgreSQL, and a broker if GROUNDSWELL_TEST_KAFKA_JARS names its jars. Prints medians.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { median } from '../../src/bench/statistics.ts';
import { formatTable } from '../../src/cli/table.ts';
import { systemClock, systemRandomness } from '../../src/core/clock.ts';
import type { EventLog, NewEvent } from '../../src/ports/event-log/event-log.ts';
import { createKafkaEventLog } from '../../src/ports/event-log/kafka-event-log.ts';
import { createPostgresEventLog } from '../../src/ports/event-log/postgres-event-log.ts';
import { openEmbeddedPostgres } from '../../src/ports/sql-store/embedded-postgres/embedded-postgres.ts';
import { migrate } from '../../src/ports/sql-store/migrate.ts';
import { createPostgresSqlStore } from '../../src/ports/sql-store/postgres-sql-store.ts';
import type { SqlStore } from '../../src/ports/sql-store/sql-store.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { type ProcessStat, processTree } from '../../src/telemetry/process-cpu.ts';
import { connectKafka, type KafkaBroker, kafkaJars, startKafkaBroker } from './kafka-broker.ts';
import { until } from './until.ts';

const EVENTS = 50_000;
const EVENTS_PER_APPEND = 1_000;
/** As a post's. */
const PAYLOAD_BYTES = 400;
const BATCHES_PUBLISHED = 500;
/** Of clicks: some hundred in an event. */
const PUBLISHED_BYTES = 10_000;
const LATENCIES = 200;
const WAIT_MS = 120_000;
const KEY = 1_500_000_000_000_000;
const log = createLog({ level: 'silent', pretty: false });
const clock = systemClock;

interface Cpu {
  readonly node: number;
  readonly postgres: number;
  readonly kafka: number;
}

interface Measured {
  readonly perS: number;
  /** Microseconds each. */
  readonly cpu: Cpu;
}

async function main(rounds: number): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'groundswell-event-log-'));
  const postgres = await openEmbeddedPostgres({ folder: path.join(folder, 'postgres'), log, clock });
  await migrate({ connection: postgres.connection, log, clock });
  const sqlStore = createPostgresSqlStore({ connection: postgres.connection, clock, log });
  const jars = kafkaJars();
  const broker = jars === undefined ? undefined : await startKafkaBroker(jars);
  const rows: Record<string, Measured[]> = {};
  const note = (name: string, measured: Measured): void => {
    rows[name] = [...(rows[name] ?? []), measured];
    console.error(name, Math.round(measured.perS));
  };
  for (let round = 0; round < rounds; round += 1) {
    for (const engine of broker === undefined ? ['postgres'] : ['postgres', 'kafka']) {
      const eventLog = openLog(engine, sqlStore, broker);
      await measureEngine(eventLog, sqlStore, `round_${'abcdefghij'[round]}_${engine}`, (name, measured) =>
        note(`${name}, ${engine}`, measured),
      );
      await eventLog.close();
    }
  }
  console.log(
    formatTable(
      ['WHAT', '/s', 'NODE us', 'POSTGRES us', 'KAFKA us'],
      Object.entries(rows).sort().map(summary),
    ),
  );
  await sqlStore.close();
  await broker?.close();
  await postgres.close();
  await rm(folder, { recursive: true, force: true });
}

function openLog(engine: string, sqlStore: SqlStore, broker: KafkaBroker | undefined): EventLog {
  const deps = { sqlStore, clock, randomness: systemRandomness, log };
  return engine === 'kafka' && broker !== undefined
    ? createKafkaEventLog({ ...deps, cluster: connectKafka(broker.url) })
    : createPostgresEventLog(deps);
}

async function measureEngine(
  eventLog: EventLog,
  sqlStore: SqlStore,
  topic: string,
  note: (name: string, measured: Measured) => void,
): Promise<void> {
  const event = (key: number, bytes: number, more: object = {}): NewEvent => {
    const payload = { text: 'x'.repeat(bytes), ...more };
    return { topic, key: KEY + key, kind: 'measured', payload, ownerId: KEY + key };
  };
  const isDone = async (group: string): Promise<boolean> =>
    (await eventLog.lag()).every((each) => each.group !== `${group}_${topic}` || each.waiting === 0);
  const subscribe = (group: string, handle: (latencyMs: number) => void) =>
    eventLog.subscribe({
      group: `${group}_${topic}`,
      topics: [topic],
      from: 'beginning',
      batchMax: 500,
      async handle(events) {
        for (const { payload } of events) handle(clock.monotonicMs() - Number(payload['atMs'] ?? 0));
      },
    });

  // A tail makes the topic ready; it hears of nothing but the latencies below.
  await (await eventLog.tail({ topics: [topic], hear: () => undefined })).close();
  await appendAll(eventLog, sqlStore, (n) => event(n, PAYLOAD_BYTES));
  note('moved by the relay', await measure(EVENTS, () => wakeAndMove(eventLog, topic)));
  let handled = 0;
  note(
    'handled by one consumer',
    await measure(EVENTS, async () => {
      const consumer = await subscribe('reader', () => {
        handled += 1;
      });
      await until(() => handled >= EVENTS, WAIT_MS);
      await until(() => isDone('reader'), WAIT_MS);
      await consumer.close();
    }),
  );
  note(
    'published, 10 kB each',
    await measure(BATCHES_PUBLISHED, async () => {
      for (let n = 0; n < BATCHES_PUBLISHED; n += 1) await eventLog.publish([event(n, PUBLISHED_BYTES)]);
    }),
  );
  const latenciesMs: number[] = [];
  const consumer = await subscribe('latency', (latencyMs) => latenciesMs.push(latencyMs));
  await until(() => isDone('latency'), WAIT_MS);
  latenciesMs.length = 0;
  for (let n = 0; n < LATENCIES; n += 1) {
    await sqlStore.transaction((transaction) =>
      eventLog.append(transaction, [event(n, PAYLOAD_BYTES, { atMs: clock.monotonicMs() })]),
    );
    await until(() => latenciesMs.length > n, WAIT_MS);
  }
  await consumer.close();
  const medianMs = median(latenciesMs) ?? Number.NaN;
  note('a second / median from append to handler', {
    perS: 1_000 / medianMs,
    cpu: { node: 0, postgres: 0, kafka: 0 },
  });
}

/** Nobody moves them yet: what is measured begins with all of them there. */
async function appendAll(
  eventLog: EventLog,
  sqlStore: SqlStore,
  eventOf: (n: number) => NewEvent,
): Promise<void> {
  for (let from = 0; from < EVENTS; from += EVENTS_PER_APPEND) {
    const events = Array.from({ length: EVENTS_PER_APPEND }, (_, n) => eventOf(from + n));
    await sqlStore.transaction(({ query }) =>
      eventLog.append({ query, afterCommit: () => undefined }, events),
    );
  }
}

async function wakeAndMove(eventLog: EventLog, topic: string): Promise<void> {
  const tail = await eventLog.tail({ topics: [`${topic}_none`], hear: () => undefined });
  await tail.catchUp();
  await tail.close();
}

async function measure(count: number, work: () => Promise<void>): Promise<Measured> {
  const [before, startMs] = [cpuMs(), clock.monotonicMs()];
  await work();
  const [after, tookMs] = [cpuMs(), clock.monotonicMs() - startMs];
  const each = (name: keyof Cpu): number => ((after[name] - before[name]) * 1_000) / count;
  return {
    perS: (count * 1_000) / tookMs,
    cpu: { node: each('node'), postgres: each('postgres'), kafka: each('kafka') },
  };
}

function cpuMs(): Cpu {
  const tree = processTree([process.pid]) ?? [];
  const sum = (has: (stat: ProcessStat) => boolean): number =>
    tree.filter(has).reduce((total, stat) => total + stat.cpuMs, 0);
  return {
    node: sum(({ pid }) => pid === process.pid),
    postgres: sum(({ name }) => name === 'postgres'),
    kafka: sum(({ name }) => name === 'java'),
  };
}

function summary([name, measured]: [string, Measured[]]): string[] {
  const of = (value: (one: Measured) => number): string =>
    String(Math.round(median(measured.map(value)) ?? 0));
  const { node, postgres, kafka } = {
    node: of(({ cpu }) => cpu.node),
    postgres: of(({ cpu }) => cpu.postgres),
    kafka: of(({ cpu }) => cpu.kafka),
  };
  return [name, of(({ perS }) => perS), node, postgres, kafka];
}

await main(Number(process.argv[2] ?? 3));
