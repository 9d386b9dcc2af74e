import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import pg from 'pg';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { readContent } from '../../../test/support/database-content.ts';
import { fillTables } from '../../../test/support/filled-tables.ts';
import { describeOnPostgres, type EngineDatabase } from '../../../test/support/postgres-engines.ts';
import { systemClock } from '../../core/clock.ts';
import { hasCode } from '../../core/errors.ts';
import { createLog } from '../../telemetry/log.ts';
import { openBackup } from '../backup-folder/backup.ts';
import { createBackupFolder } from '../backup-folder/backup-folder.ts';
import type { BackupManifest } from '../backup-folder/backup-manifest.ts';
import { createPostgresIdWriters } from '../id-writers/postgres-id-writers.ts';
import { migrate } from './migrate.ts';
import { backUp } from './postgres-backup.ts';
import type { PostgresConnection } from './postgres-connection.ts';
import { type RestoreOptions, type RestoreResult, restore } from './postgres-restore.ts';
import { createPostgresSqlStore } from './postgres-sql-store.ts';

const log = createLog({ level: 'silent', pretty: false });
const clock = systemClock;
const SEED = 42;

async function backUpTo(target: string, connection: PostgresConnection): Promise<BackupManifest> {
  const folder = await createBackupFolder(target, clock);
  try {
    return await backUp({ connection, folder, productVersion: '0.1.0', clock });
  } finally {
    await folder.close();
  }
}

async function restoreFrom(
  source: string,
  connection: PostgresConnection,
  changes: Partial<RestoreOptions> = {},
): Promise<RestoreResult> {
  return restore({ connection, backup: await openBackup(source), force: false, clock, log, ...changes });
}

async function runAt(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client.query(text).then(
    ({ rows }) => client.end().then(() => rows),
    (error: unknown) => client.end().then(() => Promise.reject(error)),
  );
}

describeOnPostgres('a backup', (engine) => {
  let folder: string;
  let source: TestDatabase;
  let target: EngineDatabase;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'backup-'));
    source = await createTestDatabase();
    await fillTables(source.url, SEED);
    await leaseWriters(source.connection);
    target = await engine.createDatabase({ migrated: false });
  });
  after(async () => {
    await target.drop();
    await source.close();
    await rm(folder, { recursive: true });
  });

  async function leaseWriters(connection: PostgresConnection): Promise<void> {
    const store = createPostgresSqlStore({ connection, clock, log });
    const idWriters = createPostgresIdWriters(store);
    const holder = '00000000-0000-4000-8000-000000000001';
    await idWriters.lease({ holder, leaseMs: 60_000, ceilingMs: Date.UTC(2030, 0, 1) });
    await store.close();
  }

  it('has every row of every table and every sequence, there and back again', async () => {
    const before = await readContent(source.url);
    assert(
      Object.values(before.tables).every((content) => !content.startsWith('0 ')),
      'no table is empty',
    );

    await backUpTo(path.join(folder, 'there'), source.connection);
    const there = await restoreFrom(path.join(folder, 'there'), target.connection);
    assert.deepEqual(there, { copied: true, leftOut: [], migrated: [] });
    assert.deepEqual(await readContent(target.url), before);

    await backUpTo(path.join(folder, 'back'), target.connection);
    const back = await restoreFrom(path.join(folder, 'back'), source.connection, { force: true });
    assert.deepEqual(back, { copied: true, leftOut: [], migrated: [] });
    assert.deepEqual(await readContent(source.url), before);
  });

  it('has the same files for the same rows', async () => {
    const first = await backUpTo(path.join(folder, 'first'), source.connection);
    const second = await backUpTo(path.join(folder, 'second'), source.connection);
    assert.deepEqual(second.sql.tables, first.sql.tables);
  });

  it('leaves a database that takes new rows without a clash', async () => {
    const counters = await runAt(target.url, IDENTITY_COLUMNS);
    assert(counters.length > 0);
    for (const { name, column } of counters) {
      const [row] = await runAt(
        target.url,
        `SELECT nextval(pg_get_serial_sequence('${name}', '${column}')) > max(${column}) AS above FROM ${name}`,
      );
      assert.equal(row?.['above'], true, `the next ${column} of ${name} is above all that are there`);
    }
    await fillTables(target.url, SEED + 1);
  });

  it('never lets an id be made again: writers go on above what was promised', async () => {
    const rows = await target.run(
      'SELECT max(high_water_ms)::float8 AS ceiling FROM id_writers WHERE holder IS NOT NULL',
    );
    assert.equal(rows[0]?.['ceiling'], Date.UTC(2030, 0, 1));
  });
});

const IDENTITY_COLUMNS = `
  SELECT table_name AS name, column_name AS column FROM information_schema.columns
  WHERE table_schema = 'public' AND (is_identity = 'YES' OR column_default LIKE 'nextval(%')`;

