/**
 * Pictures as they arrive: their bytes are stored first, under a lease, and then a row stands for them, in the transaction
 * that ends the lease. Whatever comes in between, bytes for which no row stands have a lease that expires.
 */

import type { Clock, Randomness } from '../../../core/clock.ts';
import { AppError, hasCode, invalidField } from '../../../core/errors.ts';
import { type Id, type IdGenerator, shardOf } from '../../../core/ids.ts';
import type { BlobStore } from '../../../ports/blob-store/blob-store.ts';
import type { EventLog } from '../../../ports/event-log/event-log.ts';
import type { SqlStore, SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import {
  endLease,
  expireLease,
  insertLease,
  insertMedia,
  type MediaRow,
  releaseExpiredKey,
  renewLease,
} from '../media-queries.ts';
import { FORMAT_BYTES, formatOf, type PictureFormat } from '../picture-format.ts';
import { checkPixelSize, PICTURE_BYTES_MAX } from '../picture-limits.ts';
import { type PixelSize, pixelSizeOf } from '../picture-size.ts';
import { mediaEvent } from '../stored-media.ts';
import type { MediaDescription } from './media-description.ts';
import { createRunningUploads } from './running-uploads.ts';

export const ORIGINAL = 'original';

export interface StoredOriginal {
  readonly ownerId: Id;
  readonly key: string;
  readonly format: PictureFormat;
  /** Upright; `undefined` where the beginning does not say it. */
  readonly size: PixelSize | undefined;
  readonly bytes: number;
  readonly sha256: string;
}

export interface Uploads {
  /**
   * Stores a picture as it arrives. Fails with `invalid`, naming the field `file`, for what is no picture or beyond a limit,
   * with `conflict` while another upload with the same key is running, with `rate_limited` while too many are.
   */
  store(
    ownerId: Id,
    content: AsyncIterable<Buffer>,
    idempotencyKey: string | undefined,
  ): Promise<StoredOriginal>;
  /** Makes a medium of it when the transaction commits. Fails with `unavailable` when that comes too late. */
  record(
    transaction: SqlTransaction,
    original: StoredOriginal,
    description: MediaDescription,
  ): Promise<MediaRow>;
  /** To be called at last, whatever has become of it: what was not recorded is removed. */
  settle(original: StoredOriginal): Promise<void>;
}

export interface UploadsDeps {
  readonly sql: SqlStore;
  readonly ids: IdGenerator;
  readonly eventLog: EventLog;
  readonly blobStore: BlobStore;
  readonly randomness: Pick<Randomness, 'bytes'>;
  readonly clock: Pick<Clock, 'monotonicMs'>;
}

/** Renewed while bytes arrive. Twice as long as a client may be silent. */
const LEASE_S = 120;
const RENEW_EVERY_MS = 20_000;
const KEY_BYTES = 16;
/** Of the beginning, in which the size of nearly every picture stands; so much memory an upload takes. */
const HEAD_BYTES = 65_536;
/** Of a JPEG with previews before its size. */
const HEAD_BYTES_MAX = 262_144;

export function createUploads(deps: UploadsDeps): Uploads {
  const { sql, ids, eventLog, blobStore, randomness, clock } = deps;
  const running = createRunningUploads();

  async function lease(ownerId: Id, key: string, idempotencyKey: string | undefined): Promise<void> {
    if (idempotencyKey !== undefined) await sql.query(releaseExpiredKey, [ownerId, idempotencyKey]);
    const params = [key, shardOf(ownerId), ownerId, idempotencyKey ?? null, LEASE_S] as const;
    const [leased] = await sql.query(insertLease, [...params]);
    if (leased === undefined) throw inFlight();
  }

  /** The same content, which takes as long as it takes. */
  async function* renewing(key: string, content: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    let renewedMs = clock.monotonicMs();
    for await (const chunk of content) {
      if (clock.monotonicMs() - renewedMs >= RENEW_EVERY_MS) {
        const [renewed] = await sql.query(renewLease, [key, LEASE_S]);
        if (renewed === undefined) throw tooLate();
        renewedMs = clock.monotonicMs();
      }
      yield chunk;
    }
  }

  async function store(
    ownerId: Id,
    content: AsyncIterable<Buffer>,
    idempotencyKey: string | undefined,
  ): Promise<StoredOriginal> {
    const key = randomness.bytes(KEY_BYTES).toString('hex');
    const picture = inspected(content);
    await lease(ownerId, key, idempotencyKey);
    try {
      const stored = await blobStore.put(`${key}/${ORIGINAL}`, renewing(key, picture.content), {
        bytesMax: PICTURE_BYTES_MAX,
      });
      return { ownerId, key, format: picture.format(), size: picture.size(), ...stored };
    } catch (error) {
      // What may yet come to be stored is removed when the lease has expired by itself.
      if (!mayBeStored(error)) await release(key);
      throw picture.hasPassed() ? tooLarge(error) : error;
    }
  }

  const release = async (key: string): Promise<void> => void (await sql.query(expireLease, [key]));

  return {
    store: (ownerId, content, key) => running.run(ownerId, () => store(ownerId, content, key)),

    async record(transaction, { ownerId, key, format, size, bytes }, { alt, focus }) {
      const [ended] = await transaction.query(endLease, [key]);
      if (ended === undefined) throw tooLate();
      const [x, y] = focus ?? [null, null];
      const shard = shardOf(ownerId);
      const shown = [size?.width ?? null, size?.height ?? null, alt, x, y] as const;
      const params = [ids.next(), shard, ownerId, key, format, bytes, ...shown] as const;
      const [row] = await transaction.query(insertMedia, params);
      if (row === undefined) throw tooLate();
      await eventLog.append(transaction, [mediaEvent('uploaded', row)]);
      return row;
    },

    // A lease that was ended is not there any more.
    settle: ({ key }) => release(key),
  };
}

interface Inspected {
  readonly content: AsyncIterable<Buffer>;
  format(): PictureFormat;
  size(): PixelSize | undefined;
  /** Nothing was wrong with its beginning. */
  hasPassed(): boolean;
}

/** The same content, which fails as soon as its beginning is of no picture, or of one that is too large. */
function inspected(content: AsyncIterable<Buffer>): Inspected {
  let head: Buffer = Buffer.alloc(0);
  let format: PictureFormat | undefined;
  let size: PixelSize | undefined;
  let hasPassed = true;

  function inspect(): void {
    hasPassed = false;
    format ??= checkFormat(head);
    size = pixelSizeOf(format, head);
    if (size !== undefined) checkPixelSize(size);
    hasPassed = true;
  }

  async function* inspecting(): AsyncGenerator<Buffer> {
    let isInspected = false;
    for await (const chunk of content) {
      if (!isInspected) {
        head = Buffer.concat([head, chunk.subarray(0, HEAD_BYTES_MAX - head.length)]);
        if (head.length >= FORMAT_BYTES) inspect();
        isInspected = head.length >= (size === undefined ? HEAD_BYTES_MAX : HEAD_BYTES);
        if (isInspected) head = Buffer.alloc(0);
      }
      yield chunk;
    }
    if (!isInspected) inspect();
  }

  return {
    content: inspecting(),
    format: () => format ?? checkFormat(head),
    size: () => size,
    hasPassed: () => hasPassed,
  };
}

/** The same content, which fails as soon as its beginning is of no picture; if it is too short to tell, it does not. */
export async function* checkedBeginning(content: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let head: Buffer = Buffer.alloc(0);
  for await (const chunk of content) {
    if (head.length < FORMAT_BYTES) {
      head = Buffer.concat([head, chunk.subarray(0, FORMAT_BYTES)]);
      if (head.length >= FORMAT_BYTES) checkFormat(head);
    }
    yield chunk;
  }
}

function checkFormat(head: Buffer): PictureFormat {
  if (head.length === 0) throw invalidField('file', 'is empty.');
  const format = formatOf(head);
  if (format === 'heic') {
    throw invalidField('file', 'is a HEIC picture, which browsers cannot show. Send it as a JPEG.');
  }
  if (format === undefined) {
    throw invalidField('file', 'must be a JPEG, PNG, WebP, AVIF or GIF picture, whatever its name says.');
  }
  return format;
}

function mayBeStored(error: unknown): boolean {
  return (hasCode(error, 'unavailable') || hasCode(error, 'timeout')) && error.outcome === 'unknown';
}

/** In words of this call, if that is what the store says. */
function tooLarge(error: unknown): unknown {
  if (!(error instanceof AppError) || error.code !== 'invalid' || error.fields.length > 0) return error;
  return invalidField('file', `must have at most ${PICTURE_BYTES_MAX / 1_048_576} MiB.`);
}

function inFlight(): AppError {
  const message = 'A request with this Idempotency-Key is still running. Try again in a second.';
  return new AppError('conflict', message, { retryAfterS: 1, outcome: 'not_applied' });
}

function tooLate(): AppError {
  return new AppError('unavailable', 'The upload took too long. Send it again.', {
    retryAfterS: 1,
    outcome: 'not_applied',
  });
}
