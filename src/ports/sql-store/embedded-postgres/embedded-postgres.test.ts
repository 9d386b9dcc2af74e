import assert from 'node:assert/strict';
import { chown, lstat, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import pg from 'pg';
import { atEnd } from '../../../../test/support/at-end.ts';
import { processesIn } from '../../../../test/support/cluster-processes.ts';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { systemClock } from '../../../core/clock.ts';
import { hasCode } from '../../../core/errors.ts';
import { createLog } from '../../../telemetry/log.ts';
import {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  openEmbeddedPostgres,
} from './embedded-postgres.ts';

const clock = systemClock;
const log = createLog({ level: 'warn', pretty: false });

describe('openEmbeddedPostgres', () => {
  it('serves a durable database that lower-cases Unicode and sorts by code point', async (test) => {
    const postgres = await open(test, await temporaryFolder(test));
    assert.equal(postgres.state(), 'running');
    assert.deepEqual(await rowOf(postgres, "SELECT lower('ÄÉ') AS lower, 'Z' < 'a' AS by_code_point"), {
      lower: 'äé',
      by_code_point: true,
    });
    const settings =
      "SELECT name, setting FROM pg_settings WHERE name = ANY('{fsync,data_checksums,wal_level}')";
    assert.deepEqual(
      await rowOf(postgres, `SELECT jsonb_object_agg(name, setting) AS all FROM (${settings}) s`),
      {
        all: { fsync: 'on', data_checksums: 'on', wal_level: 'logical' },
      },
    );
  });

  it('keeps its data and its password over a restart, and leaves no process and no socket', async (test) => {
    const folder = await temporaryFolder(test);
    const first = await open(test, folder);
    await rowOf(first, 'CREATE TABLE posts (text text)');
    await rowOf(first, "INSERT INTO posts VALUES ('hello')");
    await first.close();
    assert.equal(first.state(), 'closed');
    assert.deepEqual(await processesIn(path.join(folder, 'cluster')), []);
    await assert.rejects(stat(first.connection.host), { code: 'ENOENT' });
    const second = await open(test, folder);
    assert.deepEqual(await rowOf(second, 'SELECT text FROM posts'), { text: 'hello' });
    assert.deepEqual(second.connection, first.connection);
  });

  it('lets nobody in without the password, and nobody but us near the socket or the password', async (test) => {
    const folder = await temporaryFolder(test);
    const postgres = await open(test, folder);
    const client = new pg.Client({ ...postgres.connection, password: 'guess' });
    await assert.rejects(client.connect(), { code: '28P01' });
    const socketFolder = await lstat(postgres.connection.host);
    assert.equal(socketFolder.mode & 0o777, 0o700);
    assert.equal(socketFolder.uid, (await stat(path.join(folder, 'cluster'))).uid);
    assert.equal((await stat(path.join(folder, 'password'))).mode & 0o777, 0o600);
    assert.deepEqual(await rowOf(postgres, 'SHOW listen_addresses'), { listen_addresses: '' });
  });

  it('serves from a folder with a very long path with spaces', async (test) => {
    const parts = [
      'home of alice',
      'a'.repeat(200),
      'b'.repeat(200),
      'c'.repeat(200),
      'd'.repeat(200),
      "it's",
    ];
    const postgres = await open(test, path.join(await temporaryFolder(test), ...parts, 'e'.repeat(200)));
    assert.deepEqual(await rowOf(postgres, 'SELECT 1 AS one'), { one: 1 });
    assert.ok(Buffer.byteLength(path.join(postgres.connection.host, '.s.PGSQL.5432')) <= 103);
  });

  it('sets a new password where the file with it was lost', async (test) => {
    const folder = await temporaryFolder(test);
    const first = await open(test, folder);
    await first.close();
    await rm(path.join(folder, 'password'));
    const second = await open(test, folder);
    assert.notEqual(second.connection.password, first.connection.password);
    assert.deepEqual(await rowOf(second, 'SELECT 1 AS one'), { one: 1 });
  });

  it('starts over where the cluster was never finished', async (test) => {
    const folder = await temporaryFolder(test);
    await mkdir(path.join(folder, 'cluster', 'base', '1'), { recursive: true });
    await writeFile(path.join(folder, 'cluster', 'PG_VERSION'), '18\n');
    const postgres = await open(test, folder, { log: createLog({ level: 'silent', pretty: false }) });
    assert.deepEqual(await rowOf(postgres, 'SELECT 1 AS one'), { one: 1 });
  });

  it('never wipes a cluster that holds data, even if its mark was lost', async (test) => {
    const folder = await temporaryFolder(test);
    const first = await open(test, folder);
    await rowOf(first, 'CREATE TABLE posts (text text)');
    await first.close();
    await rm(path.join(folder, 'cluster', 'groundswell-cluster.json'));
    const second = await open(test, folder);
    assert.deepEqual(await rowOf(second, 'SELECT count(*) FROM posts'), { count: '0' });
  });

  it('ignores and removes a postmaster.pid whose process is a stranger', async (test) => {
    const folder = await temporaryFolder(test);
    await (await open(test, folder)).close();
    // Our own pid: alive, and no PostgreSQL. A container starts with the same few pids every time.
    await writeFile(path.join(folder, 'cluster', 'postmaster.pid'), `${process.pid}\n`);
    const postgres = await open(test, folder);
    assert.deepEqual(await rowOf(postgres, 'SELECT 1 AS one'), { one: 1 });
  });

  it('names the remedy when the data is of another major version', async (test) => {
    const folder = await temporaryFolder(test);
    await (await open(test, folder)).close();
    await writeFile(path.join(folder, 'cluster', 'PG_VERSION'), '17\n');
    await assert.rejects(open(test, folder), (error) => {
      assert.ok(hasCode(error, 'unavailable'));
      assert.match(error.message, /made by PostgreSQL 17, and this release brings 18.*groundswell backup/);
      return true;
    });
  });

  it('says why the server does not start, and leaves neither process nor socket', async (test) => {
    const folder = await temporaryFolder(test);
    const { connection, close } = await open(test, folder);
    await close();
    await assert.rejects(
      open(test, folder, {
        settings: { shared_buffers: 'much' },
        log: createLog({ level: 'silent', pretty: false }),
      }),
      (error) => hasCode(error, 'unavailable') && /shared_buffers/.test(error.message),
    );
    await assert.rejects(stat(connection.host), { code: 'ENOENT' });
    assert.deepEqual(await processesIn(path.join(folder, 'cluster')), []);
  });

  it('stops a start that is given up, leaving nothing behind', async (test) => {
    const folder = await temporaryFolder(test);
    const stop = new AbortController();
    const opening = open(test, folder, { signal: stop.signal });
    stop.abort();
    await assert.rejects(opening, (error) => hasCode(error, 'unavailable'));
    assert.deepEqual(await processesIn(path.join(folder, 'cluster')), []);
    const postgres = await open(test, folder);
    assert.deepEqual(await rowOf(postgres, 'SELECT 1 AS one'), { one: 1 });
  });

  it('gives a cluster that was copied by root back to its user', async (test) => {
    if (process.getuid?.() !== 0) return test.skip('only root can give files away');
    const folder = await temporaryFolder(test);
    await (await open(test, folder)).close();
    const cluster = path.join(folder, 'cluster');
    for (const one of [cluster, path.join(cluster, 'global', 'pg_control')]) await chown(one, 0, 0);
    const postgres = await open(test, folder);
    assert.deepEqual(await rowOf(postgres, 'SELECT 1 AS one'), { one: 1 });
    assert.notEqual((await stat(path.join(cluster, 'global', 'pg_control'))).uid, 0);
  });

  it('inherits no variable that would change what it does', async (test) => {
    const postgres = await open(test, await temporaryFolder(test));
    const environment = await readFile(`/proc/${postgres.pid()}/environ`, 'utf8');
    const names = environment.split('\0').map((one) => one.split('=')[0]);
    // PostgreSQL adds those that begin with PG for the programs that it may run itself.
    assert.deepEqual(names.filter((name) => name !== '' && !name?.startsWith('PG')).sort(), [
      'LC_ALL',
      'PATH',
      'TZ',
    ]);
  });
});

async function open(
  test: TestContext,
  folder: string,
  options: Partial<EmbeddedPostgresOptions> = {},
): Promise<EmbeddedPostgres> {
  const postgres = await openEmbeddedPostgres({ folder, log, clock, ...options });
  atEnd(test, () => postgres.close());
  return postgres;
}

async function rowOf({ connection }: EmbeddedPostgres, text: string): Promise<unknown> {
  const client = new pg.Client(connection);
  await client.connect();
  try {
    return { ...(await client.query(text)).rows[0] };
  } finally {
    await client.end();
  }
}
