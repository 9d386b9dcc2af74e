/**
 * A process of its own with the event log in Kafka, for tests that kill it: DATABASE, KAFKA, GROUP and TOPIC are its
 * arguments. As a consumer it writes each event into the table `effects`. As a relay (`relay`, in place of a group) it
 * says so once Kafka has taken events, and never comes to write that down.
 */
import { systemClock, systemRandomness } from '../../src/core/clock.ts';
import { createKafkaEventLog } from '../../src/ports/event-log/kafka-event-log.ts';
import { createPostgresSqlStore } from '../../src/ports/sql-store/postgres-sql-store.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { addLoggedEffects } from './effects-queries.ts';
import { connectKafka } from './kafka-broker.ts';

const [databaseUrl = '', kafkaUrl = '', group = '', topic = ''] = process.argv.slice(2);
const log = createLog({ level: 'silent', pretty: false });
const sqlStore = createPostgresSqlStore({ connection: { url: databaseUrl }, clock: systemClock, log });
const cluster = connectKafka(kafkaUrl);
const eventLog = createKafkaEventLog({
  sqlStore,
  cluster: group === 'relay' ? { ...cluster, produce } : cluster,
  clock: systemClock,
  randomness: systemRandomness,
  log,
  pollEveryMs: 500,
});

async function produce(...args: Parameters<typeof cluster.produce>): Promise<never> {
  await cluster.produce(...args);
  process.stdout.write('produced\n');
  return new Promise(() => undefined);
}

if (group === 'relay') {
  await eventLog.tail({ topics: [topic], hear: () => undefined });
} else {
  await eventLog.subscribe({
    group,
    topics: [topic],
    from: 'beginning',
    batchMax: 20,
    handle: (events, transaction) => addLoggedEffects(transaction, events),
  });
  process.stdout.write('subscribed\n');
}
