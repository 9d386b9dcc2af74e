/** From start to end, and through every way of ending: what `groundswell serve` promises to who operates it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { findFreePort } from '../../src/bench/server-process.ts';
import { packageRoot } from '../../src/config/package-info.ts';
import { atEnd } from '../support/at-end.ts';
import { processesIn } from '../support/cluster-processes.ts';
import { startCommand } from '../support/command.ts';
import { createServerHome, type ServerHome, snapshotProcesses } from '../support/server-process.ts';
import { assertKept, signUpMembers, startSteadyLoad } from '../support/steady-load.ts';
import { until } from '../support/until.ts';

const SETTINGS = { GROUNDSWELL_RATE_LIMITS: 'off' };
const CLIENTS = 16;
const MEMBERS = 4;
/** Far more than a drain of short requests takes, far less than its time-out. */
const STOP_MS_MAX = 15_000;

async function openHome(test: TestContext): Promise<ServerHome> {
  const home = await createServerHome();
  atEnd(test, () => home.close());
  return home;
}

function clusterOf({ dataFolder }: ServerHome): string {
  return path.join(dataFolder, 'postgres', 'cluster');
}

/** Where the embedded server's socket is, and its process id, as its own record has them. */
async function postmasterOf(home: ServerHome): Promise<{ pid: number; socketFolder: string }> {
  const lines = (await readFile(path.join(clusterOf(home), 'postmaster.pid'), 'utf8')).split('\n');
  return { pid: Number(lines[0]), socketFolder: lines[4]?.trim() ?? '' };
}

async function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

/** Fails unless `work` is done in time. */
async function within<Result>(durationMs: number, work: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`not done within ${durationMs} ms`)), durationMs);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

async function startUnderLoad(home: ServerHome, persistent: boolean) {
  const server = await home.start(SETTINGS);
  const members = await signUpMembers(server.url, MEMBERS);
  const load = startSteadyLoad({ url: server.url, members, clients: CLIENTS, persistent });
  await until(() => load.acknowledged.size > 100);
  return { server, members, load };
}

describe('a running server', () => {
  it('holds its data folder: a second start says who has it, and ends with 1', async (test) => {
    const home = await openHome(test);
    const server = await home.start();
    const second = await startCommand(['serve', '--data', home.dataFolder, '--port', '0']).ended;
    assert.equal(second.code, 1);
    assert.match(second.stderr, new RegExp(`in use by process ${server.pid} .*serving ${server.url}\\)`));
    assert.match(second.stderr, /name another folder in GROUNDSWELL_DATA/);
    assert.equal((await fetch(`${server.url}/health/ready`)).status, 200);
  });

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`drains at ${signal}: no accepted request is cut, and nothing stays behind`, async (test) => {
      const home = await openHome(test);
      const { server, members, load } = await startUnderLoad(home, false);
      const { socketFolder } = await postmasterOf(home);
      const processes = await snapshotProcesses(server.pid);

      process.kill(server.pid, signal);
      assert.equal(await within(STOP_MS_MAX, server.ended), 0, server.logs());
      await load.ended;
      assert.deepEqual(load.complaints, []);
      assert.deepEqual(load.cut, [], `of ${[...load.statuses]} answers`);
      assert.deepEqual(processes?.survivors() ?? [], []);
      assert.equal(await isThere(socketFolder), false, socketFolder);
      assert.equal(await isThere(path.join(home.dataFolder, 'lock.json')), false);

      const again = await home.start(SETTINGS);
      await assertKept(again.url, load, members);
    });
  }

  it('ends in order when a terminal sends Ctrl-C to the whole process group, and npm sends it again', async (test) => {
    const home = await openHome(test);
    const { server, members, load } = await startUnderLoad(home, false);
    const processes = await snapshotProcesses(server.pid);
    process.kill(-server.pid, 'SIGINT');
    process.kill(server.pid, 'SIGINT');
    assert.equal(await within(STOP_MS_MAX, server.ended), 0, server.logs());
    await load.ended;
    assert.deepEqual(load.complaints, []);
    assert.deepEqual(load.cut, []);
    assert.deepEqual(processes?.survivors() ?? [], []);
    const again = await home.start(SETTINGS);
    await assertKept(again.url, load, members);
  });

  it('is succeeded after kill -9 of it alone: the next start stops its PostgreSQL and has every post', async (test) => {
    const home = await openHome(test);
    const { server, members, load } = await startUnderLoad(home, false);
    const processes = await snapshotProcesses(server.pid);
    process.kill(server.pid, 'SIGKILL');
    await server.ended;
    await load.ended;

    const again = await home.start(SETTINGS);
    assert.deepEqual(processes?.survivors() ?? [], []);
    await assertKept(again.url, load, members);
    assert.equal(await again.stop(), 0);
    await until(async () => (await processesIn(clusterOf(home))).length === 0);
  });

  it('outlives kill -9 of its PostgreSQL: requests wait or are told to come back, and service resumes', async (test) => {
    const home = await openHome(test);
    const { server, members, load } = await startUnderLoad(home, true);
    const { pid } = await postmasterOf(home);

    process.kill(pid, 'SIGKILL');
    await until(async () => {
      const successor = await postmasterOf(home).catch(() => undefined);
      return successor !== undefined && successor.pid !== pid;
    });
    const before = load.acknowledged.size;
    await until(() => load.acknowledged.size > before + 100);
    await load.stop();
    test.diagnostic(`answers by status: ${JSON.stringify([...load.statuses])}`);
    assert.deepEqual(load.complaints, []);
    assert.deepEqual(load.cut, []);
    await assertKept(server.url, load, members);
    assert.equal(await server.stop(), 0);
  });
});

