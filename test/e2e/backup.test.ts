/** `groundswell backup` and `groundswell restore` as their user runs them, on a good day and on bad ones. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import pg from 'pg';
import { API, createApiClient } from '../../src/client/api-client.ts';
import { createHttpClient, type HttpClient } from '../../src/client/http-client.ts';
import { systemClock } from '../../src/core/clock.ts';
import { atEnd } from '../support/at-end.ts';
import { type CommandOptions, runCommand, startCommand } from '../support/command.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { readContent } from '../support/database-content.ts';
import { createServerHome, type ServerHome } from '../support/server-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';

/** More than fits on the small disk of a test. */
const ROWS = 50_000;
/** Any fixed number: held by a test to stop a restore right before it commits. */
const GATE = 42;
const FIRST_TABLE = 'audit_log';
const LAST_TABLE = 'users';

async function connect(test: TestContext, { url }: TestDatabase): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  atEnd(test, () => client.end());
  return client;
}

async function testDatabase(test: TestContext): Promise<TestDatabase> {
  const database = await createTestDatabase();
  atEnd(test, () => database.close());
  return database;
}

async function serverHome(test: TestContext): Promise<ServerHome> {
  const home = await createServerHome();
  atEnd(test, () => home.close());
  return home;
}

/** The last statement of a restore before its COMMIT is a COMMENT; the schema is another one than it clears. */
const CLOSE_GATE = `
  SELECT pg_advisory_lock(${GATE});
  CREATE SCHEMA gate;
  CREATE FUNCTION gate.wait() RETURNS event_trigger LANGUAGE plpgsql AS
    'BEGIN PERFORM pg_advisory_xact_lock(${GATE}); END';
  CREATE EVENT TRIGGER gate ON ddl_command_end WHEN TAG IN ('COMMENT') EXECUTE FUNCTION gate.wait()`;
const WAITING_AT_GATE = `
  SELECT FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
  WHERE datname = current_database() AND locktype = 'advisory' AND objid = ${GATE} AND NOT granted`;
const OPEN_GATE = `DROP EVENT TRIGGER gate; SELECT pg_advisory_unlock(${GATE})`;

