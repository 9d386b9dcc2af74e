/**
 * The blob-store port: bytes under names, such as pictures. What is under a name never changes: it is put once, read
 * any number of times, and deleted. So a name identifies its content, and whoever caches it may keep it for ever.
 *
 * A name is `<key>/<file>`: a key of 16 to 64 lower-case letters and digits, whose first characters must be spread
 * evenly (random ones), because adapters place blobs by them; and a file of 1 to 64 lower-case letters, digits, `.`,
 * `_` and `-`, not beginning with a dot. Blobs of one key belong together. A name of another shape is a defect of the
 * caller.
 */
import type { Readable } from 'node:stream';
import { assert } from '../../core/errors.ts';

export const BLOB_KEY_PATTERN = /^[a-z0-9]{16,64}$/;
const BLOB_NAME_PATTERN = /^[a-z0-9]{16,64}\/[a-z0-9_-][a-z0-9._-]{0,63}$/;
export const BLOBS_PAGE_MAX = 1_000;
/**
 * The advisory lock of the database that whoever removes blobs holds, and a backup shares with others: so that rows as of
 * a moment and the blobs that they name can be copied together.
 */
export const BLOB_REMOVAL_LOCK = 7_018_101_114;

export interface BlobFacts {
  readonly name: string;
  readonly bytes: number;
  /** When it was put, by the clock of whoever stores it. */
  readonly createdMs: number;
}

export interface StoredBlob {
  readonly bytes: number;
  /** In hexadecimal. */
  readonly sha256: string;
}

/** Of a blob, both ends included, as in HTTP. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

export interface BlobContent {
  /** Of the whole blob, whatever was asked for. */
  readonly bytes: number;
  /** Must be read to its end or destroyed. It fails with `unavailable`. */
  readonly content: Readable;
}

export interface PutOptions {
  /** What is larger is not stored. */
  readonly bytesMax: number;
  /** Gives up: nothing is stored, and `put` fails with the reason of the signal. */
  readonly signal?: AbortSignal;
}

/** What a client sends, once, to put a blob by itself: a PUT of exactly so many bytes, with these headers. */
export interface PresignedPut {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface BlobStore {
  /**
   * Stores the content as it arrives, in bounded memory, and resolves once it is durable. Before that nobody sees any
   * of it; whatever interrupts it, nothing of it stays.
   *
   * Fails with `conflict` when the name is taken, leaving what is there: of several calls for a name at the same time one
   * wins. Fails with `invalid` beyond `bytesMax`, with the content's own error if that fails, with `unavailable` when it
   * cannot be stored, as on a full disk; in all these cases the outcome is `not_applied`. Where a storage in the network did
   * not answer it is `unknown`: the blob may be there, or be there in a moment, but then whole.
   */
  put(name: string, content: AsyncIterable<Buffer>, options: PutOptions): Promise<StoredBlob>;

  /**
   * The content, or a range of it; `undefined` when there is none under the name. A range that ends beyond the blob is cut
   * at its end; one that begins there is empty. What is deleted while it is being read may be read to its end.
   */
  get(name: string, range?: ByteRange): Promise<BlobContent | undefined>;

  /** `undefined` when there is none. */
  head(name: string): Promise<BlobFacts | undefined>;

  /** Resolves once it is durably gone, also when it never was there. */
  delete(name: string): Promise<void>;

  /**
   * The blobs whose names come after `after`, in the order of their names (by bytes), at most `limit` (up to
   * BLOBS_PAGE_MAX); of one key, if it is given. What is put or deleted meanwhile may be in it or not. A page that is not
   * full is the last one.
   */
  list(query: {
    readonly key?: string | undefined;
    readonly after?: string | undefined;
    readonly limit: number;
  }): Promise<BlobFacts[]>;

  /**
   * With which anyone who has it may put a blob of exactly `bytes` bytes under the name within the time, if nothing is there,
   * without this server. The storage checks its length, and nothing else. `undefined` where clients cannot reach the store.
   */
  presignPut(
    name: string,
    options: { readonly bytes: number; readonly expiresS: number },
  ): Promise<PresignedPut | undefined>;

  /** Lets go of what it holds. */
  close(): Promise<void>;
}

export function isBlobName(name: string): boolean {
  return BLOB_NAME_PATTERN.test(name);
}

export function checkBlobName(name: string): void {
  assert(isBlobName(name), `${JSON.stringify(name)} is no name of a blob`);
}

/** Removes all blobs of a key. Whoever puts others meanwhile keeps them. */
export async function deleteBlobsOf(blobStore: BlobStore, key: string): Promise<number> {
  let deleted = 0;
  for (;;) {
    const page = await blobStore.list({ key, limit: BLOBS_PAGE_MAX });
    for (const { name } of page) await blobStore.delete(name);
    deleted += page.length;
    if (page.length < BLOBS_PAGE_MAX) return deleted;
  }
}
