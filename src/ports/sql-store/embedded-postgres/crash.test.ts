/** What the embedded PostgreSQL survives: the deaths of its process, of ours, and of both. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import pg from 'pg';
import { atEnd } from '../../../../test/support/at-end.ts';
import { processesIn } from '../../../../test/support/cluster-processes.ts';
import {
  type DataFolderProcess,
  startDataFolderProcess,
} from '../../../../test/support/data-folder-process.ts';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { until } from '../../../../test/support/until.ts';
import { systemClock } from '../../../core/clock.ts';
import { createLog } from '../../../telemetry/log.ts';
import { type EmbeddedPostgres, openEmbeddedPostgres } from './embedded-postgres.ts';
import type { SocketConnection } from './server.ts';

const clock = systemClock;
// What is tested here is logged as warnings and errors.
const log = createLog({ level: 'silent', pretty: false });

describe('the embedded PostgreSQL', () => {
  for (const [what, kill] of [
    ['the whole process group is killed', (holder: DataFolderProcess) => holder.killGroup()],
    ['only our process is killed', (holder: DataFolderProcess) => holder.killAlone()],
  ] as const) {
    it(`has what was committed after ${what}, and leaves no orphan`, async (test) => {
      const data = await temporaryFolder(test);
      const holder = startDataFolderProcess(data, 'postgres');
      atEnd(test, () => endGroup(holder));
      const { connection } = await holder.held;
      assert.ok(connection !== undefined);
      const connected = await connect(test, connection);
      await connected.query('CREATE TABLE posts (id int)');
      await connected.query('INSERT INTO posts SELECT generate_series(1, 1000)');
      const cluster = path.join(data, 'postgres', 'cluster');
      const before = await processesIn(cluster);
      await kill(holder);

      const postgres = await open(test, data);
      const { rows } = await (await connect(test, postgres.connection)).query(
        'SELECT count(*)::int FROM posts',
      );
      assert.deepEqual(rows, [{ count: 1000 }]);
      const after = await processesIn(cluster);
      assert.deepEqual(
        before.filter((pid) => after.includes(pid)),
        [],
      );
      await postgres.close();
      assert.deepEqual(await processesIn(cluster), []);
    });

    it(`makes its cluster again when ${what} while it is being made`, async (test) => {
      const data = await temporaryFolder(test);
      const holder = startDataFolderProcess(data, 'postgres');
      atEnd(test, () => endGroup(holder));
      const cluster = path.join(data, 'postgres', 'cluster');
      await until(() => existsSync(path.join(cluster, 'global', 'pg_control')));
      await kill(holder);
      assert.ok(!existsSync(path.join(cluster, 'groundswell-cluster.json')), 'it was killed too late');
      const postgres = await open(test, data);
      const { rows } = await (await connect(test, postgres.connection)).query('SELECT 1 AS one');
      assert.deepEqual(rows, [{ one: 1 }]);
    });
  }

  for (const signal of ['SIGKILL', 'SIGQUIT', 'SIGINT'] as const) {
    it(`starts its server again when that ends by ${signal}`, async (test) => {
      const states: string[] = [];
      const postgres = await open(test, await temporaryFolder(test), (state) => states.push(state));
      const first = postgres.pid();
      const cut = await connect(test, postgres.connection);
      await cut.query('CREATE TABLE posts (id int)');
      process.kill(first, signal);
      await until(() => postgres.state() === 'starting');
      await until(() => postgres.state() === 'running');
      assert.notEqual(postgres.pid(), first);
      const { rows } = await (await connect(test, postgres.connection)).query(
        'SELECT count(*)::int FROM posts',
      );
      assert.deepEqual(rows, [{ count: 0 }]);
      await postgres.close();
      assert.deepEqual(states, ['running', 'starting', 'running', 'closed']);
    });
  }

  it('starts its server again however often that ends', async (test) => {
    const postgres = await open(test, await temporaryFolder(test));
    for (let time = 0; time < 4; time += 1) {
      process.kill(postgres.pid(), 'SIGKILL');
      await until(() => postgres.state() === 'starting');
      await until(() => postgres.state() === 'running');
    }
    const { rows } = await (await connect(test, postgres.connection)).query('SELECT 1 AS one');
    assert.deepEqual(rows, [{ one: 1 }]);
  });

  it('closes while its server is being started again', async (test) => {
    const data = await temporaryFolder(test);
    const postgres = await open(test, data);
    process.kill(postgres.pid(), 'SIGKILL');
    await until(() => postgres.state() === 'starting');
    await postgres.close();
    assert.equal(postgres.state(), 'closed');
    assert.deepEqual(await processesIn(path.join(data, 'postgres', 'cluster')), []);
  });
});

async function open(
  test: TestContext,
  data: string,
  onState: (state: string) => void = () => undefined,
): Promise<EmbeddedPostgres> {
  const postgres = await openEmbeddedPostgres({ folder: path.join(data, 'postgres'), log, clock, onState });
  atEnd(test, () => postgres.close());
  return postgres;
}

/** A connection that may be cut. */
async function connect(test: TestContext, connection: SocketConnection): Promise<pg.Client> {
  const client = new pg.Client(connection);
  client.on('error', () => undefined);
  await client.connect();
  atEnd(test, () => client.end().catch(() => undefined));
  return client;
}

/** Should the test fail before it has killed it. */
async function endGroup({ child, killGroup }: DataFolderProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await killGroup();
}
