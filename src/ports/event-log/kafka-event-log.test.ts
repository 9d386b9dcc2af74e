import { after, before } from 'node:test';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { connectKafka } from '../../../test/support/kafka-broker.ts';
import { describeOnKafka } from '../../../test/support/kafka-engine.ts';
import { systemClock, systemRandomness } from '../../core/clock.ts';
import { createLog } from '../../telemetry/log.ts';
import { createPostgresSqlStore } from '../sql-store/postgres-sql-store.ts';
import { eventLogContract } from './event-log.contract.ts';
import { eventTailContract } from './event-tail.contract.ts';
import { createKafkaEventLog } from './kafka-event-log.ts';

const log = createLog({ level: 'silent', pretty: false });
const HOUR_MS = 3_600_000;
const RETRY_SOON = { delayMsMin: 2, delayMsMax: 10 };

describeOnKafka('createKafkaEventLog', (engine) => {
  let database: TestDatabase;
  const url = engine.newUrl();
  before(async () => {
    database = await createTestDatabase();
  });
  after(() => database.close());

  async function openProcess() {
    const sqlStore = createPostgresSqlStore({ connection: database.connection, clock: systemClock, log });
    const eventLog = createKafkaEventLog({
      sqlStore,
      cluster: connectKafka(url),
      clock: systemClock,
      randomness: systemRandomness,
      log,
      pollEveryMs: HOUR_MS,
      retryDelays: RETRY_SOON,
    });
    return {
      sqlStore,
      eventLog,
      async close() {
        await eventLog.close();
        await sqlStore.close();
      },
    };
  }

  eventLogContract(engine.name, { open: openProcess });
  eventTailContract(engine.name, { open: openProcess, monotonicMs: systemClock.monotonicMs });
});