describe('a start', () => {
  it('is given up at SIGTERM, with nothing left behind, and the next one succeeds', async (test) => {
    const home = await openHome(test);
    const starting = startCommand(['serve', '--data', home.dataFolder, '--port', '0']);
    await until(async () => (await processesIn(clusterOf(home)).catch(() => [])).length > 0);
    starting.kill('SIGTERM');
    const { code } = await within(STOP_MS_MAX, starting.ended);
    assert.equal(code, 0);
    assert.deepEqual(await processesIn(clusterOf(home)), []);
    const server = await home.start();
    assert.equal(await server.stop(), 0);
  });

  it('on a port that is taken names the port and the remedy, and makes nothing', async (test) => {
    const home = await openHome(test);
    const dataFolder = path.join(home.dataFolder, 'never');
    const other = createServer().listen(0, '127.0.0.1');
    atEnd(test, () => other.close());
    await once(other, 'listening');
    const address = other.address();
    assert(address !== null && typeof address === 'object');
    const port = String(address.port);

    const failed = await startCommand(['serve', '--data', dataFolder, '--port', port]).ended;
    assert.equal(failed.code, 1);
    assert.match(failed.stderr, new RegExp(`already uses port ${port} of 127\\.0\\.0\\.1.*--port`));
    assert.doesNotMatch(failed.stderr, /^ +at /m, 'a stack trace is for defects');
    assert.equal(await isThere(dataFolder), false);

    // Of a folder that is there the lock is free again.
    const again = await startCommand(['serve', '--data', home.dataFolder, '--port', port]).ended;
    assert.match(again.stderr, new RegExp(`already uses port ${port}`));
    assert.equal(await isThere(path.join(home.dataFolder, 'lock.json')), false);
  });

  it('on an address of another machine says so', async (test) => {
    const home = await openHome(test);
    const failed = await startCommand(['serve', '--data', home.dataFolder, '--host', '192.0.2.1']).ended;
    assert.equal(failed.code, 1);
    assert.match(failed.stderr, /cannot listen on port 8080 of 192\.0\.2\.1.*--host/);
  });

  it('with mistakes in its configuration lists them all before anything is started', async (test) => {
    const home = await openHome(test);
    const dataFolder = path.join(home.dataFolder, 'never');
    const args = ['serve', '--data', dataFolder, '--port', '65536', '--roles', 'walker'];
    const failed = await startCommand(args).ended;
    assert.equal(failed.code, 1);
    assert.match(failed.stderr, /has 2 mistakes/);
    assert.match(failed.stderr, /GROUNDSWELL_PORT must be/);
    assert.match(failed.stderr, /GROUNDSWELL_ROLES must be/);
    assert.equal(await isThere(dataFolder), false);
  });
});

describe('npm start', () => {
  it('passes SIGTERM on: the server behind it drains and nothing stays behind', async (test) => {
    const home = await openHome(test);
    const port = await findFreePort();
    // Without the build before it, which is a test's business only once.
    const args = ['start', '--ignore-scripts', '--', '--data', home.dataFolder, '--port', String(port)];
    const npm = spawn('npm', args, { cwd: packageRoot(), stdio: ['ignore', 'pipe', 'ignore'] });
    let printed = '';
    npm.stdout.setEncoding('utf8').on('data', (text) => {
      printed += text;
    });
    await until(() => printed.includes('is serving'));
    const processes = await snapshotProcesses(npm.pid ?? 0);
    npm.kill('SIGTERM');
    const [code] = await within(STOP_MS_MAX, once(npm, 'exit'));
    assert.equal(code, 0);
    await until(() => (processes?.survivors() ?? []).length === 0);
    assert.match(printed, /"msg":"stopped"/);
    assert.deepEqual(await processesIn(clusterOf(home)), []);
  });
});