describe('restore', () => {
  let folder: string;
  let backup: string;
  let source: TestDatabase;
  let target: TestDatabase;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'restore-'));
    source = await createTestDatabase();
    await fillTables(source.url, SEED);
    backup = path.join(folder, 'backup');
    await backUpTo(backup, source.connection);
  });
  beforeEach(async () => {
    target = await createTestDatabase();
  });
  afterEach(() => target.close());
  after(async () => {
    await source.close();
    await rm(folder, { recursive: true });
  });

  it('takes a database that was migrated but never used', async () => {
    await restoreFrom(backup, target.connection);
    assert.deepEqual(await readContent(target.url), await readContent(source.url));
  });

  it('refuses a database with rows, says which, and changes nothing', async () => {
    await runAt(target.url, 'INSERT INTO hidden_users (user_id, shard) VALUES (1, 0)');
    const before = await readContent(target.url);
    await assert.rejects(
      restoreFrom(backup, target.connection),
      (error) => hasCode(error, 'conflict') && /hidden_users 1\..*--force/.test(error.message),
    );
    assert.deepEqual(await readContent(target.url), before);
  });

  it('deletes those rows when it is forced', async () => {
    await fillTables(target.url, SEED + 1);
    await restoreFrom(backup, target.connection, { force: true });
    assert.deepEqual(await readContent(target.url), await readContent(source.url));
  });

  it("refuses somebody else's tables, even empty ones", async () => {
    await runAt(
      target.url,
      'DROP SCHEMA public CASCADE; CREATE SCHEMA public; CREATE TABLE invoices (id int)',
    );
    await assert.rejects(
      restoreFrom(backup, target.connection),
      (error) => hasCode(error, 'conflict') && /not of Groundswell/.test(error.message),
    );
    await runAt(target.url, 'SELECT FROM invoices');
  });

  it('refuses a database that a process of ours uses', async () => {
    const store = createPostgresSqlStore({ connection: target.connection, clock, log });
    await store.ping();
    await assert.rejects(
      restoreFrom(backup, target.connection),
      (error) => hasCode(error, 'conflict') && /using this database over 1 connection/.test(error.message),
    );
    await store.close();
    await restoreFrom(backup, target.connection);
  });

  it('leaves out a table that somebody added by hand, and says so', async () => {
    const crafted = await createTestDatabase();
    await runAt(
      crafted.url,
      'CREATE TABLE "by Hand/../" (note text); INSERT INTO "by Hand/../" VALUES (\'kept\')',
    );
    await backUpTo(path.join(folder, 'crafted'), crafted.connection);
    await crafted.close();
    const { leftOut } = await restoreFrom(path.join(folder, 'crafted'), target.connection);
    assert.deepEqual(leftOut, ['by Hand/../']);
  });

  it('refuses a backup whose tables are not those that its migrations make', async () => {
    const crafted = await createTestDatabase();
    await runAt(crafted.url, 'ALTER TABLE hidden_users DROP COLUMN state CASCADE');
    await backUpTo(path.join(folder, 'altered'), crafted.connection);
    await crafted.close();
    await assert.rejects(
      restoreFrom(path.join(folder, 'altered'), target.connection),
      (error) => hasCode(error, 'conflict') && /hidden_users/.test(error.message),
    );
  });
});

describe('restore of the backup of another release', () => {
  let folder: string;
  let migrations: string;
  let source: TestDatabase;
  let target: TestDatabase;
  const backup = () => path.join(folder, 'backup');
  const write = (file: string, text: string) => writeFile(path.join(migrations, file), text);

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'restore-release-'));
    migrations = await mkdtemp(path.join(tmpdir(), 'restore-migrations-'));
    [source, target] = await Promise.all([createTestDatabase(), createTestDatabase()]);
    await write('0001-entries.sql', 'CREATE TABLE entries (id bigint PRIMARY KEY, text text);');
    // The template has the tables of this release; these releases have others.
    await runAt(source.url, 'DROP SCHEMA public CASCADE; CREATE SCHEMA public');
    await migrate({ connection: source.connection, folder: migrations, log });
  });
  afterEach(async () => {
    await Promise.all([source.close(), target.close()]);
    await rm(folder, { recursive: true });
    await rm(migrations, { recursive: true });
  });

  it('brings an older one to the schema of this release', async () => {
    await runAt(source.url, "INSERT INTO entries VALUES (1, 'old')");
    await backUpTo(backup(), source.connection);
    await write('0002-mark.sql', "UPDATE entries SET text = text || ' and migrated';");
    const { migrated } = await restoreFrom(backup(), target.connection, { migrations });
    assert.deepEqual(migrated, ['0002-mark']);
    assert.deepEqual(await runAt(target.url, 'SELECT text FROM entries'), [{ text: 'old and migrated' }]);
  });

  it('finishes, run again, what was interrupted after the rows, and keeps what was written since', async () => {
    await runAt(source.url, "INSERT INTO entries VALUES (1, 'old')");
    await backUpTo(backup(), source.connection);
    await write('0002-mark.sql', 'SELECT 1 / 0;');
    await assert.rejects(restoreFrom(backup(), target.connection, { migrations }), /0002-mark/);
    await runAt(target.url, "INSERT INTO entries VALUES (2, 'since')");
    await write('0002-mark.sql', "UPDATE entries SET text = text || ' and migrated';");
    const again = await restoreFrom(backup(), target.connection, { migrations });
    assert.deepEqual(again, { copied: false, leftOut: [], migrated: ['0002-mark'] });
    assert.deepEqual(await runAt(target.url, 'SELECT text FROM entries ORDER BY id'), [
      { text: 'old and migrated' },
      { text: 'since and migrated' },
    ]);
    await assert.rejects(
      restoreFrom(backup(), target.connection, { migrations }),
      (error) => hasCode(error, 'conflict') && /entries 2/.test(error.message),
    );
  });

  it('refuses a newer one, naming the release, and changes nothing', async () => {
    await backUpTo(backup(), source.connection);
    await rm(path.join(migrations, '0001-entries.sql'));
    const before = await readContent(target.url);
    await assert.rejects(
      restoreFrom(backup(), target.connection, { migrations }),
      (error) => hasCode(error, 'conflict') && /release 0\.1\.0 .*0001-entries/.test(error.message),
    );
    assert.deepEqual(await readContent(target.url), before);
  });

  it('refuses one that was made with another text of a migration', async () => {
    await backUpTo(backup(), source.connection);
    await write('0001-entries.sql', 'CREATE TABLE entries (id bigint PRIMARY KEY);');
    await assert.rejects(
      restoreFrom(backup(), target.connection, { migrations }),
      /another migration 0001-entries/,
    );
  });
});
