import { systemRandomness } from '../../src/core/clock.ts';
import { kafkaJars } from './kafka-broker.ts';
import { describeOnBackend } from './required-backends.ts';

/** The broker of this test run. */
export interface KafkaEngine {
  readonly name: string;
  /** As GROUNDSWELL_EVENT_LOG_URL, with topics that only this test uses. */
  newUrl(): string;
}

/** Describes `suite` on the broker of this test run, if there is one. */
export function describeOnKafka(subject: string, suite: (engine: KafkaEngine) => void): void {
  const url = process.env['GROUNDSWELL_TEST_KAFKA_URL'];
  const engine =
    url === undefined ? undefined : { name: 'Kafka', newUrl: () => `${url}?prefix=${newPrefix()}` };
  const remedy = 'set GROUNDSWELL_TEST_KAFKA_URL, as .ci/run does';
  describeOnBackend(subject, { backend: 'kafka', engine, remedy }, suite);
}

/** The same for suites that start a broker of their own, which they stop and start again. */
export function describeOnOwnKafka(subject: string, suite: (jars: string) => void): void {
  const remedy = 'set GROUNDSWELL_TEST_KAFKA_JARS, as .ci/run does';
  describeOnBackend(subject, { backend: 'kafka', engine: kafkaJars(), remedy }, suite);
}

function newPrefix(): string {
  return `test-${systemRandomness.uuid().slice(0, 8)}.`;
}
