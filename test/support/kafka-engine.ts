import { systemClock, systemRandomness } from '../../src/core/clock.ts';
import type { KafkaCluster } from '../../src/ports/event-log/kafka-cluster.ts';
import { createKafkaCluster } from '../../src/ports/event-log/platformatic-kafka-cluster.ts';
import { kafkaJars } from './kafka-broker.ts';
import { describeOnBackend } from './required-backends.ts';

/** The broker of this test run. */
export interface KafkaEngine {
  readonly name: string;
  /** A client of topics that only this test uses, by their prefix. */
  connect(prefix: string): KafkaCluster;
  /** As GROUNDSWELL_EVENT_LOG_URL. */
  urlOf(prefix: string): string;
}

/** Describes `suite` on the broker of this test run, if there is one. */
export function describeOnKafka(subject: string, suite: (engine: KafkaEngine) => void): void {
  const url = process.env['GROUNDSWELL_TEST_KAFKA_URL'];
  const engine = url === undefined ? undefined : engineAt(url);
  describeOnBackend(
    subject,
    { backend: 'kafka', engine, remedy: 'set GROUNDSWELL_TEST_KAFKA_URL, as .ci/run does' },
    suite,
  );
}

/** The same for suites that start brokers of their own, which they stop and start again. */
export function describeOnKafkaJars(subject: string, suite: (jars: string) => void): void {
  const remedy = 'set GROUNDSWELL_TEST_KAFKA_JARS, as .ci/run does';
  describeOnBackend(subject, { backend: 'kafka', engine: kafkaJars(), remedy }, suite);
}

export function newPrefix(): string {
  return `test-${systemRandomness.uuid().slice(0, 8)}.`;
}

export function connectKafka(address: string, prefix: string): KafkaCluster {
  const plain = { replicas: undefined, tls: false, login: undefined };
  return createKafkaCluster({ brokers: [address], prefix, ...plain, clock: systemClock });
}

function engineAt(url: string): KafkaEngine {
  const address = url.replace('kafka://', '');
  return {
    name: 'Kafka',
    connect: (prefix) => connectKafka(address, prefix),
    urlOf: (prefix) => `${url}?prefix=${prefix}`,
  };
}
