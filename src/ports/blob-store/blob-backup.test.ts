import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { atEnd } from '../../../test/support/at-end.ts';
import { describeOnBackend } from '../../../test/support/required-backends.ts';
import { s3Backend, startS3Server } from '../../../test/support/s3-server.ts';
import { parseS3Url } from '../../config/s3-location.ts';
import { systemClock, systemRandomness } from '../../core/clock.ts';
import { hasCode } from '../../core/errors.ts';
import { type Backup, openBackup } from '../backup-folder/backup.ts';
import { createBackupFolder } from '../backup-folder/backup-folder.ts';
import { backUpBlobs, clearBlobs, restoreBlobs } from './blob-backup.ts';
import { chunks, newKey } from './blob-store.contract.ts';
import type { BlobStore } from './blob-store.ts';
import { openDiskBlobStore } from './disk-blob-store.ts';
import { openS3BlobStore } from './s3-blob-store.ts';

const clock = systemClock;

let parent: string;
let stores: BlobStore[];
beforeEach(async () => {
  parent = await mkdtemp(path.join(tmpdir(), 'blob-backup-'));
  stores = [];
});
afterEach(async () => {
  for (const store of stores) await store.close();
  await rm(parent, { recursive: true });
});

async function openStore(name: string): Promise<BlobStore> {
  const folder = path.join(parent, name);
  const store = await openDiskBlobStore({ folder, clock, randomness: systemRandomness });
  stores.push(store);
  return store;
}

async function backUp(blobStore: BlobStore, asOfMs = Date.now()): Promise<Backup> {
  const target = path.join(parent, `backup-${systemRandomness.uuid()}`);
  const folder = await createBackupFolder(target, clock);
  const blobs = await backUpBlobs({ blobStore, folder, asOfMs });
  const sql = { postgres_version: '18', migrations: [], tables: [], sequences: [] };
  await folder.complete({
    format: 1,
    product_version: '0.1.0',
    created_at: new Date(asOfMs).toISOString(),
    sql,
    ...(blobs === undefined ? {} : { blobs }),
  });
  await folder.close();
  return openBackup(target);
}

async function contentOf(blobStore: BlobStore): Promise<Map<string, string>> {
  const content = new Map<string, string>();
  for (const { name } of await blobStore.list({ limit: 1_000 })) {
    const parts: Buffer[] = [];
    for await (const chunk of (await blobStore.get(name))?.content ?? []) parts.push(chunk);
    content.set(name, Buffer.concat(parts).toString('hex'));
  }
  return content;
}

async function fill(blobStore: BlobStore): Promise<void> {
  for (const bytes of [0, 1, 10, 70_000, 300_000]) {
    // Line ends in them must not be taken for the end of a blob.
    const content = Buffer.concat([Buffer.from('\n\n'), systemRandomness.bytes(bytes)]);
    await blobStore.put(`${newKey()}/a`, chunks(content), { bytesMax: 1_000_000 });
  }
  await blobStore.put(`${newKey()}/empty`, chunks(), { bytesMax: 0 });
}

describe('blobs in a backup', () => {
  it('come back as they were', async () => {
    const [old, young] = [await openStore('old'), await openStore('young')];
    await fill(old);
    const backup = await backUp(old);
    assert.equal(backup.manifest.blobs?.count, 6);
    await clearBlobs(young, { force: false });
    await restoreBlobs({ blobStore: young, backup });
    assert.deepEqual(await contentOf(young), await contentOf(old));
  });

  it('come back also when an earlier try was interrupted', async () => {
    const [old, young] = [await openStore('old'), await openStore('young')];
    await fill(old);
    const backup = await backUp(old);
    await restoreBlobs({ blobStore: young, backup });
    const [first] = await young.list({ limit: 1 });
    await young.delete(first?.name ?? '');
    await restoreBlobs({ blobStore: young, backup });
    assert.deepEqual(await contentOf(young), await contentOf(old));
  });

  it('are no part of it when there are none, or none old enough', async () => {
    const store = await openStore('old');
    assert.equal((await backUp(store)).manifest.blobs, undefined);
    await fill(store);
    const yesterday = Date.now() - 24 * 3_600_000;
    const folder = await createBackupFolder(path.join(parent, 'older'), clock);
    assert.equal(await backUpBlobs({ blobStore: store, folder, asOfMs: yesterday }), undefined);
    await folder.close();
  });

  it('are not mixed with others, which only force deletes', async () => {
    const store = await openStore('old');
    await fill(store);
    await assert.rejects(clearBlobs(store, { force: false }), (error) => hasCode(error, 'conflict'));
    assert.equal((await contentOf(store)).size, 6);
    await clearBlobs(store, { force: true });
    assert.equal((await contentOf(store)).size, 0);
  });
});

describeOnBackend('blobs in a backup', s3Backend(), (program) => {
  it('go from an object storage onto a disk and back, and are not mixed with others there', async (test) => {
    const storage = await startS3Server(program);
    atEnd(test, () => storage.close());
    const openBucket = async (): Promise<BlobStore> => {
      const location = parseS3Url(await storage.newBucket());
      assert.ok(location !== undefined);
      const store = await openS3BlobStore({ location, clock });
      stores.push(store);
      return store;
    };
    const [old, disk, young] = [await openBucket(), await openStore('disk'), await openBucket()];
    await fill(old);
    await restoreBlobs({ blobStore: disk, backup: await backUp(old) });
    await restoreBlobs({ blobStore: young, backup: await backUp(disk) });
    assert.deepEqual(await contentOf(young), await contentOf(old));
    await assert.rejects(clearBlobs(young, { force: false }), (error) => hasCode(error, 'conflict'));
    await clearBlobs(young, { force: true });
    assert.deepEqual(await young.list({ limit: 1 }), []);
  });
});
