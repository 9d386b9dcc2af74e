/**
 * Blobs as files of a folder: `ab/cd/<key>/<file>`, where the key begins with `abcd`, so that no folder has more than
 * some hundred entries for millions of blobs. A file is written as `unfinished/…`, flushed, and linked under its name,
 * which fails if the name is taken: it is there whole, once, or not at all.
 */
import { createHash } from 'node:crypto';
import { createReadStream, type Dirent } from 'node:fs';
import { type FileHandle, link, mkdir, open, readdir, rm, rmdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Clock, Randomness } from '../../core/clock.ts';
import { type AppError, assert } from '../../core/errors.ts';
import { failure, nameTaken, tooLarge } from './blob-failures.ts';
import {
  BLOB_KEY_PATTERN,
  BLOBS_PAGE_MAX,
  type BlobFacts,
  type BlobStore,
  checkBlobName,
  type PutOptions,
  type StoredBlob,
} from './blob-store.ts';

export interface DiskBlobStoreOptions {
  /** Made when it is missing. Several processes may share it. */
  readonly folder: string;
  readonly clock: Clock;
  readonly randomness: Randomness;
  /** Why nothing may be written now, as on a disk that is full down to its reserve. */
  readonly refusal?: () => AppError | undefined;
}

const UNFINISHED = 'unfinished';
/** Far longer than any content takes to arrive: younger ones may be of another process that is at work. */
const UNFINISHED_AGE_MAX_MS = 10 * 60_000;
const CLEAN_EVERY_MS = UNFINISHED_AGE_MAX_MS;
/** A folder may be removed by whoever deletes its last blob, between making it and using it. */
const LINK_TRIES_MAX = 5;

/** Opens the folder and removes what interrupted writes left there. Fails with `unavailable` when it cannot be used. */
export async function openDiskBlobStore(options: DiskBlobStoreOptions): Promise<BlobStore> {
  const { clock, randomness, refusal = () => undefined } = options;
  const folder = path.resolve(options.folder);
  const unfinished = path.join(folder, UNFINISHED);
  await mkdir(unfinished, { recursive: true, mode: 0o700 }).catch(failAs('stored'));
  const clean = () => removeOlder(unfinished, clock.nowMs() - UNFINISHED_AGE_MAX_MS);
  await clean();
  const timer = setInterval(() => void clean(), CLEAN_EVERY_MS).unref();

  function fileOf(name: string): string {
    checkBlobName(name);
    return path.join(folder, name.slice(0, 2), name.slice(2, 4), name);
  }

  async function facts(name: string): Promise<BlobFacts | undefined> {
    const found = await stat(fileOf(name)).catch(ignoreAbsence);
    return found === undefined ? undefined : { name, bytes: found.size, createdMs: found.mtimeMs };
  }

  return {
    async put(name, content, limits) {
      const file = fileOf(name);
      const refused = refusal();
      if (refused !== undefined) throw refused;
      const draft = path.join(unfinished, randomness.uuid());
      try {
        const stored = await writeDraft(draft, content, limits);
        await linkDurably(draft, file, folder);
        return stored;
      } finally {
        await rm(draft, { force: true }).catch(() => undefined);
      }
    },

    async get(name, range) {
      const found = await facts(name);
      if (found === undefined) return undefined;
      // Opened now, so that it can be read to its end whoever deletes it.
      const handle = await open(fileOf(name), 'r').catch(ignoreAbsence);
      if (handle === undefined) return undefined;
      const ends = range === undefined ? {} : { start: range.first, end: range.last };
      return { bytes: found.bytes, content: createReadStream('', { fd: handle, ...ends }) };
    },

    head: facts,

    async delete(name) {
      const file = fileOf(name);
      try {
        await rm(file, { force: true });
        await syncFolder(path.dirname(file)).catch(ignoreAbsence);
        // Gone with its last blob.
        await rmdir(path.dirname(file)).catch(() => undefined);
      } catch (error) {
        throw failure('deleted', error);
      }
    },

    async list({ key, after = '', limit }) {
      assert(limit >= 1 && limit <= BLOBS_PAGE_MAX, `a page of ${limit} blobs`);
      assert(key === undefined || BLOB_KEY_PATTERN.test(key), 'a key of blobs');
      const page: BlobFacts[] = [];
      const names = key === undefined ? namesAfter(folder, after) : namesOfKey(folder, key, after);
      for await (const name of names) {
        const found = await facts(name);
        if (found !== undefined) page.push(found);
        if (page.length === limit) break;
      }
      return page;
    },

    async presignPut(name) {
      checkBlobName(name);
      return undefined;
    },

    async close() {
      clearInterval(timer);
    },
  };
}

