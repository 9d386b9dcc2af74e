/** The sql-store as the product has it, with its chains of wrappers, on servers that come and go. */
import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { atEnd } from '../../test/support/at-end.ts';
import {
  type ReplicatedPostgres,
  replicatedPostgresBackend,
  startReplicatedPostgres,
} from '../../test/support/replicated-postgres.ts';
import { describeOnBackend } from '../../test/support/required-backends.ts';
import { until } from '../../test/support/until.ts';
import { loadConfig } from '../config/config.ts';
import { systemClock, systemRandomness } from '../core/clock.ts';
import { createPortStates } from '../resilience/port-states.ts';
import { createHealth } from '../telemetry/health.ts';
import { createLog } from '../telemetry/log.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { tracingOff } from '../telemetry/trace.ts';
import { openDatabase } from './open-database.ts';
import { openSqlStores } from './open-sql-store.ts';
import { readStatement } from './sql-store/sql-store.ts';

const one = readStatement<[], { one: number }>('stores_one', 'SELECT 1 AS one');

describeOnBackend('the sql-store on several servers', replicatedPostgresBackend(), (programs) => {
  it('asks a primary that was found at once, however long there was none', async (test) => {
    const postgres = await startReplicatedPostgres(programs, 1);
    atEnd(test, () => postgres.close());
    const [standby] = postgres.replicas;
    assert(standby !== undefined);
    const { stores, database, breaker } = await openStores(test, postgres);
    await stores.sql.query(one, []);
    await postgres.primary.kill();
    await until(async () => {
      await stores.sql.query(one, []).catch(() => undefined);
      return breaker() === 'open';
    });
    await standby.run('SELECT pg_promote()');
    await until(() => database.cluster?.primaryNode()?.name === standby.name);
    // Nobody has called meanwhile, so it has not been probed.
    assert.equal(breaker(), 'closed');
    assert.deepEqual(await stores.sql.query(one, []), [{ one: 1 }]);
  });
});

async function openStores(test: TestContext, { url }: ReplicatedPostgres) {
  const clock = systemClock;
  const config = loadConfig({ GROUNDSWELL_DATABASE_URL: url, GROUNDSWELL_DATABASE_POOL_SIZE: '4' });
  const log = createLog({ level: 'silent', pretty: false });
  const states = createPortStates();
  const database = await openDatabase({ config, log, clock, command: 'test' });
  atEnd(test, () => database.close());
  const stores = openSqlStores(database, {
    ...{ config, clock, log, states, randomness: systemRandomness, tracing: tracingOff, command: 'test' },
    ...{ metrics: createMetrics({ version: 'test' }), health: createHealth(clock) },
  });
  atEnd(test, () => stores.close());
  return {
    ...{ stores, database },
    breaker: () => states.get('sql-store')?.breaker(),
  };
}
