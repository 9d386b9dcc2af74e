/** The tables `media` and `blob_leases`. */
import type { Id } from '../../core/ids.ts';
import type { MediaState, ProfilePicture, StoredVariant } from '../../core/media.ts';
import { readStatement, writeStatement } from '../../ports/sql-store/sql-store.ts';

export interface MediaRow {
  readonly media_id: Id;
  readonly owner_id: Id;
  readonly blob_key: string;
  readonly state: MediaState;
  readonly animated: boolean;
  readonly width: number | null;
  readonly height: number | null;
  readonly thumbhash: string | null;
  readonly variants: readonly StoredVariant[];
  readonly failure: string | null;
  readonly alt: string | null;
  readonly focus_x: number | null;
  readonly focus_y: number | null;
  readonly post_id: Id | null;
  /** What shows it, or will. */
  readonly purpose: 'post' | ProfilePicture;
  readonly attempts: number;
}

const COLUMNS = `media_id, owner_id, blob_key, state, animated, width, height, thumbhash, variants, failure, alt,
  focus_x, focus_y, post_id, purpose, attempts`;

export type NewMediaParams = readonly [
  mediaId: Id,
  shard: number,
  ownerId: Id,
  blobKey: string,
  format: string,
  bytes: number,
  width: number | null,
  height: number | null,
  alt: string | null,
  focusX: number | null,
  focusY: number | null,
];

export const insertMedia = writeStatement<NewMediaParams, MediaRow>(
  'media_insert',
  `INSERT INTO media (media_id, shard, owner_id, blob_key, state, format, original_bytes, width, height, alt, focus_x,
     focus_y)
   VALUES ($1, $2, $3, $4, 'processing', $5, $6, $7, $8, $9, $10, $11) RETURNING ${COLUMNS}`,
);

export const getMedia = readStatement<[mediaId: Id], MediaRow>(
  'media_get',
  `SELECT ${COLUMNS} FROM media WHERE media_id = $1`,
);

/** Those of the media that are the owner's, locked in the order of their ids. */
export const lockOwnMedia = writeStatement<[ownerId: Id, mediaIds: readonly Id[]], MediaRow>(
  'media_lock_own',
  `SELECT ${COLUMNS} FROM media WHERE media_id = ANY ($2::bigint[]) AND owner_id = $1
   ORDER BY media_id FOR NO KEY UPDATE`,
);

export const attachMedia = writeStatement<[postId: Id, mediaIds: readonly Id[]]>(
  'media_attach',
  `UPDATE media SET post_id = $1 WHERE media_id = ANY ($2::bigint[])`,
);

/** For a profile. What has its variants is looked at again; what has not, after it has them. */
export const chooseMedia = writeStatement<[mediaId: Id, purpose: ProfilePicture], MediaRow>(
  'media_choose',
  `UPDATE media SET purpose = $2,
     due_at = CASE WHEN state = 'processing' THEN due_at ELSE now() END,
     attempts = CASE WHEN state = 'processing' THEN attempts ELSE 0 END
   WHERE media_id = $1 RETURNING ${COLUMNS}`,
);

export const describeMedia = writeStatement<
  [mediaId: Id, alt: string | null, focusX: number | null, focusY: number | null],
  MediaRow
>(
  'media_describe',
  `UPDATE media SET alt = $2, focus_x = $3, focus_y = $4 WHERE media_id = $1 RETURNING ${COLUMNS}`,
);

/** What is to be processed, for whoever asks first; for others only if that has not ended within the time. */
export const claimDueMedia = writeStatement<[leaseS: number], MediaRow>(
  'media_claim_due',
  `UPDATE media SET attempts = attempts + 1, due_at = now() + make_interval(secs => $1)
   WHERE media_id = (
     SELECT media_id FROM media WHERE due_at IS NOT NULL AND due_at <= now()
     ORDER BY due_at, media_id LIMIT 1 FOR UPDATE SKIP LOCKED)
   RETURNING ${COLUMNS}`,
);

/** What whoever has claimed a picture says of it counts only while nobody has claimed it since. */
export type Claim = readonly [mediaId: Id, state: MediaState, attempts: number];

const IS_CLAIMED = 'media_id = $1 AND state = $2 AND attempts = $3';

export const postponeMedia = writeStatement<readonly [...Claim, delayS: number]>(
  'media_postpone',
  `UPDATE media SET due_at = now() + make_interval(secs => $4) WHERE ${IS_CLAIMED}`,
);

/** What was sent is gone, and all is there that it needs for the purpose; it may have been chosen for another meanwhile. */
export const endMedia = writeStatement<[mediaId: Id, purpose: string]>(
  'media_end',
  `UPDATE media SET due_at = NULL
   WHERE media_id = $1 AND (state = 'failed' OR (state = 'ready' AND purpose = $2))`,
);

/** No row if it was deleted or finished meanwhile. */
export const finishMedia = writeStatement<
  readonly [...Claim, animated: boolean, width: number, height: number, thumbhash: string, variants: string],
  MediaRow
>(
  'media_finish',
  `UPDATE media SET state = 'ready', due_at = now(), attempts = 0, animated = $4, width = $5, height = $6, thumbhash = $7,
     variants = $8::json
   WHERE ${IS_CLAIMED} RETURNING ${COLUMNS}`,
);

