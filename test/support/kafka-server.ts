/** `node dist/test/support/kafka-server.js`: a broker for a whole run of tests. Says its URL, and stops with SIGTERM. */
import { once } from 'node:events';
import { kafkaJars, startKafkaBroker } from './kafka-broker.ts';

const jars = kafkaJars();
if (jars === undefined) throw new Error('GROUNDSWELL_TEST_KAFKA_JARS must be the folder of the jars');
const broker = await startKafkaBroker(jars);
console.log(broker.url);
await once(process, 'SIGTERM');
await broker.close();
