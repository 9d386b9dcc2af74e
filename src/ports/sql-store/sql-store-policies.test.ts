import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { describeOnPostgres, type EngineDatabase } from '../../../test/support/postgres-engines.ts';
import { systemClock, systemRandomness } from '../../core/clock.ts';
import { wrapPort } from '../../resilience/wrap-port.ts';
import { createLog } from '../../telemetry/log.ts';
import { createMetrics } from '../../telemetry/metrics.ts';
import { tracingOff } from '../../telemetry/trace.ts';
import { createPostgresSqlStore } from './postgres-sql-store.ts';
import { readStatement, type SqlStore } from './sql-store.ts';
import { sqlStoreBulkhead, sqlStorePolicies } from './sql-store-policies.ts';

const CONNECTIONS = 4;
const log = createLog({ level: 'silent', pretty: false });
const one = readStatement<[], { one: number }>('test_policies_one', 'SELECT 1 AS one');

describeOnPostgres('the wrapped sql-store', (engine) => {
  let database: EngineDatabase;
  let store: SqlStore;
  before(async () => {
    database = await engine.createDatabase({ migrated: false });
    const pool = { connection: database.connection, poolSize: CONNECTIONS, clock: systemClock, log };
    store = wrapPort<SqlStore>(createPostgresSqlStore(pool), {
      name: 'sql-store',
      methods: sqlStorePolicies(CONNECTIONS),
      bulkhead: sqlStoreBulkhead(CONNECTIONS),
      deps: {
        ...{ clock: systemClock, randomness: systemRandomness, log },
        ...{ metrics: createMetrics({ version: 'test' }), tracing: tracingOff },
      },
    });
  });
  after(async () => {
    await store.close();
    await database.drop();
  });

  it('has connections left for what is read beside as many transactions as there are', async () => {
    const transactions = Array.from({ length: 10 * CONNECTIONS }, () =>
      store.transaction(async (transaction) => [
        ...(await transaction.query(one, [])),
        ...(await store.query(one, [])),
      ]),
    );
    for (const rows of await Promise.all(transactions)) assert.deepEqual(rows, [{ one: 1 }, { one: 1 }]);
  });
});