describe('groundswell backup and restore', () => {
  it('move everything to another server while the first one serves', async (test) => {
    const folder = path.join(await temporaryFolder(test), 'backup');
    const [old, young] = [await serverHome(test), await serverHome(test)];
    const first = await old.start();
    const http = client(test, first.url);
    const api = createApiClient(http, systemClock);
    const [alice, bob] = [await api.signUp('alice'), await api.signUp('bob')];
    await api.follow(bob, alice.userId);
    const { postId } = await api.post(alice, 'to be kept');

    const backup = await runCommand(['backup', '--data', old.dataFolder, '--to', folder]);
    assert.equal(backup.code, 0, backup.stderr);
    assert.match(backup.stdout, /^Backed up \d+ tables, [\d,]+ rows, .* to .*backup in \d+\.\d s\.$/m);
    await api.post(alice, 'written after it');

    const held = await runCommand(['restore', '--data', old.dataFolder, '--from', folder, '--force']);
    assert.equal(held.code, 1);
    assert.match(held.stderr, /in use by process \d+ \(groundswell serve/);
    await first.stop();

    const restored = await runCommand(['restore', '--data', young.dataFolder, '--from', folder]);
    assert.equal(restored.code, 0, restored.stderr);
    assert.match(restored.stdout, /^Restored \d+ tables, [\d,]+ rows/m);
    const again = await runCommand(['restore', '--data', young.dataFolder, '--from', folder]);
    assert.match(again.stderr, /already has rows.* credentials 2.*--force/);

    const second = await young.start();
    const moved = client(test, second.url);
    const { items } = await getPatiently(moved, `${API}/feed`, bob.token);
    assert.deepEqual(
      items.map((item: { post_id: string }) => item.post_id),
      [postId],
      'the same people with the same tokens see the posts of the moment of the backup',
    );
    const next = await createApiClient(moved, systemClock).post(alice, 'on the new server');
    assert(next.postId > postId, 'ids go on above those that were made');
  });

  /** A server that has just started on a busy machine may turn reads away for a moment. */
  async function getPatiently(http: HttpClient, where: string, token: string) {
    let answer = await http.send({ method: 'GET', path: where, token });
    await until(async () => {
      if (answer.status === 503) answer = await http.send({ method: 'GET', path: where, token });
      return answer.status !== 503;
    });
    assert.equal(answer.status, 200, answer.body.toString());
    return JSON.parse(answer.body.toString());
  }

  function client(test: TestContext, url: string): HttpClient {
    const http = createHttpClient({ url, connectionsMax: 2, timeoutMs: 30_000 });
    atEnd(test, () => http.close());
    return http;
  }

  it('name what is missing instead of making it', async (test) => {
    const folder = await temporaryFolder(test);
    const backup = await runCommand([
      'backup',
      '--data',
      path.join(folder, 'data'),
      '--to',
      path.join(folder, 'b'),
    ]);
    assert.equal(backup.code, 1);
    assert.match(backup.stderr, /There is no database in .*data/);
    const restore = await runCommand([
      'restore',
      '--data',
      path.join(folder, 'data'),
      '--from',
      path.join(folder, 'b'),
    ]);
    assert.equal(restore.code, 1);
    assert.match(restore.stderr, /is no backup/);
    assert.deepEqual(await readdir(folder), []);
  });
});

describe('when something goes wrong', () => {
  let source: TestDatabase;
  before(async () => {
    source = await createTestDatabase();
    const inside = new pg.Client({ connectionString: source.url });
    await inside.connect();
    await inside.query(
      `INSERT INTO audit_log (entry_id, shard, actor_id, action, detail)
       SELECT n, 0, 1, 'test', md5(n::text) || md5(random()::text) FROM generate_series(1, $1) AS n`,
      [ROWS],
    );
    await inside.end();
  });
  after(() => source.close());

  const backUpTo = (folder: string, options?: CommandOptions) =>
    runCommand(['backup', '--database-url', source.url, '--to', folder], options);

  it('a backup that is killed leaves no folder, and the next one succeeds', async (test) => {
    const folder = path.join(await temporaryFolder(test), 'backup');
    const inside = await connect(test, source);
    await inside.query(`BEGIN; LOCK TABLE ${LAST_TABLE} IN ACCESS EXCLUSIVE MODE`);
    const backup = startCommand(['backup', '--database-url', source.url, '--to', folder]);
    await until(() => existsSync(path.join(`${folder}.partial`, `${FIRST_TABLE}.copy.gz`)));
    backup.kill('SIGKILL');
    await backup.ended;
    await inside.query('ROLLBACK');
    assert(!existsSync(folder));

    const refused = await runCommand([
      'restore',
      '--database-url',
      source.url,
      '--from',
      `${folder}.partial`,
    ]);
    assert.match(refused.stderr, /what an interrupted backup left/);
    assert.equal((await backUpTo(folder)).code, 0);
    assert(!existsSync(`${folder}.partial`));
  });

  it('a backup that is interrupted cleans up after itself', async (test) => {
    const parent = await temporaryFolder(test);
    const inside = await connect(test, source);
    await inside.query(`BEGIN; LOCK TABLE ${LAST_TABLE} IN ACCESS EXCLUSIVE MODE`);
    const folder = path.join(parent, 'backup');
    const backup = startCommand(['backup', '--database-url', source.url, '--to', folder]);
    await until(() => existsSync(path.join(`${folder}.partial`, `${FIRST_TABLE}.copy.gz`)));
    backup.kill('SIGINT');
    const { code, stderr } = await backup.ended;
    await inside.query('ROLLBACK');
    assert.equal(code, 1);
    assert.match(stderr, /Interrupted\./);
    assert.deepEqual(await readdir(parent), []);
  });

  it('a restore that is killed is repaired by running it again', async (test) => {
    const folder = path.join(await temporaryFolder(test), 'backup');
    await backUpTo(folder);
    const target = await testDatabase(test);
    const inside = await connect(test, target);
    const command = ['restore', '--database-url', target.url, '--from', folder];
    await inside.query(CLOSE_GATE);
    const restore = startCommand(command);
    await until(async () => (await inside.query(WAITING_AT_GATE)).rowCount === 1);
    restore.kill('SIGKILL');
    await restore.ended;
    await inside.query(OPEN_GATE);
    const { rows } = await inside.query(`SELECT count(*)::int AS count FROM ${FIRST_TABLE}`);
    assert.equal(rows[0].count, 0, 'until it has committed, nothing of it is there');

    const again = await runCommand(command);
    assert.equal(again.code, 0, again.stderr);
    assert.deepEqual(await readContent(target.url), await readContent(source.url));
  });

  it('a damaged backup is refused before anything is touched', async (test) => {
    const parent = await temporaryFolder(test);
    const folder = path.join(parent, 'backup');
    await backUpTo(folder);
    const file = path.join(folder, `${FIRST_TABLE}.copy.gz`);
    const content = await readFile(file);
    content[content.length >> 1] = (content[content.length >> 1] ?? 0) ^ 1;
    await writeFile(file, content);
    const target = await testDatabase(test);
    const inside = await connect(test, target);
    await inside.query('INSERT INTO hidden_users (user_id, shard) VALUES (1, 0)');
    const before = await readContent(target.url);
    for (const where of [
      ['--database-url', target.url],
      ['--data', path.join(parent, 'data')],
    ]) {
      const { code, stderr } = await runCommand(['restore', ...where, '--from', folder, '--force']);
      assert.equal(code, 1);
      assert.match(stderr, /damaged: audit_log\.copy\.gz has another content.*Nothing was changed/);
    }
    assert.deepEqual(await readContent(target.url), before);
    assert(!existsSync(path.join(parent, 'data')));
  });

  it('a full disk is named, and what was written is removed', async (test) => {
    const parent = await temporaryFolder(test);
    const folder = path.join(parent, 'small', 'backup');
    await mkdir(path.join(parent, 'small'));
    const prefix = limitSpace(test, path.join(parent, 'small'));
    const { code, stderr } = await backUpTo(folder, { prefix });
    assert.equal(code, 1);
    assert.match(stderr, /There is no room for the backup: .*audit_log\.copy\.gz .*Free some space/);
    assert.deepEqual(await readdir(path.join(parent, 'small')), []);
  });

  /** A disk of 1 MB where we may mount one; else no file may become larger. Answers what must stand before a command. */
  function limitSpace(test: TestContext, folder: string): string[] {
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' });
      atEnd(test, () => execFileSync('umount', [folder]));
      return [];
    } catch {
      return ['bash', '-c', 'trap "" XFSZ; ulimit -f 1024; exec "$@"', 'bash'];
    }
  }
});
