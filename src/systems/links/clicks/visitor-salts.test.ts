import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/database.ts';
import { systemClock, systemRandomness } from '../../../core/clock.ts';
import {
  createPostgresSqlStore,
  type PostgresSqlStore,
} from '../../../ports/sql-store/postgres-sql-store.ts';
import { createLog } from '../../../telemetry/log.ts';
import { createVisitorSalts, SALT_GRACE_MS } from './visitor-salts.ts';

const NOON = Date.UTC(2026, 10, 22, 12);
const NEXT_DAY = Date.UTC(2026, 10, 23);

let database: TestDatabase;
let sql: PostgresSqlStore;
before(async () => {
  database = await createTestDatabase();
  const log = createLog({ level: 'silent', pretty: false });
  sql = createPostgresSqlStore({ connection: database.connection, clock: systemClock, log });
});
after(async () => {
  await sql.close();
  await database.close();
});

const open = () => createVisitorSalts({ sql, randomness: systemRandomness });

it('the salt of a day is the same in every process, and another one every day', async () => {
  const processes = Array.from({ length: 5 }, open);
  const salts = await Promise.all(processes.map((process) => process.saltAt(NOON)));
  for (const salt of salts) assert.deepEqual(salt, salts[0]);
  assert.notDeepEqual(await open().saltAt(NEXT_DAY), salts[0]);
});

it('a salt is forgotten when its day is over, by the database and the process, and never comes back', async () => {
  const salts = open();
  const earlier = await salts.saltAt(NOON);
  assert.equal(await salts.forget(NEXT_DAY + SALT_GRACE_MS - 1), 0);
  assert.deepEqual(await salts.saltAt(NOON), earlier);
  assert.ok((await salts.forget(NEXT_DAY + SALT_GRACE_MS)) >= 1);
  assert.notDeepEqual(await salts.saltAt(NOON), earlier);
});
