/** The event log: its events in the database, or in Kafka. */
import { wrapPort } from '../resilience/wrap-port.ts';
import type { EventLog } from './event-log/event-log.ts';
import type { KafkaCluster } from './event-log/kafka-cluster.ts';
import { KAFKA_CLUSTER_POLICIES } from './event-log/kafka-cluster-policies.ts';
import { createKafkaEventLog } from './event-log/kafka-event-log.ts';
import type { EventLogOptions } from './event-log/outbox-log.ts';
import { createPostgresEventLog } from './event-log/postgres-event-log.ts';
import type { PortsOptions } from './ports-options.ts';
import type { SqlStore } from './sql-store/sql-store.ts';

interface Stores {
  readonly sqlStore: SqlStore;
  readonly ownSqlStore: SqlStore;
}

/** Requests that wait for brokers; relay, tails and consumers have one each at most. */
const BULKHEAD = { concurrencyMax: 64, queueMax: 256, queueAgeMaxMs: 2_000 };

export async function openEventLog(stores: Stores, options: PortsOptions): Promise<EventLog> {
  const { metrics, config } = options;
  const logOptions: EventLogOptions = {
    ...options,
    ...stores,
    observer: {
      handled(group, topic, events, latencyMs) {
        metrics.eventsHandled(group, topic, events, latencyMs / 1_000);
      },
      retried: (group, topic) => metrics.eventFailed(group, topic, 'retry'),
      deadLettered: (group, topic) => metrics.eventFailed(group, topic, 'dead'),
    },
  };
  const { eventLogKafka: address } = config;
  const eventLog =
    address === undefined
      ? createPostgresEventLog(logOptions)
      : createKafkaEventLog({ ...logOptions, cluster: await openKafka(options, address) });
  metrics.watchLag(() => eventLog.lag());
  metrics.watchOutbox(() => eventLog.outboxAgeMs());
  return eventLog;
}

/**
 * Requests are served without Kafka: events gather in the outbox. Its client is loaded only here, for it compiles schemas
 * as it is: half of what a start without it takes.
 */
async function openKafka(
  options: PortsOptions,
  address: NonNullable<PortsOptions['config']['eventLogKafka']>,
): Promise<KafkaCluster> {
  const { createKafkaCluster } = await import('./event-log/platformatic-kafka-cluster.ts');
  const { clock, health } = options;
  const cluster = createKafkaCluster({ address, clock });
  health.addCheck('kafka', () => cluster.ping(), { optional: true });
  return wrapPort<KafkaCluster>(cluster, {
    name: 'kafka',
    methods: KAFKA_CLUSTER_POLICIES,
    bulkhead: BULKHEAD,
    deps: options,
  });
}
