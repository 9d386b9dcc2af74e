import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, it } from 'node:test';
import pg from 'pg';
import { describeOnPostgres, type EngineDatabase } from '../../../test/support/postgres-engines.ts';
import { until } from '../../../test/support/until.ts';
import { hasCode } from '../../core/errors.ts';
import { createLog } from '../../telemetry/log.ts';
import { migrate, migrationStatus } from './migrate.ts';

const log = createLog({ level: 'silent', pretty: false });

describeOnPostgres('migrate', (engine) => {
  let database: EngineDatabase;
  let connection: EngineDatabase['connection'];
  let folder: string;

  beforeEach(async () => {
    database = await engine.createDatabase({ migrated: false });
    connection = database.connection;
    folder = await mkdtemp(path.join(tmpdir(), 'migrations-'));
  });
  afterEach(async () => {
    await database.drop();
    await rm(folder, { recursive: true });
  });

  const write = (file: string, text: string) => writeFile(path.join(folder, file), text);
  const run = () => migrate({ connection, folder, log });
  const states = async () => (await migrationStatus({ connection, folder })).map(({ state }) => state);

  async function withDatabase<Result>(work: (inside: pg.Client) => Promise<Result>): Promise<Result> {
    const inside = new pg.Client({ connectionString: connection.url });
    await inside.connect();
    return work(inside).finally(() => inside.end());
  }

  it("applies this package's own migrations, and then nothing more", async () => {
    const applied = await migrate({ connection, log });
    assert.equal(applied[0], '0001-frame');
    assert.deepEqual(await migrate({ connection, log }), []);
    const status = await migrationStatus({ connection });
    assert(status.every(({ state, appliedAt }) => state === 'applied' && appliedAt instanceof Date));
  });

  it('applies in the order of the numbers, only what is pending', async () => {
    await write('0002-note.sql', 'ALTER TABLE entries ADD note text;');
    await write('0001-entries.sql', 'CREATE TABLE entries (id bigint PRIMARY KEY);');
    assert.deepEqual(await states(), ['pending', 'pending']);
    assert.deepEqual(await run(), ['0001-entries', '0002-note']);
    await write('0004-later.sql', 'ALTER TABLE entries ADD later text;');
    assert.deepEqual(await states(), ['applied', 'applied', 'pending']);
    assert.deepEqual(await run(), ['0004-later']);
  });

  it('lets processes that start at the same time apply each migration once', async () => {
    await write('0001-entries.sql', 'CREATE TABLE entries (id bigint PRIMARY KEY);');
    await write('0002-slow.sql', 'SELECT pg_sleep(0.05);');
    const applied = await Promise.all([run(), run(), run()]);
    assert.deepEqual(applied.flat().toSorted(), ['0001-entries', '0002-slow']);
  });

  it('applies nothing of a migration that fails, names its file, and keeps those before', async () => {
    await write('0001-entries.sql', 'CREATE TABLE entries (id bigint PRIMARY KEY);');
    await write('0002-wrong.sql', 'CREATE TABLE other (id bigint); SELECT 1 / 0;');
    await assert.rejects(run(), (error) => {
      assert(hasCode(error, 'internal'));
      assert.match(error.message, /0002-wrong failed: division by zero/);
      return true;
    });
    assert.deepEqual(await states(), ['applied', 'pending']);
    await write('0002-wrong.sql', 'CREATE TABLE other (id bigint);');
    assert.deepEqual(await run(), ['0002-wrong']);
  });

  it('refuses a database in which an applied migration was another one', async () => {
    await write('0001-entries.sql', 'CREATE TABLE entries (id bigint PRIMARY KEY);');
    await run();
    await write('0001-entries.sql', 'CREATE TABLE entries (id integer PRIMARY KEY);');
    assert.deepEqual(await states(), ['changed']);
    await assert.rejects(run(), (error) => hasCode(error, 'conflict') && /0001-entries/.test(error.message));
  });

  it('does not mind the line ends of a checkout on Windows', async () => {
    await write('0001-entries.sql', 'CREATE TABLE entries\n(id bigint PRIMARY KEY);\n');
    await run();
    await write('0001-entries.sql', 'CREATE TABLE entries\r\n(id bigint PRIMARY KEY);\r\n');
    assert.deepEqual(await run(), []);
  });

  it('refuses a database of a newer release, and changes nothing in it', async () => {
    await write('0001-entries.sql', 'CREATE TABLE entries (id bigint PRIMARY KEY);');
    await write('0003-newer.sql', 'ALTER TABLE entries ADD newer text;');
    await run();
    await rm(path.join(folder, '0003-newer.sql'));
    await write('0002-pending.sql', 'ALTER TABLE entries ADD pending text;');
    assert.deepEqual(await states(), ['applied', 'pending', 'unknown']);
    await assert.rejects(
      run(),
      (error) => hasCode(error, 'conflict') && /newer release.*0003-newer/.test(error.message),
    );
    assert.deepEqual(await states(), ['applied', 'pending', 'unknown']);
  });

  it('runs a marked migration outside of a transaction', async () => {
    await write('0001-entries.sql', 'CREATE TABLE entries (id bigint PRIMARY KEY, note text);');
    await write(
      '0002-index.sql',
      [
        '-- transaction: none',
        'DROP INDEX CONCURRENTLY IF EXISTS entries_note;',
        'CREATE INDEX CONCURRENTLY entries_note',
        '    ON entries (note);',
        '',
      ].join('\n'),
    );
    assert.deepEqual(await run(), ['0001-entries', '0002-index']);
  });

  it('gives up waiting for a lock, so that others get theirs, and tries again', async () => {
    await write('0001-entries.sql', 'CREATE TABLE entries (id bigint PRIMARY KEY);');
    await run();
    await write('0002-note.sql', 'ALTER TABLE entries ADD note text;');
    await withDatabase(async (inside) => {
      await inside.query('BEGIN; LOCK TABLE entries IN ACCESS SHARE MODE');
      const migrated = run();
      const isWaiting = async () => {
        const waiting = await database.run(
          "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
        );
        return waiting.length > 0;
      };
      await until(isWaiting);
      await until(async () => !(await isWaiting()));
      await inside.query('COMMIT');
      assert.deepEqual(await migrated, ['0002-note']);
    });
  });
});

it('refuses file names without a number', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'migrations-'));
  await writeFile(path.join(folder, 'entries.sql'), 'SELECT 1');
  const connection = { url: 'postgres://nobody@127.0.0.1:1/nothing' };
  await assert.rejects(migrate({ connection, folder, log }), /entries\.sql is named like/);
  await rm(folder, { recursive: true });
});
