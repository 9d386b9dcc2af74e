import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { packageRoot } from '../../config/package-info.ts';
import { systemClock, systemRandomness } from '../../core/clock.ts';
import { AppError, hasCode } from '../../core/errors.ts';
import { blobStoreContract, chunks, newKey } from './blob-store.contract.ts';
import { BLOBS_PAGE_MAX } from './blob-store.ts';
import { openDiskBlobStore } from './disk-blob-store.ts';

const deps = { clock: systemClock, randomness: systemRandomness };

async function temporaryFolder(): Promise<string> {
  return mkdtemp(path.join(tmpdir(), 'groundswell-blobs-'));
}

blobStoreContract('disk', {
  async open() {
    const folder = await temporaryFolder();
    const blobStore = await openDiskBlobStore({ folder, ...deps });
    return {
      blobStore,
      async close() {
        await blobStore.close();
        await rm(folder, { recursive: true });
      },
    };
  },
});

describe('openDiskBlobStore', () => {
  it('removes what interrupted writes left there, but not what another process is writing', async (t) => {
    const folder = await temporaryFolder();
    t.after(() => rm(folder, { recursive: true }));
    await mkdir(path.join(folder, 'unfinished'));
    const [old, young] = ['old', 'young'].map((name) => path.join(folder, 'unfinished', name));
    assert.ok(old && young);
    await writeFile(old, 'half');
    await writeFile(young, 'half');
    const anHourAgo = Date.now() / 1_000 - 3_600;
    await utimes(old, anHourAgo, anHourAgo);
    const blobStore = await openDiskBlobStore({ folder, ...deps });
    await blobStore.close();
    assert.deepEqual(await readdir(path.join(folder, 'unfinished')), ['young']);
  });

  it('leaves no draft behind, whether a write succeeds or fails', async (t) => {
    const folder = await temporaryFolder();
    t.after(() => rm(folder, { recursive: true }));
    const blobStore = await openDiskBlobStore({ folder, ...deps });
    await blobStore.put(`${newKey()}/a`, chunks('abc'), { bytesMax: 3 });
    await assert.rejects(blobStore.put(`${newKey()}/a`, chunks('abcd'), { bytesMax: 3 }));
    await blobStore.close();
    assert.deepEqual(await readdir(path.join(folder, 'unfinished')), []);
  });

  it('writes nothing while it is told why not', async (t) => {
    const folder = await temporaryFolder();
    t.after(() => rm(folder, { recursive: true }));
    const full = new AppError('unavailable', 'The disk is full.', { outcome: 'not_applied' });
    const blobStore = await openDiskBlobStore({ folder, ...deps, refusal: () => full });
    await assert.rejects(
      blobStore.put(`${newKey()}/a`, chunks('abc'), { bytesMax: 3 }),
      (error) => error === full,
    );
    await blobStore.close();
  });

  it('fails as unavailable when the folder cannot be made', async (t) => {
    const parent = await temporaryFolder();
    t.after(() => rm(parent, { recursive: true }));
    await writeFile(path.join(parent, 'file'), '');
    await assert.rejects(
      openDiskBlobStore({ folder: path.join(parent, 'file', 'blobs'), ...deps }),
      (error) => hasCode(error, 'unavailable'),
    );
  });

  it('has every blob whole or not at all after its process was killed', async (t) => {
    const folder = await temporaryFolder();
    t.after(() => rm(folder, { recursive: true }));
    for (let round = 0; round < 3; round += 1) await writeUntilKilled(folder);
    const blobStore = await openDiskBlobStore({ folder, ...deps });
    const blobs = await blobStore.list({ limit: BLOBS_PAGE_MAX });
    assert.ok(blobs.length > 0, 'some were written before the kill');
    assert.deepEqual([...new Set(blobs.map(({ bytes }) => bytes))], [WRITER_BYTES]);
    await blobStore.close();
  });
});

const WRITER_BYTES = 200_000;

/** Writes blobs in another process, which is killed in the middle of it. */
async function writeUntilKilled(folder: string): Promise<void> {
  const module = (name: string) => pathToFileURL(path.join(packageRoot(), 'dist/src', name)).href;
  const program = `
    import { openDiskBlobStore } from '${module('ports/blob-store/disk-blob-store.js')}';
    import { systemClock, systemRandomness } from '${module('core/clock.js')}';
    const blobStore = await openDiskBlobStore({ folder: ${JSON.stringify(folder)}, clock: systemClock, randomness: systemRandomness });
    async function* content() { for (let part = 0; part < 20; part += 1) yield Buffer.alloc(${WRITER_BYTES / 20}, 1); }
    const write = () => blobStore.put(systemRandomness.bytes(16).toString('hex') + '/a', content(), { bytesMax: 1e6 });
    await write();
    console.log('writing');
    for (;;) await Promise.all([write(), write(), write(), write()]);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  await new Promise((resolve) => setTimeout(resolve, 50));
  child.kill('SIGKILL');
  await once(child, 'exit');
}
