/**
 * Uploads that are no single request: in pieces that survive a broken line, or by the client itself into the object storage.
 * What has arrived waits as blobs of its own, in any store. When all is there it is stored as one, through the same
 * checks as any other upload, and becomes a medium in the transaction that ends this one.
 *
 * A piece counts once its bytes are durable and the row says so: whoever is killed in between, what was acknowledged is there,
 * and what was not is sent again. Nobody holds a lock while bytes arrive; of two that send the same piece, the first counts.
 */
import type { Randomness } from '../../../core/clock.ts';
import { AppError, hasCode, invalidField, notFound } from '../../../core/errors.ts';
import { type Id, type IdGenerator, shardOf } from '../../../core/ids.ts';
import type { Job } from '../../../core/job.ts';
import type { BlobStore, PresignedPut } from '../../../ports/blob-store/blob-store.ts';
import type { SqlStore, SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import { PICTURE_BYTES_MAX } from '../picture-limits.ts';
import type { MediaDescription } from './media-description.ts';
import {
  addPiece,
  completeUpload,
  deleteExpiredUploads,
  deleteUpload,
  getUpload,
  insertUpload,
  lockUploadsOf,
  type PendingUploadRow,
} from './pending-uploads-queries.ts';
import { createRunningUploads } from './running-uploads.ts';
import { checkedBeginning, type Uploads } from './uploads.ts';

export const PENDING_UPLOADS_MAX = 20;
/** Of one upload: pieces of 80 kB of the largest picture. */
export const PIECES_MAX = 256;
/** From the last piece on. */
export const PENDING_HOURS_MAX = 24;
/** For which the address of a direct upload is good. */
export const DIRECT_URL_S = 900;
/** From its creation on: time for the client to say that it is done. */
const DIRECT_EXPIRES_S = 3_600;
const KEY_BYTES = 16;
const PIECE_BYTES = 8;
const DIRECT_FILE = 'direct';
const EXPIRE_EVERY_MS = 60_000;
const EXPIRED_MAX = 200;

export interface PendingUpload {
  readonly uploadId: Id;
  readonly totalBytes: number;
  readonly receivedBytes: number;
  /** What it has become. */
  readonly mediaId: Id | null;
  readonly expiresAt: Date;
}

export interface NewUpload {
  readonly totalBytes: number;
  readonly description: MediaDescription;
}

export interface PendingUploads {
  /**
   * Begins one when the transaction commits. Fails with `invalid` for a picture that would be too large or empty, with `conflict`
   * where the owner has PENDING_UPLOADS_MAX under way.
   */
  create(transaction: SqlTransaction, ownerId: Id, upload: NewUpload): Promise<PendingUpload>;
  /** As `create`, with what the client must send. Fails with `not_found` where the store cannot be reached by clients. */
  createDirect(
    transaction: SqlTransaction,
    ownerId: Id,
    upload: NewUpload,
  ): Promise<PendingUpload & { readonly put: PresignedPut }>;
  /** Fails with `not_found` for what is not the owner's, or has expired. */
  get(ownerId: Id, uploadId: Id): Promise<PendingUpload>;
  /**
   * Adds what arrives, as far as it arrives, and makes a medium of it with the last byte. Fails with `conflict` where
   * `offset` is not how far it is, with `invalid` for what is no picture, whose upload is over then, and for more bytes than were announced.
   */
  append(ownerId: Id, uploadId: Id, offset: number, content: AsyncIterable<Buffer>): Promise<PendingUpload>;
  /** Makes a medium of what the client has put, once. Fails with `conflict` where that is not there, and as `append` does. */
  completeDirect(ownerId: Id, uploadId: Id): Promise<PendingUpload>;
  delete(transaction: SqlTransaction, ownerId: Id, uploadId: Id): Promise<void>;
  readonly job: Job;
}

export interface PendingUploadsDeps {
  readonly sql: SqlStore;
  readonly ids: IdGenerator;
  readonly blobStore: BlobStore;
  readonly randomness: Pick<Randomness, 'bytes'>;
  readonly uploads: Uploads;
}

export function createPendingUploads(deps: PendingUploadsDeps): PendingUploads {
  const { sql, ids, blobStore, randomness, uploads } = deps;
  const running = createRunningUploads();

  async function insert(
    transaction: SqlTransaction,
    ownerId: Id,
    way: 'pieces' | 'direct',
    { totalBytes, description: { alt, focus } }: NewUpload,
  ): Promise<PendingUploadRow> {
    if (totalBytes < 1) throw invalidField('file', 'is empty.');
    if (totalBytes > PICTURE_BYTES_MAX) throw tooLarge();
    await transaction.query(lockUploadsOf, [ownerId]);
    const [x, y] = focus ?? [null, null];
    const key = randomness.bytes(KEY_BYTES).toString('hex');
    const expiresS = way === 'direct' ? DIRECT_EXPIRES_S : PENDING_HOURS_MAX * 3_600;
    const what = [ids.next(), shardOf(ownerId), ownerId, key, way, totalBytes] as const;
    const params = [...what, alt, x, y, expiresS, PENDING_UPLOADS_MAX] as const;
    const [row] = await transaction.query(insertUpload, params);
    if (row === undefined) throw tooMany();
    return row;
  }

  async function own(ownerId: Id, uploadId: Id, way?: 'pieces' | 'direct'): Promise<PendingUploadRow> {
    const [row] = await sql.query(getUpload, [uploadId]);
    if (row === undefined || row.owner_id !== ownerId || (way !== undefined && row.way !== way)) {
      throw notFound('upload of yours');
    }
    return row;
  }

  async function* contentOf(key: string, files: readonly string[]): AsyncGenerator<Buffer> {
    for (const file of files) {
      const found = await blobStore.get(`${key}/${file}`);
      if (found === undefined) throw notFound('upload of yours');
      yield* found.content as AsyncIterable<Buffer>;
    }
  }

  /** Through all that an upload in one request goes through. What is no picture is over; what fails for now may be completed again. */
  async function complete(row: PendingUploadRow, files: readonly string[]): Promise<PendingUpload> {
    const { upload_id: uploadId, owner_id: ownerId, blob_key: key, received_bytes: offset } = row;
    const original = await uploads.store(ownerId, contentOf(key, files), undefined).catch(async (error) => {
      if (isNoPicture(error)) await sql.query(deleteUpload, [uploadId, ownerId]);
      throw error;
    });
    try {
      return await sql.transaction(async (transaction) => {
        const { alt, focus_x: x, focus_y: y } = row;
        const focus = x === null || y === null ? null : ([x, y] as const);
        const { media_id: mediaId } = await uploads.record(transaction, original, { alt, focus });
        const [ended] = await transaction.query(completeUpload, [uploadId, offset, mediaId]);
        if (ended === undefined) throw elsewhere();
        return { ...shown(row), receivedBytes: row.total_bytes, mediaId };
      });
    } finally {
      await uploads.settle(original);
    }
  }

  async function add(row: PendingUploadRow, piece: string, bytes: number): Promise<PendingUpload> {
    const { upload_id: uploadId, received_bytes: offset, total_bytes: totalBytes } = row;
    if (offset + bytes === totalBytes) return complete(row, [...row.pieces, piece]);
    const params = [uploadId, offset, bytes, piece, PENDING_HOURS_MAX * 3_600] as const;
    const [added] = await sql.query(addPiece, params);
    if (added === undefined) throw elsewhere();
    return shown(added);
  }

  return {
    create: async (transaction, ownerId, upload) =>
      shown(await insert(transaction, ownerId, 'pieces', upload)),

    async createDirect(transaction, ownerId, upload) {
      const row = await insert(transaction, ownerId, 'direct', upload);
      const name = `${row.blob_key}/${DIRECT_FILE}`;
      const put = await blobStore.presignPut(name, { bytes: upload.totalBytes, expiresS: DIRECT_URL_S });
      if (put === undefined) throw notDirect();
      return { ...shown(row), put };
    },

    get: async (ownerId, uploadId) => shown(await own(ownerId, uploadId)),

    async append(ownerId, uploadId, offset, content) {
      const row = await own(ownerId, uploadId, 'pieces');
      if (row.media_id !== null || row.received_bytes !== offset) throw wrongOffset(row);
      if (row.pieces.length >= PIECES_MAX) throw tooManyPieces();
      const piece = `${offset}-${randomness.bytes(PIECE_BYTES).toString('hex')}`;
      const name = `${row.blob_key}/${piece}`;
      const checked = offset === 0 ? checkedBeginning(content) : content;
      const limit = { bytesMax: row.total_bytes - offset };
      const { bytes } = await running
        .run(ownerId, () => blobStore.put(name, checked, limit))
        .catch(async (error: unknown) => {
          if (isNoPicture(error)) await sql.query(deleteUpload, [uploadId, ownerId]);
          throw asTooLong(error);
        });
      let isAdded = false;
      try {
        if (bytes === 0) return shown(row);
        const added = await add(row, piece, bytes);
        isAdded = added.mediaId === null;
        return added;
      } finally {
        // What fails here is removed with the upload.
        if (!isAdded) await blobStore.delete(name).catch(() => undefined);
      }
    },

    async completeDirect(ownerId, uploadId) {
      const row = await own(ownerId, uploadId, 'direct');
      if (row.media_id !== null) return shown(row);
      const facts = await blobStore.head(`${row.blob_key}/${DIRECT_FILE}`);
      if (facts === undefined) throw notThere();
      if (facts.bytes !== row.total_bytes)
        throw invalidField('file', 'has not as many bytes as were announced.');
      return complete(row, [DIRECT_FILE]);
    },

    async delete(transaction, ownerId, uploadId) {
      const [gone] = await transaction.query(deleteUpload, [uploadId, ownerId]);
      if (gone === undefined) throw notFound('upload of yours');
    },

    job: {
      name: 'expire-uploads',
      everyMs: EXPIRE_EVERY_MS,
      async run() {
        const expired = await sql.query(deleteExpiredUploads, [EXPIRED_MAX]);
        return expired.length === EXPIRED_MAX ? 'more' : 'done';
      },
    },
  };
}

function shown(row: PendingUploadRow): PendingUpload {
  return {
    uploadId: row.upload_id,
    totalBytes: row.total_bytes,
    receivedBytes: row.received_bytes,
    mediaId: row.media_id,
    expiresAt: row.expires_at,
  };
}

function tooLarge(): AppError {
  return invalidField('file', `must have at most ${PICTURE_BYTES_MAX / 1_048_576} MiB.`);
}

function isNoPicture(error: unknown): boolean {
  return hasCode(error, 'invalid') && error.fields[0]?.field === 'file';
}

/** In words of this call, if that is what the store says. */
function asTooLong(error: unknown): unknown {
  if (!hasCode(error, 'invalid') || error.fields.length > 0) return error;
  return invalidField('body', 'has more bytes than were announced for the upload.');
}

function tooMany(): AppError {
  const message = `You have ${PENDING_UPLOADS_MAX} uploads under way, which is as many as are allowed. Complete or delete one first.`;
  return new AppError('conflict', message, { outcome: 'not_applied' });
}

function tooManyPieces(): AppError {
  return invalidField(
    'body',
    `is one piece too many: ${PIECES_MAX} are taken. Begin again, with larger ones.`,
  );
}

function wrongOffset({ received_bytes: received, total_bytes: total }: PendingUploadRow): AppError {
  const message = `The upload has ${received} of ${total} bytes: go on there.`;
  return new AppError('conflict', message, { outcome: 'not_applied' });
}

function elsewhere(): AppError {
  const message = 'Another request has gone on with this upload, or ended it. Ask how far it is.';
  return new AppError('conflict', message, { outcome: 'not_applied' });
}

function notThere(): AppError {
  return new AppError(
    'conflict',
    'The picture has not arrived. Send it to the address of the upload first.',
    {
      outcome: 'not_applied',
    },
  );
}

function notDirect(): AppError {
  const message =
    'There is no storage that clients could send pictures to. Use POST /media or POST /media/uploads. (It takes an object storage, and ?direct= in GROUNDSWELL_BLOBS_URL.)';
  return new AppError('not_found', message, { outcome: 'not_applied' });
}
