/**
 * Blobs in a backup: all of them, one after the other, in files of some size each. Before every blob stands a line of JSON
 * with its name and length, after it a line end.
 */
import { AppError } from '../../core/errors.ts';
import type { Backup } from '../backup-folder/backup.ts';
import type { BackupFolder } from '../backup-folder/backup-folder.ts';
import type { BackupFile, BlobsBackup } from '../backup-folder/backup-manifest.ts';
import { BLOBS_PAGE_MAX, type BlobFacts, type BlobStore } from './blob-store.ts';

/** So that a file that was damaged on the way can be copied again by itself. */
const FILE_BYTES_MIN = 1_073_741_824;
/** A line that names a blob is far shorter. */
const LINE_BYTES_MAX = 512;
/** How far the clocks of a database and of a disk may be apart. */
const CLOCK_SKEW_MAX_MS = 600_000;

/**
 * Copies all blobs that were there at `asOfMs`, by the clock of the database, or shortly after it. Nobody must remove any
 * meanwhile: hold BLOB_REMOVAL_LOCK. `undefined` when there are none.
 */
export async function backUpBlobs(options: {
  readonly blobStore: BlobStore;
  readonly folder: BackupFolder;
  readonly asOfMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly onBytes?: (bytes: number) => void;
}): Promise<BlobsBackup | undefined> {
  const { blobStore, folder, asOfMs, signal, onBytes = () => undefined } = options;
  const files: BackupFile[] = [];
  let [count, bytes] = [0, 0];
  let page = await blobStore.list({ limit: BLOBS_PAGE_MAX });
  let next = 0;

  async function nextBlob(): Promise<BlobFacts | undefined> {
    for (;;) {
      const blob = page[next];
      if (blob === undefined) {
        if (page.length < BLOBS_PAGE_MAX) return undefined;
        page = await blobStore.list({ after: page.at(-1)?.name, limit: BLOBS_PAGE_MAX });
        next = 0;
        continue;
      }
      next += 1;
      if (blob.createdMs <= asOfMs + CLOCK_SKEW_MAX_MS) return blob;
    }
  }

  async function* archive(first: BlobFacts): AsyncGenerator<Buffer> {
    let fileBytes = 0;
    for (let blob: BlobFacts | undefined = first; blob !== undefined; blob = await nextBlob()) {
      const { name } = blob;
      const found = await blobStore.get(name);
      if (found === undefined) continue;
      yield Buffer.from(`${JSON.stringify({ name, bytes: found.bytes })}\n`);
      for await (const chunk of found.content as AsyncIterable<Buffer>) {
        onBytes(chunk.length);
        yield chunk;
      }
      yield Buffer.from('\n');
      count += 1;
      bytes += found.bytes;
      fileBytes += found.bytes;
      if (fileBytes >= FILE_BYTES_MIN) return;
    }
  }

  for (let first = await nextBlob(); first !== undefined; first = await nextBlob()) {
    const name = `blobs.${String(files.length).padStart(6, '0')}.gz`;
    files.push(await folder.writeFile(name, archive(first), { ...(signal && { signal }), stored: true }));
  }
  return files.length === 0 ? undefined : { count, bytes, files };
}

/**
 * Makes room for the blobs of a backup. Fails with `conflict`, unless by `force`, when there are any: those of a backup
 * are brought only into an empty store, or into one that an interrupted restore has begun to fill.
 */
export async function clearBlobs(
  blobStore: BlobStore,
  { force }: { readonly force: boolean },
): Promise<void> {
  for (;;) {
    const page = await blobStore.list({ limit: BLOBS_PAGE_MAX });
    if (page.length > 0 && !force) throw hasBlobs();
    for (const { name } of page) await blobStore.delete(name);
    if (page.length < BLOBS_PAGE_MAX) return;
  }
}

/** Brings back all blobs of the backup; those that are there already stay, because nothing changes under a name. */
export async function restoreBlobs(options: {
  readonly blobStore: BlobStore;
  readonly backup: Backup;
  readonly signal?: AbortSignal | undefined;
  readonly onBytes?: (bytes: number) => void;
}): Promise<void> {
  const { blobStore, backup, signal, onBytes = () => undefined } = options;
  for (const file of backup.manifest.blobs?.files ?? []) {
    const archive = createArchiveReader(backup.read(file, onBytes));
    for (let line = await archive.line(); line !== undefined; line = await archive.line()) {
      signal?.throwIfAborted();
      await restoreBlob(blobStore, headerOf(line), archive);
    }
  }
}

async function restoreBlob(blobStore: BlobStore, header: BlobHeader, archive: ArchiveReader): Promise<void> {
  const { name, bytes } = header;
  const content = archive.content(bytes);
  if ((await blobStore.head(name)) === undefined) await blobStore.put(name, content, { bytesMax: bytes });
  for await (const _ of content);
  if ((await archive.line()) !== '') throw damaged();
}

interface BlobHeader {
  readonly name: string;
  readonly bytes: number;
}

function headerOf(line: string): BlobHeader {
  const { name, bytes } = JSON.parse(line) as Partial<BlobHeader>;
  if (typeof name !== 'string' || typeof bytes !== 'number') throw damaged();
  return { name, bytes };
}

interface ArchiveReader {
  /** Without its end; `undefined` at the end of the archive. */
  line(): Promise<string | undefined>;
  /** The next bytes, so many. */
  content(bytes: number): AsyncGenerator<Buffer>;
}

function createArchiveReader(chunks: AsyncIterable<Buffer>): ArchiveReader {
  const iterator = chunks[Symbol.asyncIterator]();
  let rest: Buffer = Buffer.alloc(0);

  async function more(): Promise<boolean> {
    const { done, value } = await iterator.next();
    if (done === true) return false;
    rest = rest.length === 0 ? value : Buffer.concat([rest, value]);
    return true;
  }

  return {
    async line() {
      for (;;) {
        const end = rest.indexOf('\n');
        if (end !== -1) {
          const text = rest.toString('utf8', 0, end);
          rest = rest.subarray(end + 1);
          return text;
        }
        if (rest.length > LINE_BYTES_MAX) throw damaged();
        if (!(await more())) {
          if (rest.length > 0) throw damaged();
          return undefined;
        }
      }
    },

    async *content(bytes) {
      for (let missing = bytes; missing > 0; ) {
        if (rest.length === 0 && !(await more())) throw damaged();
        const chunk = rest.subarray(0, missing);
        rest = rest.subarray(chunk.length);
        missing -= chunk.length;
        yield chunk;
      }
    },
  };
}

function damaged(): AppError {
  return new AppError('invalid', 'A file of blobs in the backup is not what was written.', {
    outcome: 'not_applied',
  });
}

function hasBlobs(): AppError {
  return new AppError(
    'conflict',
    'There are pictures already where those of the backup should go. With --force they are deleted. Nothing was changed.',
    { outcome: 'not_applied' },
  );
}
