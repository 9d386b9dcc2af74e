/** A disk that fills up: writes are refused in time, reads go on, and what was acknowledged survives even a full one. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { open, readFile, rm, statfs } from 'node:fs/promises';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { API } from '../../src/client/api-client.ts';
import { atEnd } from '../support/at-end.ts';
import { createServerHome, type ServerHome } from '../support/server-process.ts';
import { assertKept, signUpMembers, startSteadyLoad } from '../support/steady-load.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';

const run = promisify(execFile);

const DISK_MB = 320;
const RESERVE_MB = 48;
const MB = 1_048_576;
const CHUNK = Buffer.alloc(MB);
/** Starts that fail come 5 s apart in the end. */
const RECOVERY_MS_MAX = 60_000;
const SETTINGS = { GROUNDSWELL_RATE_LIMITS: 'off' };

/** A disk of DISK_MB in memory; `undefined`, with the test skipped, where this user or system cannot mount one. */
async function mountDisk(test: TestContext): Promise<string | undefined> {
  const folder = await temporaryFolder(test);
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MB}m,mode=755`, 'tmpfs', folder]);
  } catch {
    test.skip('a tmpfs cannot be mounted here');
    return undefined;
  }
  atEnd(test, () => run('umount', [folder]));
  return folder;
}

async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** Writes a file until only `leaveBytes` are free; 0 takes the last byte there is. Answers how to remove it. */
async function fill(folder: string, leaveBytes: number): Promise<() => Promise<void>> {
  const file = path.join(folder, 'ballast');
  const ballast = await open(file, 'a');
  try {
    for (;;) {
      const bytes = Math.min(CHUNK.length, (await freeBytesOf(folder)) - leaveBytes);
      if (bytes <= 0) break;
      await ballast.write(CHUNK, 0, bytes);
    }
  } catch (error) {
    // The database may have taken the last of it.
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
  } finally {
    await ballast.close();
  }
  return () => rm(file);
}

async function killPostgres({ dataFolder }: ServerHome): Promise<void> {
  const record = await readFile(path.join(dataFolder, 'postgres', 'cluster', 'postmaster.pid'), 'utf8');
  process.kill(Number.parseInt(record, 10), 'SIGKILL');
}

describe('a disk that fills up', () => {
  it('refuses writes below the reserve, goes on reading, and writes again when there is space', async (test) => {
    const disk = await mountDisk(test);
    if (disk === undefined) return;
    const home = await createServerHome(disk);
    atEnd(test, () => home.close());
    const settings = { ...SETTINGS, GROUNDSWELL_DISK_RESERVE_MB: String(RESERVE_MB) };
    const server = await home.start(settings);
    const members = await signUpMembers(server.url, 2);
    const [alice = assert.fail()] = members;
    const load = startSteadyLoad({ url: server.url, members, clients: 4, persistent: true });
    await until(() => load.acknowledged.size > 20);
    const authorization = `Bearer ${alice.token}`;
    const ask = (url: string, init: RequestInit = {}) =>
      fetch(`${server.url}${url}`, {
        ...init,
        headers: { authorization, 'content-type': 'application/json' },
      });
    let posts = 0;
    const post = () => {
      posts += 1;
      return ask(`${API}/posts`, { method: 'POST', body: JSON.stringify({ text: `one more: ${posts}` }) });
    };

    const empty = await fill(disk, (RESERVE_MB - 8) * MB);
    await until(async () => (await post()).status === 503);
    const refused = await post();
    assert.equal(refused.headers.get('retry-after'), '30');
    assert.match(await refused.text(), /disk is full down to its reserve/);
    assert.equal((await ask(`${API}/feed`)).status, 200);
    assert.equal((await ask('/health/live')).status, 200);
    const ready = await ask('/health/ready');
    assert.equal(ready.status, 200, 'a balancer goes on sending reads');
    assert.match(await ready.text(), /"disk":{"status":"down","duration_ms":\d+,"message":"The disk is full/);
    const metrics = await (await ask('/metrics')).text();
    assert.match(metrics, new RegExp(`^disk_bytes{state="reserve"} ${RESERVE_MB * MB}$`, 'm'));
    assert.match(metrics, /^http_refusals_total{reason="disk"} [1-9]/m);

    await empty();
    await until(async () => (await post()).status === 201);
    assert.match(await (await ask('/health/ready')).text(), /"disk":{"status":"up"/);
    const before = load.acknowledged.size;
    await until(() => load.acknowledged.size > before);
    await load.stop();
    assert.deepEqual(load.complaints, []);
    assert.deepEqual(load.cut, []);
    await assertKept(server.url, load, members);
    assert.equal(await server.stop(), 0);
  });

  it('without a byte left loses nothing, and serves again by itself when there is space', async (test) => {
    const disk = await mountDisk(test);
    if (disk === undefined) return;
    const home = await createServerHome(disk);
    atEnd(test, () => home.close());
    const settings = { ...SETTINGS, GROUNDSWELL_DISK_RESERVE_MB: '0' };
    const server = await home.start(settings);
    const members = await signUpMembers(server.url, 2);
    const load = startSteadyLoad({ url: server.url, members, clients: 4, persistent: true });
    await until(() => load.acknowledged.size > 20);

    const empty = await fill(disk, 0);
    const refused = () => load.statuses.get(503) ?? 0;
    await until(() => refused() > 20);
    // The worst of it: a PostgreSQL that ends now has no room for its own recovery.
    await killPostgres(home);
    await until(() => server.logs().includes('PostgreSQL could not be started again'), RECOVERY_MS_MAX);
    await empty();
    const before = load.acknowledged.size;
    await until(() => load.acknowledged.size > before + 20, RECOVERY_MS_MAX);
    await load.stop();
    test.diagnostic(`answers by status: ${JSON.stringify([...load.statuses])}`);
    assert.deepEqual(load.complaints, []);
    assert.deepEqual(load.cut, []);
    await assertKept(server.url, load, members);
    assert.equal(await server.stop(), 0);

    const again = await home.start(settings);
    await assertKept(again.url, load, members);
    assert.equal(await again.stop(), 0);
  });
});
