/** The table `media_uploads`. */
import type { Id } from '../../../core/ids.ts';
import { readStatement, writeStatement } from '../../../ports/sql-store/sql-store.ts';

export interface PendingUploadRow {
  readonly upload_id: Id;
  readonly owner_id: Id;
  readonly blob_key: string;
  readonly way: 'pieces' | 'direct';
  readonly total_bytes: number;
  readonly received_bytes: number;
  readonly pieces: readonly string[];
  readonly alt: string | null;
  readonly focus_x: number | null;
  readonly focus_y: number | null;
  readonly media_id: Id | null;
  readonly expires_at: Date;
}

const COLUMNS = `upload_id, owner_id, blob_key, way, total_bytes, received_bytes, pieces, alt, focus_x, focus_y,
  media_id, expires_at`;

/** Any fixed number: of the locks under which the uploads of one owner are counted. */
const OWNER_LOCKS = 1_836_016_741;

/** Held to the end of the transaction, so that no two count at the same time. */
export const lockUploadsOf = writeStatement<[ownerId: Id]>(
  'media_uploads_lock_of',
  `SELECT pg_advisory_xact_lock(${OWNER_LOCKS}, hashint8($1::bigint))`,
);

export type NewUploadParams = readonly [
  uploadId: Id,
  shard: number,
  ownerId: Id,
  blobKey: string,
  way: 'pieces' | 'direct',
  totalBytes: number,
  alt: string | null,
  focusX: number | null,
  focusY: number | null,
  expiresInS: number,
  uploadsMax: number,
];

/** No row when the owner has as many under way as are allowed. */
export const insertUpload = writeStatement<NewUploadParams, PendingUploadRow>(
  'media_uploads_insert',
  `INSERT INTO media_uploads (upload_id, shard, owner_id, blob_key, way, total_bytes, alt, focus_x, focus_y, expires_at)
   SELECT $1::bigint, $2::smallint, $3::bigint, $4::text, $5::text, $6::bigint, $7::text, $8::real, $9::real,
     now() + make_interval(secs => $10::int)
   WHERE (SELECT count(*) FROM media_uploads
     WHERE owner_id = $3::bigint AND media_id IS NULL AND expires_at > now()) < $11::int
   RETURNING ${COLUMNS}`,
);

export const getUpload = readStatement<[uploadId: Id], PendingUploadRow>(
  'media_uploads_get',
  `SELECT ${COLUMNS} FROM media_uploads WHERE upload_id = $1 AND expires_at > now()`,
);

/** No row if others have been there since it had so many bytes. */
export const addPiece = writeStatement<
  [uploadId: Id, offset: number, bytes: number, piece: string, expiresInS: number],
  PendingUploadRow
>(
  'media_uploads_add_piece',
  `UPDATE media_uploads SET received_bytes = received_bytes + $3, pieces = array_append(pieces, $4::text),
     expires_at = now() + make_interval(secs => $5)
   WHERE upload_id = $1 AND received_bytes = $2 AND media_id IS NULL AND expires_at > now()
   RETURNING ${COLUMNS}`,
);

/**
 * What stands for the blobs of an upload that has ended, in whatever way: a lease, which expires when nobody can be writing any
 * more. The longest piece takes less than 15 minutes; of a direct upload the address has been of no use for long then.
 */
const intoLeases = (ended: string): string => `WITH ended AS (${ended})
   INSERT INTO blob_leases (blob_key, shard, owner_id, expires_at)
   SELECT blob_key, shard, owner_id,
     CASE WHEN way = 'direct' THEN greatest(now(), expires_at) ELSE now() END + interval '15 minutes'
   FROM ended ON CONFLICT DO NOTHING`;

interface EndedRow {
  readonly blob_key: string;
}

/** It has become a medium. No row as with `addPiece`. */
export const completeUpload = writeStatement<[uploadId: Id, offset: number, mediaId: Id], EndedRow>(
  'media_uploads_complete',
  `${intoLeases(`UPDATE media_uploads SET received_bytes = total_bytes, pieces = '{}', media_id = $3
     WHERE upload_id = $1 AND received_bytes = $2 AND media_id IS NULL AND expires_at > now()
     RETURNING blob_key, shard, owner_id, way, expires_at`)} RETURNING blob_key`,
);

/** No row if there is none of the owner's. */
export const deleteUpload = writeStatement<[uploadId: Id, ownerId: Id], { upload_id: Id }>(
  'media_uploads_delete',
  `WITH gone AS (
     DELETE FROM media_uploads WHERE upload_id = $1 AND owner_id = $2 AND expires_at > now()
     RETURNING upload_id, blob_key, shard, owner_id, way, expires_at),
   leased AS (${intoLeases('SELECT * FROM gone')})
   SELECT upload_id FROM gone`,
);

export const deleteExpiredUploads = writeStatement<[limit: number], EndedRow>(
  'media_uploads_delete_expired',
  `${intoLeases(`DELETE FROM media_uploads WHERE upload_id IN (
       SELECT upload_id FROM media_uploads WHERE expires_at <= now()
       ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED)
     RETURNING blob_key, shard, owner_id, way, expires_at`)} RETURNING blob_key`,
);

export const deleteUploadsOfOwner = writeStatement<[ownerId: Id]>(
  'media_uploads_delete_of_owner',
  intoLeases(`DELETE FROM media_uploads WHERE owner_id = $1
     RETURNING blob_key, shard, owner_id, way, expires_at`),
);
