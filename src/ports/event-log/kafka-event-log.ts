/** The event log in Kafka: events there; outbox, offsets, positions and what failed in the database. */

import type { EventLog } from './event-log.ts';
import type { KafkaCluster } from './kafka-cluster.ts';
import { createKafkaEventStore } from './kafka-event-store.ts';
import { createOutboxLog, type EventLogOptions } from './outbox-log.ts';

export interface KafkaEventLogOptions extends EventLogOptions {
  /** Closed with the log. */
  readonly cluster: KafkaCluster;
}

export function createKafkaEventLog(options: KafkaEventLogOptions): EventLog {
  const { sqlStore, ownSqlStore = sqlStore, randomness, cluster, clock, log } = options;
  const process = randomness.uuid();
  const store = createKafkaEventStore({ sqlStore, ownSqlStore, cluster, process, clock, log });
  return createOutboxLog({ ...options, process, store });
}
