/** How the chain of wrappers treats each call to Kafka. */
import type { MethodPolicies } from '../../resilience/wrap-port.ts';
import type { KafkaCluster } from './kafka-cluster.ts';

/** Less than a transaction may take in which events are sent or read. */
const TOTAL_MS = 6_000;
const ONCE = { idempotent: false, totalMs: TOTAL_MS, tryMs: TOTAL_MS };
const REPEATABLE = { idempotent: true, totalMs: TOTAL_MS, tryMs: TOTAL_MS };

export const KAFKA_CLUSTER_POLICIES: MethodPolicies<KafkaCluster> = {
  createTopics: REPEATABLE,
  // What was sent twice is no part of the log, but the relay does better to look again at what it should send.
  produce: ONCE,
  fetch: REPEATABLE,
  offsetsAt: REPEATABLE,
  deleteBefore: REPEATABLE,
  commit: REPEATABLE,
};
