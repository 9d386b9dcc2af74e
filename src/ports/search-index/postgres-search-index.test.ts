import { after, before } from 'node:test';
import { describeOnPostgres, type EngineDatabase } from '../../../test/support/postgres-engines.ts';
import { systemClock } from '../../core/clock.ts';
import { createLog } from '../../telemetry/log.ts';
import { createPostgresSqlStore } from '../sql-store/postgres-sql-store.ts';
import type { SqlStore } from '../sql-store/sql-store.ts';
import { createPostgresSearchIndex } from './postgres-search-index.ts';
import { searchIndexContract } from './search-index.contract.ts';

describeOnPostgres('createPostgresSearchIndex', (engine) => {
  let database: EngineDatabase;
  let sqlStore: SqlStore;
  before(async () => {
    database = await engine.createDatabase();
    const log = createLog({ level: 'silent', pretty: false });
    sqlStore = createPostgresSqlStore({ connection: database.connection, clock: systemClock, log });
  });
  after(() => database.drop());

  searchIndexContract(engine.name, {
    open: async () => createPostgresSearchIndex({ sql: sqlStore, clock: systemClock }),
    clear: async () => void (await database.run('TRUNCATE search_posts, search_users, search_tags')),
    close: () => sqlStore.close(),
  });
});
