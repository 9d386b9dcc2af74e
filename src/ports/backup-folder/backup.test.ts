import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { systemClock } from '../../core/clock.ts';
import { hasCode } from '../../core/errors.ts';
import { openBackup } from './backup.ts';
import { createBackupFolder } from './backup-folder.ts';
import { type BackupManifest, manifestChecksum } from './backup-manifest.ts';

const clock = systemClock;
const CONTENT = 'one\ntwo\n';

let parent: string;
let target: string;
beforeEach(async () => {
  parent = await mkdtemp(path.join(tmpdir(), 'backup-folder-'));
  target = path.join(parent, 'backup');
});
afterEach(() => rm(parent, { recursive: true }));

async function* chunks(...texts: string[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield Buffer.from(text);
}

async function writeBackup(): Promise<BackupManifest> {
  const folder = await createBackupFolder(target, clock);
  const file = await folder.writeFile('entries.copy.gz', chunks(CONTENT));
  const manifest: BackupManifest = {
    format: 1,
    product_version: '0.1.0',
    created_at: '2026-01-01T00:00:00.000Z',
    sql: {
      postgres_version: '18.4',
      migrations: [{ version: 1, name: '0001-entries', checksum: '0'.repeat(64) }],
      tables: [{ name: 'entries', columns: ['text'], rows: 2, file }],
      sequences: [{ name: 'entries_id_seq', last_value: '9007199254740993', is_called: true }],
    },
  };
  await folder.complete(manifest);
  await folder.close();
  return manifest;
}

async function modeOf(file: string): Promise<number> {
  return (await stat(file)).mode & 0o777;
}

describe('createBackupFolder', () => {
  it('gives the folder its name only when it is complete', async () => {
    const folder = await createBackupFolder(target, clock);
    await folder.writeFile('entries.copy.gz', chunks(CONTENT));
    assert.deepEqual(await readdir(parent), ['backup.partial']);
    await folder.close();
    assert.deepEqual(await readdir(parent), []);
    await writeBackup();
    assert.deepEqual(await readdir(parent), ['backup']);
    assert.deepEqual((await readdir(target)).sort(), ['entries.copy.gz', 'manifest.json']);
  });

  it('lets nobody else read it', async () => {
    await writeBackup();
    assert.equal(await modeOf(target), 0o700);
    for (const name of await readdir(target)) assert.equal(await modeOf(path.join(target, name)), 0o600);
  });

  it('takes an empty folder, and refuses one with anything in it', async () => {
    await mkdir(target);
    await writeBackup();
    await assert.rejects(createBackupFolder(target, clock), (error) => hasCode(error, 'conflict'));
    assert.deepEqual((await readdir(target)).sort(), ['entries.copy.gz', 'manifest.json']);
  });

  it('clears what an interrupted backup left', async () => {
    await mkdir(`${target}.partial`);
    await writeFile(path.join(`${target}.partial`, 'entries.copy.gz'), 'half');
    await writeBackup();
    assert.equal((await openBackup(target)).manifest.sql.tables[0]?.rows, 2);
  });

  it('refuses while another backup is being written there', async () => {
    const first = await createBackupFolder(target, clock);
    await assert.rejects(
      createBackupFolder(target, clock),
      (error) => hasCode(error, 'conflict') && /Another backup/.test(error.message),
    );
    await first.close();
  });

  it('passes on the error of what it writes', async () => {
    const folder = await createBackupFolder(target, clock);
    async function* failing(): AsyncGenerator<Buffer> {
      yield Buffer.from('half');
      throw new RangeError('the source broke');
    }
    await assert.rejects(folder.writeFile('entries.copy.gz', failing()), { message: 'the source broke' });
    await folder.close();
  });

  it('says where it cannot write', async () => {
    await writeFile(path.join(parent, 'file'), '');
    await assert.rejects(
      createBackupFolder(path.join(parent, 'file', 'backup'), clock),
      (error) => hasCode(error, 'unavailable') && /cannot be written/.test(error.message),
    );
  });
});

describe('openBackup', () => {
  it('answers what was written', async () => {
    const manifest = await writeBackup();
    const backup = await openBackup(target);
    assert.deepEqual(backup.manifest, manifest);
    const [table] = backup.manifest.sql.tables;
    assert(table);
    let content = '';
    let bytes = 0;
    for await (const chunk of backup.read(table.file, (more) => (bytes += more))) content += chunk;
    assert.equal(content, CONTENT);
    assert.equal(bytes, table.file.bytes);
  });

  it('notices every byte that changes, in every file', async () => {
    const manifest = await writeBackup();
    for (const name of await readdir(target)) {
      const file = path.join(target, name);
      const whole = await readFile(file);
      for (let place = 0; place < whole.length; place += 1) {
        await writeFile(file, Buffer.from(whole).fill((whole[place] ?? 0) ^ 0x04, place, place + 1));
        const outcome = await openBackup(target).catch((error: unknown) => error);
        // Only what says nothing may change: white space between the fields of the manifest.
        const harmless = !(outcome instanceof Error) && name === 'manifest.json';
        if (harmless)
          assert.deepEqual((outcome as Awaited<ReturnType<typeof openBackup>>).manifest, manifest);
        else assert(hasCode(outcome, 'invalid'), `byte ${place} of ${name}: ${outcome}`);
      }
      await writeFile(file, whole);
    }
    await openBackup(target);
  });

  it('notices a file that is short or missing, and names it', async () => {
    await writeBackup();
    const file = path.join(target, 'entries.copy.gz');
    const names = (error: unknown) => hasCode(error, 'invalid') && /entries\.copy\.gz/.test(error.message);
    await truncate(file, 5);
    await assert.rejects(openBackup(target), names);
    await rm(file);
    await assert.rejects(openBackup(target), names);
  });

  it('takes nothing for a backup that is none', async () => {
    const isNone = (error: unknown) => hasCode(error, 'not_found');
    await assert.rejects(openBackup(target), isNone);
    await mkdir(target);
    await assert.rejects(openBackup(target), isNone);
    await writeBackup();
    await rename(target, `${target}.partial`);
    await rm(path.join(`${target}.partial`, 'manifest.json'));
    await assert.rejects(
      openBackup(`${target}.partial`),
      (error) => isNone(error) && error instanceof Error && /interrupted/.test(error.message),
    );
  });

  it('refuses the backup of a newer release, and names the release', async () => {
    const manifest = await writeBackup();
    const rewrite = async (changed: object) => {
      // As a newer release would write it, sealed.
      const checksum = manifestChecksum(changed as BackupManifest);
      await writeFile(path.join(target, 'manifest.json'), JSON.stringify({ ...changed, checksum }));
    };
    const isNewer = (error: unknown) => hasCode(error, 'conflict') && /release 7\.0\.0/.test(error.message);
    await rewrite({ ...manifest, format: 2, product_version: '7.0.0', other: [] });
    await assert.rejects(openBackup(target), isNewer);
    await rewrite({ ...manifest, blobs: [] });
    await assert.rejects(openBackup(target), (error) => hasCode(error, 'invalid'));
  });

  it('reads no file outside of its folder', async () => {
    const { sql, ...manifest } = await writeBackup();
    const [table] = sql.tables;
    assert(table);
    const tables = [{ ...table, file: { ...table.file, name: '../outside.copy.gz' } }];
    const changed = { ...manifest, sql: { ...sql, tables } };
    const text = JSON.stringify({ ...changed, checksum: manifestChecksum(changed) });
    await writeFile(path.join(target, 'manifest.json'), text);
    await assert.rejects(openBackup(target), (error) => hasCode(error, 'invalid'));
  });
});
