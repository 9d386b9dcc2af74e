import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/database.ts';
import { systemClock } from '../../../core/clock.ts';
import { AppError } from '../../../core/errors.ts';
import type { EdgeEntry } from '../../../ports/edge-cache/edge-cache.ts';
import { createPostgresSqlStore } from '../../../ports/sql-store/postgres-sql-store.ts';
import { readStatement, type SqlStore, writeStatement } from '../../../ports/sql-store/sql-store.ts';
import { createLog } from '../../../telemetry/log.ts';
import { replaceLeasesByPurges } from './edge-purge-queries.ts';
import { createEdgePurges } from './edge-purges.ts';
import { createMediaAddresses } from './media-addresses.ts';

const clock = systemClock;
const log = createLog({ level: 'silent', pretty: false });
const KEY = 'a'.repeat(32);
const addresses = createMediaAddresses({ secret: Buffer.alloc(32), clock, publicUrl: () => '' });

describe('purges of edges', () => {
  let database: TestDatabase;
  let sql: SqlStore;
  /** What the edges were told; they do not hear while this is undefined. */
  let told: EdgeEntry[] | undefined;
  before(async () => {
    database = await createTestDatabase();
    sql = createPostgresSqlStore({ connection: database.connection, poolSize: 2, clock, log });
  });
  after(async () => {
    await sql.close();
    await database.close();
  });
  beforeEach(async () => {
    told = [];
    await run('DELETE FROM edge_purges');
    await run(
      `INSERT INTO blob_leases (blob_key, shard, owner_id, expires_at) VALUES ('${KEY}', 1, 1, now())`,
    );
    await sql.query(replaceLeasesByPurges, [[KEY]]);
  });

  const purges = () =>
    createEdgePurges({
      sql,
      addresses,
      log,
      edgeCache: {
        async purge(entries) {
          if (told === undefined) throw new AppError('unavailable', 'An edge is away.');
          told.push(...entries);
        },
      },
    });

  let statements = 0;
  async function run(text: string): Promise<void> {
    statements += 1;
    await sql.query(writeStatement(`test_purges_${statements}`, text), []);
  }

  async function left(): Promise<{ passes: number; pauseS: number }[]> {
    const text = `SELECT passes, round(extract(epoch FROM due_at - now()))::int AS "pauseS" FROM edge_purges`;
    return sql.query(readStatement<[], { passes: number; pauseS: number }>('test_purges_left', text), []);
  }

  const elapse = () => run(`UPDATE edge_purges SET due_at = now()`);

  it('name every variant in every format by an address that we would serve', async () => {
    assert.equal(await purges().run(), 'done');
    assert.equal(told?.length, 14);
    assert.equal(new Set(told?.map(({ path, accept }) => `${path} ${accept}`)).size, 14);
    for (const { path } of told ?? []) {
      const [, , token = '', variant] = path.split('/');
      const opened = addresses.open(token);
      assert.deepEqual([opened?.key, opened?.expiresMs], [KEY, undefined]);
      assert.ok(opened?.variants.some((name) => name === variant));
    }
  });

  it('are made twice, a minute apart, and then forgotten', async () => {
    const job = purges();
    await job.run();
    assert.deepEqual(await left(), [{ passes: 1, pauseS: 60 }]);
    await job.run();
    assert.equal(told?.length, 14, 'not due yet');
    await elapse();
    await job.run();
    assert.equal(told?.length, 28);
    await job.run();
    assert.deepEqual(await left(), []);
  });

  it('are made again soon where an edge did not hear, until it has nothing left by itself', async () => {
    told = undefined;
    const job = purges();
    await job.run();
    assert.deepEqual(await left(), [{ passes: 0, pauseS: 5 }]);
    await run(`UPDATE edge_purges SET created_at = now() - interval '20 hours', due_at = now()`);
    await job.run();
    assert.deepEqual(await left(), [{ passes: 0, pauseS: 7_200 }]);
    await run(`UPDATE edge_purges SET created_at = now() - interval '26 hours'`);
    await job.run();
    assert.deepEqual(await left(), []);
  });

  it('stand for a lease from the transaction on that ends it', async () => {
    assert.deepEqual(await left(), [{ passes: 0, pauseS: 0 }]);
    const leases = readStatement<[], { blob_key: string }>('test_leases', 'SELECT blob_key FROM blob_leases');
    assert.deepEqual(await sql.query(leases, []), []);
    await sql.query(replaceLeasesByPurges, [[KEY]]);
    assert.equal((await left()).length, 1, 'again changes nothing');
  });
});