/** It is there as it is shown on a profile. No row as above. */
export const cutMedia = writeStatement<readonly [...Claim, variants: string], MediaRow>(
  'media_cut',
  `UPDATE media SET variants = $4::json WHERE ${IS_CLAIMED} RETURNING ${COLUMNS}`,
);

export const failMedia = writeStatement<readonly [...Claim, failure: string], MediaRow>(
  'media_fail',
  `UPDATE media SET state = 'failed', due_at = now(), failure = $4 WHERE ${IS_CLAIMED} RETURNING ${COLUMNS}`,
);

/**
 * Their blobs are removed at once: what remains of a deleted record is a lease that has expired; or that will have when
 * whoever makes variants at this moment has ended.
 */
const withLeases = (condition: string): string => `WITH gone AS (
     DELETE FROM media WHERE ${condition} RETURNING shard, owner_id, blob_key,
       state = 'processing' OR (purpose <> 'post' AND due_at IS NOT NULL) AS is_worked_on)
   INSERT INTO blob_leases (blob_key, shard, owner_id, expires_at)
   SELECT blob_key, shard, owner_id,
     CASE WHEN is_worked_on THEN now() + interval '2 minutes' ELSE now() END
   FROM gone RETURNING blob_key`;

interface GoneRow {
  readonly blob_key: string;
}

export const deleteMedia = writeStatement<[mediaIds: readonly Id[]], GoneRow>(
  'media_delete',
  withLeases('media_id = ANY ($1::bigint[])'),
);

export const deleteMediaOfPosts = writeStatement<[postIds: readonly Id[]], GoneRow>(
  'media_delete_of_posts',
  withLeases('post_id = ANY ($1::bigint[])'),
);

export const deleteMediaOfOwner = writeStatement<[ownerId: Id, limit: number], GoneRow>(
  'media_delete_of_owner',
  withLeases(
    'media_id IN (SELECT media_id FROM media WHERE owner_id = $1 ORDER BY media_id LIMIT $2 FOR UPDATE SKIP LOCKED)',
  ),
);

/** Those below an id that nothing shows: neither a post nor a profile. */
export const deleteUnattachedMedia = writeStatement<[below: Id, limit: number], GoneRow>(
  'media_delete_unattached',
  withLeases(
    `media_id IN (SELECT media_id FROM media
       WHERE post_id IS NULL AND (purpose = 'post' OR state = 'failed') AND media_id < $1
       ORDER BY media_id LIMIT $2 FOR UPDATE SKIP LOCKED)`,
  ),
);

/** Lets go of the key of an upload that was interrupted, whose blobs are still to be removed. */
export const releaseExpiredKey = writeStatement<[ownerId: Id, idempotencyKey: string]>(
  'blob_leases_release_key',
  `UPDATE blob_leases SET idempotency_key = NULL
   WHERE owner_id = $1 AND idempotency_key = $2 AND expires_at <= now()`,
);

/** No row while another upload holds the key. */
export const insertLease = writeStatement<
  [blobKey: string, shard: number, ownerId: Id, idempotencyKey: string | null, leaseS: number],
  { blob_key: string }
>(
  'blob_leases_insert',
  `INSERT INTO blob_leases (blob_key, shard, owner_id, idempotency_key, expires_at)
   VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5))
   ON CONFLICT DO NOTHING RETURNING blob_key`,
);

/** No row if it has expired, or no key. */
export const renewLease = writeStatement<[blobKey: string, leaseS: number], { blob_key: string }>(
  'blob_leases_renew',
  `UPDATE blob_leases SET expires_at = now() + make_interval(secs => $2)
   WHERE blob_key = $1 AND expires_at > now() RETURNING blob_key`,
);

/** No row if it has expired: then its blobs may be gone. */
export const endLease = writeStatement<[blobKey: string], { blob_key: string }>(
  'blob_leases_end',
  `DELETE FROM blob_leases WHERE blob_key = $1 AND expires_at > now() RETURNING blob_key`,
);

/** The blobs are no longer wanted. */
export const expireLease = writeStatement<[blobKey: string]>(
  'blob_leases_expire',
  `UPDATE blob_leases SET expires_at = now(), idempotency_key = NULL WHERE blob_key = $1`,
);

/** Whether blobs may be removed now, until the end of the transaction: not while a backup copies them. */
export const lockRemoval = writeStatement<[lock: number], { locked: boolean }>(
  'blob_leases_lock_removal',
  `SELECT pg_try_advisory_xact_lock($1) AS locked`,
);

export const claimExpiredLeases = writeStatement<[limit: number], { blob_key: string }>(
  'blob_leases_claim_expired',
  `SELECT blob_key FROM blob_leases WHERE expires_at <= now()
   ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED`,
);

export const deleteLeases = writeStatement<[blobKeys: readonly string[]]>(
  'blob_leases_delete',
  `DELETE FROM blob_leases WHERE blob_key = ANY ($1::text[])`,
);

/** The secret: this one, or that of whoever was first. */
export const provideSigningSecret = writeStatement<[secret: Buffer], { secret: Buffer }>(
  'media_provide_signing_secret',
  `INSERT INTO media_signing_keys AS held (signing_key_id, secret) VALUES (1, $1)
   ON CONFLICT (signing_key_id) DO UPDATE SET secret = held.secret RETURNING secret`,
);
