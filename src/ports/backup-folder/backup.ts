/** A backup that is complete: opened, checked, and read. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { AppError } from '../../core/errors.ts';
import { MANIFEST_FILE, PARTIAL } from './backup-folder.ts';
import { type BackupFile, type BackupManifest, parseManifest } from './backup-manifest.ts';

export interface Backup {
  readonly manifest: BackupManifest;
  /** Of all files together. */
  readonly bytes: number;
  /** The content that was written. `onBytes` hears of the bytes of the file. */
  read(file: BackupFile, onBytes: (bytes: number) => void): AsyncIterable<Buffer>;
}

export interface OpenBackupOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (bytesChecked: number, bytes: number) => void;
}

/**
 * Opens the backup in the folder and checks every byte of it. Fails with `invalid`, naming what is damaged, with
 * `not_found` when there is no backup, and with `conflict` when a newer release is needed.
 */
export async function openBackup(folder: string, options: OpenBackupOptions = {}): Promise<Backup> {
  const root = path.resolve(folder);
  const manifest = parseManifest(await readManifest(root));
  const files = [...manifest.sql.tables.map(({ file }) => file), ...(manifest.blobs?.files ?? [])];
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  let bytesChecked = 0;
  const onBytes = (more: number): void => {
    bytesChecked += more;
    options.onProgress?.(bytesChecked, bytes);
  };
  await checkFiles(root, files, onBytes, options.signal);
  return {
    manifest,
    bytes,
    read: ({ name }, onFileBytes) => readCompressed(path.join(root, name), onFileBytes),
  };
}

/** Fails with `not_found` when there is none. Nothing of it is checked. */
export async function requireBackup(folder: string): Promise<void> {
  await readManifest(path.resolve(folder));
}

async function readManifest(root: string): Promise<string> {
  try {
    return await readFile(path.join(root, MANIFEST_FILE), 'utf8');
  } catch (error) {
    const reason = root.endsWith(PARTIAL)
      ? 'it is what an interrupted backup left'
      : `it has no ${MANIFEST_FILE} that can be read`;
    const message = `${root} is no backup: ${reason}. Name a folder that \`groundswell backup\` has completed.`;
    throw new AppError('not_found', message, { cause: error, outcome: 'not_applied' });
  }
}

async function checkFiles(
  root: string,
  files: readonly BackupFile[],
  onBytes: (bytes: number) => void,
  signal?: AbortSignal,
): Promise<void> {
  const problems: string[] = [];
  for (const file of files) {
    const problem = await problemOf(path.join(root, file.name), file, onBytes, signal);
    if (problem !== undefined) problems.push(`${file.name} ${problem}`);
  }
  if (problems.length === 0) return;
  throw new AppError(
    'invalid',
    `The backup in ${root} is damaged: ${problems.join('; ')}. Take another backup or copy. Nothing was changed.`,
    { outcome: 'not_applied' },
  );
}

async function problemOf(
  file: string,
  { bytes, sha256 }: BackupFile,
  onBytes: (bytes: number) => void,
  signal?: AbortSignal,
): Promise<string | undefined> {
  try {
    const { size } = await stat(file);
    if (size !== bytes) return `has ${size} bytes instead of ${bytes}`;
    const found = await checksumOf(file, onBytes, signal);
    return found === sha256 ? undefined : 'has another content than was written';
  } catch (error) {
    signal?.throwIfAborted();
    return `cannot be read (${reasonOf(error)})`;
  }
}

async function checksumOf(
  file: string,
  onBytes: (bytes: number) => void,
  signal?: AbortSignal,
): Promise<string> {
  const hash = createHash('sha256');
  // Without an encoding, a stream yields buffers.
  const chunks: AsyncIterable<Buffer> = createReadStream(file, signal === undefined ? {} : { signal });
  for await (const chunk of chunks) {
    hash.update(chunk);
    onBytes(chunk.length);
  }
  return hash.digest('hex');
}

async function* readCompressed(file: string, onBytes: (bytes: number) => void): AsyncGenerator<Buffer> {
  async function* measured(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      onBytes(chunk.length);
      yield chunk;
    }
  }
  const content = createGunzip();
  // Its failure arrives through `content`.
  pipeline(createReadStream(file), measured, content).catch(() => undefined);
  try {
    for await (const chunk of content as AsyncIterable<Buffer>) yield chunk;
  } catch (error) {
    const message = `${file} could not be read to its end: ${reasonOf(error)}`;
    throw new AppError('unavailable', message, { cause: error, outcome: 'not_applied' });
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
