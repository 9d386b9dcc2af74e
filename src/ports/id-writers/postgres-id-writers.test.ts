import { after, before } from 'node:test';
import { describeOnPostgres, type EngineDatabase } from '../../../test/support/postgres-engines.ts';
import { systemClock } from '../../core/clock.ts';
import { createLog } from '../../telemetry/log.ts';
import { createPostgresSqlStore } from '../sql-store/postgres-sql-store.ts';
import type { SqlStore } from '../sql-store/sql-store.ts';
import { idWritersContract } from './id-writers.contract.ts';
import { createPostgresIdWriters } from './postgres-id-writers.ts';

describeOnPostgres('createPostgresIdWriters', (engine) => {
  let database: EngineDatabase;
  let sqlStore: SqlStore;
  before(async () => {
    database = await engine.createDatabase();
    const log = createLog({ level: 'silent', pretty: false });
    sqlStore = createPostgresSqlStore({ connection: database.connection, clock: systemClock, log });
  });
  after(() => database.drop());

  idWritersContract(engine.name, {
    async open() {
      await database.run("UPDATE id_writers SET holder = NULL, lease_until = '-infinity', high_water_ms = 0");
      return createPostgresIdWriters(sqlStore);
    },
    close: () => sqlStore.close(),
  });
});
