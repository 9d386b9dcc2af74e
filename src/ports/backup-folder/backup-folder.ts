/**
 * The folder that a backup is written to. Until it is complete it is called `<folder>.partial`, so that nothing
 * that was interrupted can be taken for a backup.
 */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Clock } from '../../core/clock.ts';
import { AppError, hasCode } from '../../core/errors.ts';
import { acquireFolderLock } from '../data-folder/folder-lock.ts';
import { type BackupFile, type BackupManifest, manifestText } from './backup-manifest.ts';

export interface BackupFolder {
  /**
   * Writes the content, gzipped, into a new file and resolves once that is on the disk. An error of the content
   * comes out as it is; one of the disk as `unavailable`.
   */
  writeFile(name: string, content: AsyncIterable<Buffer>, options?: WriteFileOptions): Promise<BackupFile>;
  /** Writes the manifest and gives the folder its name. Only now there is a backup. */
  complete(manifest: BackupManifest): Promise<void>;
  /** Removes what was written, unless it was completed. */
  close(): Promise<void>;
}

export interface WriteFileOptions {
  readonly signal?: AbortSignal;
  /** The content is compressed already, as pictures are: gzipped in form only. */
  readonly stored?: boolean;
}

export const MANIFEST_FILE = 'manifest.json';
export const PARTIAL = '.partial';
const LOCK_FILE = 'lock.json';

/** Only the owner may read a backup: it holds passwords' hashes and private messages. */
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;
/** Of 1 to 9. Ids and texts: 4 takes half the time of 6 for 3 % more bytes. */
const GZIP_LEVEL = 4;

/**
 * Makes `<folder>.partial`, clearing what an interrupted backup left there. Fails with `conflict` when the folder
 * exists and is not empty, or another backup is being written to it; with `unavailable` when it cannot be made.
 */
export async function createBackupFolder(folder: string, clock: Clock): Promise<BackupFolder> {
  const target = path.resolve(folder);
  const partial = `${target}${PARTIAL}`;
  await refuseContent(target);
  await mkdir(partial, { recursive: true, mode: FOLDER_MODE }).catch(failWriting(partial));
  const lock = await holdAlone(partial, clock);
  try {
    await clear(partial);
  } catch (error) {
    await lock.release();
    throw writingFailed(partial, error);
  }
  let completed = false;
  return {
    writeFile: (name, content, options) => writeCompressed(partial, name, content, options),

    async complete(manifest) {
      const file = path.join(partial, MANIFEST_FILE);
      try {
        await writeFile(file, manifestText(manifest), { mode: FILE_MODE, flag: 'wx', flush: true });
        await syncFolder(partial);
        await refuseContent(target);
        await rmdir(target).catch(ignoreAbsence);
        await rename(partial, target);
        completed = true;
        await rm(path.join(target, LOCK_FILE), { force: true });
        await syncFolder(path.dirname(target));
      } catch (error) {
        throw writingFailed(file, error);
      }
    },

    async close() {
      if (!completed) await rm(partial, { recursive: true, force: true });
      await lock.release();
    },
  };
}

async function refuseContent(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw writingFailed(folder, error);
  });
  if (names.length === 0) return;
  throw new AppError(
    'conflict',
    `${folder} exists and is not empty. Name a folder that does not exist yet, such as one with the date in its ` +
      'name, or remove that one.',
    { outcome: 'not_applied' },
  );
}

async function holdAlone(partial: string, clock: Clock): Promise<{ release(): Promise<void> }> {
  const kernelLock = process.platform === 'linux';
  try {
    return await acquireFolderLock({ folder: partial, clock, command: 'groundswell backup', kernelLock });
  } catch (error) {
    if (!hasCode(error, 'conflict')) throw writingFailed(partial, error);
    const message = `Another backup is being written to ${partial}. Wait for it, or name another folder.`;
    throw new AppError('conflict', message, { cause: error, outcome: 'not_applied' });
  }
}

async function clear(partial: string): Promise<void> {
  for (const name of await readdir(partial)) {
    if (name !== LOCK_FILE) await rm(path.join(partial, name), { recursive: true });
  }
}

async function writeCompressed(
  folder: string,
  name: string,
  content: AsyncIterable<Buffer>,
  { signal, stored = false }: WriteFileOptions = {},
): Promise<BackupFile> {
  const file = path.join(folder, name);
  const hash = createHash('sha256');
  let bytes = 0;
  let contentError: unknown;
  async function* guarded(): AsyncGenerator<Buffer> {
    try {
      yield* content;
    } catch (error) {
      contentError = error;
      throw error;
    }
  }
  async function* measured(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      bytes += chunk.length;
      hash.update(chunk);
      yield chunk;
    }
  }
  try {
    const disk = createWriteStream(file, { flags: 'wx', mode: FILE_MODE, flush: true });
    const options = signal === undefined ? {} : { signal };
    await pipeline(guarded, createGzip({ level: stored ? 0 : GZIP_LEVEL }), measured, disk, options);
  } catch (error) {
    if (error === contentError || signal?.aborted) throw error;
    throw writingFailed(file, error);
  }
  return { name, bytes, sha256: hash.digest('hex') };
}

/** So that the names in a folder are as durable as the files. Windows does not offer it. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}

function ignoreAbsence(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

function failWriting(file: string): (error: unknown) => never {
  return (error) => {
    throw writingFailed(file, error);
  };
}

function writingFailed(file: string, error: unknown): AppError {
  if (error instanceof AppError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const full = code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG';
  const message = full
    ? `There is no room for the backup: ${file} could not be written (${reason}). Free some space, or name a folder ` +
      'on another disk. What was written so far is removed.'
    : `The backup cannot be written: ${reason}.`;
  return new AppError('unavailable', message, { cause: error, outcome: 'not_applied' });
}
