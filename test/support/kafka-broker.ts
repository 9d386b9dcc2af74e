/**
 * A Kafka broker of its own on free ports in a temporary folder: Apache's jars on the machine's Java, one node that is
 * broker and controller (KRaft). GROUNDSWELL_TEST_KAFKA_JARS names the folder of the jars.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Admin } from '@platformatic/kafka';
import { systemClock } from '../../src/core/clock.ts';
import { assert } from '../../src/core/errors.ts';
import { parseKafkaUrl } from '../../src/core/kafka-address.ts';
import type { KafkaCluster } from '../../src/ports/event-log/kafka-cluster.ts';
import { createKafkaCluster } from '../../src/ports/event-log/platformatic-kafka-cluster.ts';
import { until } from './until.ts';

export interface KafkaBroker {
  /** `127.0.0.1:port`; the same after a restart. */
  readonly address: string;
  readonly url: string;
  start(): Promise<void>;
  /** As if its power had gone. */
  kill(): Promise<void>;
  /** It takes connections and answers nothing, until it goes on. */
  freeze(): void;
  goOn(): void;
  /** Stops it for good and removes its folder. */
  close(): Promise<void>;
}

/** Any 16 bytes in base64. */
const CLUSTER_ID = 'MkU3OEVBNTcwNTJENDM2Qk';
/** Some 5 s of CPU time. */
const START_TIMEOUT_MS = 120_000;
const LOOK_EVERY_MS = 100;
/** A test's broker holds little, and there may be several. */
const JAVA_OPTIONS = ['-Xms128m', '-Xmx384m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto'];

export function connectKafka(url: string): KafkaCluster {
  const address = parseKafkaUrl(url);
  assert(address !== undefined, `${url} is the URL of a Kafka cluster`);
  return createKafkaCluster({ address, clock: systemClock });
}

/** As an operator might. */
export function deleteTopic(url: string, topic: string): Promise<void> {
  return withAdmin(url, (admin, prefix) => admin.deleteTopics({ topics: [prefix + topic] }));
}

/** What Kafka's tools say of a group; -1 before it has committed anything. */
export function committedOffset(
  url: string,
  group: string,
  topic: string,
  partition: number,
): Promise<number> {
  return withAdmin(url, async (admin, prefix) => {
    const topics = [{ name: prefix + topic, partitionIndexes: [partition] }];
    const [found] = await admin.listConsumerGroupOffsets({ groups: [{ groupId: prefix + group, topics }] });
    return Number(found?.topics[0]?.partitions[0]?.committedOffset ?? -1);
  });
}

async function withAdmin<Result>(
  url: string,
  work: (admin: Admin, prefix: string) => Promise<Result>,
): Promise<Result> {
  const address = parseKafkaUrl(url);
  assert(address !== undefined, `${url} is the URL of a Kafka cluster`);
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: [...address.brokers] });
  try {
    return await work(admin, address.prefix);
  } finally {
    await admin.close();
  }
}

export function kafkaJars(): string | undefined {
  const folder = process.env['GROUNDSWELL_TEST_KAFKA_JARS'];
  return folder !== undefined && existsSync(folder) ? folder : undefined;
}

/** Formats its folder and starts it. */
export async function startKafkaBroker(jars: string): Promise<KafkaBroker> {
  const folder = await mkdtemp(path.join(tmpdir(), 'groundswell-kafka-'));
  const [port, controllerPort] = [await freePort(), await freePort()];
  const address = `127.0.0.1:${port}`;
  const settings = path.join(folder, 'server.properties');
  await writeFile(settings, settingsOf(folder, port, controllerPort));
  await writeFile(path.join(folder, 'log4j2.properties'), 'rootLogger.level = error\n');
  const java = (main: string, ...args: string[]): ChildProcess =>
    spawn(
      'java',
      [
        ...JAVA_OPTIONS,
        `-Dlog4j2.configurationFile=${path.join(folder, 'log4j2.properties')}`,
        '-cp',
        path.join(jars, '*'),
        main,
        ...args,
      ],
      { stdio: 'ignore' },
    );
  let broker: ChildProcess | undefined;

  async function start(): Promise<void> {
    broker = java('kafka.Kafka', settings);
    await until(() => answers(address), START_TIMEOUT_MS);
  }

  async function kill(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    if (broker === undefined || broker.exitCode !== null || broker.signalCode !== null) return;
    const gone = once(broker, 'exit');
    broker.kill(signal);
    await gone;
  }

  const format = java('kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', settings);
  const [code] = await once(format, 'exit');
  if (code !== 0) throw new Error(`Kafka's folder could not be formatted (${code})`);
  await start();
  return {
    address,
    url: `kafka://${address}`,
    start,
    kill: () => kill(),
    freeze: () => void broker?.kill('SIGSTOP'),
    goOn: () => void broker?.kill('SIGCONT'),
    async close() {
      await kill('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function settingsOf(folder: string, port: number, controllerPort: number): string {
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'log.dirs': path.join(folder, 'data'),
    'default.replication.factor': 1,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 1,
    'auto.create.topics.enable': false,
    'num.network.threads': 2,
    'num.io.threads': 2,
    'log.cleaner.enable': false,
    'group.initial.rebalance.delay.ms': 0,
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

async function answers(address: string): Promise<boolean> {
  // Java needs the processor more than whoever waits for it.
  await systemClock.sleep(LOOK_EVERY_MS);
  if (!(await isListening(address))) return false;
  const cluster = connectKafka(`kafka://${address}`);
  try {
    await cluster.ping();
    return true;
  } catch {
    return false;
  } finally {
    await cluster.close();
  }
}

function isListening(address: string): Promise<boolean> {
  const [host = '', port] = address.split(':');
  return new Promise((resolve) => {
    const socket = connect(Number(port), host, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