/** Writes and flushes the file. Fails as `put` does. */
async function writeDraft(
  file: string,
  content: AsyncIterable<Buffer>,
  { bytesMax, signal }: PutOptions,
): Promise<StoredBlob> {
  const hash = createHash('sha256');
  let bytes = 0;
  const handle = await open(file, 'wx', 0o600).catch(failAs('stored'));
  try {
    for await (const chunk of content) {
      signal?.throwIfAborted();
      bytes += chunk.length;
      if (bytes > bytesMax) throw tooLarge(bytesMax);
      hash.update(chunk);
      await writeAll(handle, chunk);
    }
    signal?.throwIfAborted();
    await handle.sync().catch(failAs('stored'));
  } finally {
    await handle.close();
  }
  return { bytes, sha256: hash.digest('hex') };
}

async function writeAll(handle: FileHandle, chunk: Buffer): Promise<void> {
  let done = 0;
  while (done < chunk.length) {
    const { bytesWritten } = await handle.write(chunk, done).catch(failAs('stored'));
    done += bytesWritten;
  }
}

/** Gives the draft its name, and makes the names of all folders on the way durable. */
async function linkDurably(draft: string, file: string, root: string): Promise<void> {
  const folder = path.dirname(file);
  for (let tries = 1; ; tries += 1) {
    try {
      const made = await mkdir(folder, { recursive: true, mode: 0o700 });
      await link(draft, file);
      await syncFolder(folder);
      // From the folder in which the first new one is named, down to the last.
      if (made !== undefined) await syncDown(path.dirname(made), folder, root);
      return;
    } catch (error) {
      const code = codeOf(error);
      if (code === 'EEXIST') throw nameTaken(error);
      if (code !== 'ENOENT' || tries === LINK_TRIES_MAX) throw failure('stored', error);
    }
  }
}

async function syncDown(from: string, to: string, root: string): Promise<void> {
  for (let at = path.dirname(to); at.startsWith(root); at = path.dirname(at)) {
    await syncFolder(at);
    if (at === from) return;
  }
}

async function* namesOfKey(folder: string, key: string, after: string): AsyncGenerator<string> {
  const files = await entriesOf(path.join(folder, key.slice(0, 2), key.slice(2, 4), key));
  for (const file of files) if (`${key}/${file}` > after) yield `${key}/${file}`;
}

/** The order of the names is that of the folders, because a key has neither of the two characters below `/`. */
async function* namesAfter(folder: string, after: string): AsyncGenerator<string> {
  for (const first of await entriesOf(folder, /^[a-z0-9]{2}$/)) {
    if (first < after.slice(0, 2)) continue;
    for (const second of await entriesOf(path.join(folder, first), /^[a-z0-9]{2}$/)) {
      if (`${first}${second}` < after.slice(0, 4)) continue;
      for (const key of await entriesOf(path.join(folder, first, second), BLOB_KEY_PATTERN)) {
        if (key >= keyOf(after)) yield* namesOfKey(folder, key, after);
      }
    }
  }
}

function keyOf(name: string): string {
  return name.split('/')[0] ?? '';
}

async function entriesOf(folder: string, pattern = /^[a-z0-9_-]/): Promise<string[]> {
  const names = await readdir(folder).catch(ignoreAbsence);
  return (names ?? []).filter((name) => pattern.test(name)).sort();
}

async function removeOlder(folder: string, thanMs: number): Promise<void> {
  const entries: Dirent[] = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const { name } of entries) {
    const file = path.join(folder, name);
    const found = await stat(file).catch(() => undefined);
    if (found !== undefined && found.mtimeMs < thanMs) await rm(file, { force: true }).catch(() => undefined);
  }
}

/** So that the names in a folder are as durable as the files. Windows does not offer it. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}

function ignoreAbsence(error: unknown): undefined {
  if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined;
  throw failure('read', error);
}

function failAs(what: string): (error: unknown) => never {
  return (error) => {
    throw failure(what, error);
  };
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
