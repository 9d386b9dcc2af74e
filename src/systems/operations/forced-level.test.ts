import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { systemClock } from '../../core/clock.ts';
import { createPostgresSqlStore, type PostgresSqlStore } from '../../ports/sql-store/postgres-sql-store.ts';
import { createLog } from '../../telemetry/log.ts';
import { createForcedLevels, FORCED_MS_MAX, FORCED_MS_MIN } from './forced-level.ts';

describe('a level of service that somebody forces', () => {
  let database: TestDatabase;
  let sql: PostgresSqlStore;
  const recorded: string[] = [];
  before(async () => {
    database = await createTestDatabase();
    const log = createLog({ level: 'silent', pretty: false });
    sql = createPostgresSqlStore({ connection: database.connection, clock: systemClock, log });
  });
  after(async () => {
    await sql?.close();
    await database?.close();
  });
  const open = () =>
    createForcedLevels({
      sql,
      async record(_transaction, detail) {
        recorded.push(detail);
      },
    });

  it('is none at first, then the last that was asked for, as long as it was asked for', async () => {
    const [one, other] = [open(), open()];
    assert.equal(await other.get(), undefined);
    await one.set('partial', FORCED_MS_MAX);
    await one.set('core', 60_000);
    const { level, remainingMs = 0 } = (await other.get()) ?? {};
    assert.equal(level, 'core');
    assert.ok(remainingMs > 50_000 && remainingMs <= 60_000);
    await one.set('full', 0);
    assert.equal(await other.get(), undefined);
    assert.deepEqual(recorded, ['partial for 86400 s', 'core for 60 s', 'full']);
  });

  it('ends by itself', async () => {
    const levels = open();
    await levels.set('emergency', FORCED_MS_MIN);
    assert.equal((await levels.get())?.level, 'emergency');
    await systemClock.sleep(FORCED_MS_MIN);
    assert.equal(await levels.get(), undefined);
  });

  it('lasts for a second to a day', async () => {
    for (const durationMs of [FORCED_MS_MIN - 1, FORCED_MS_MAX + 1, Number.NaN]) {
      await assert.rejects(open().set('core', durationMs), { code: 'invalid' });
    }
  });

  it('is not in force if it cannot be written down', async () => {
    const levels = createForcedLevels({ sql, record: () => Promise.reject(new Error('no audit log')) });
    await assert.rejects(levels.set('core', 60_000));
    assert.equal(await levels.get(), undefined);
  });
});
