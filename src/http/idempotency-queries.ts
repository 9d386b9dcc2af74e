/** The table `idempotency_keys`, one key a transaction. Whoever writes many at once keeps to the same rows. */
import type { Id } from '../core/ids.ts';
import { readStatement, writeStatement } from '../ports/sql-store/sql-store.ts';

/** Whether this transaction now owns the key: false while another one that uses it is still open. */
export const claimKey = writeStatement<[principalId: Id, key: string], { claimed: boolean }>(
  'idempotency_claim',
  `SELECT pg_try_advisory_xact_lock(hashtextextended($2, $1)) AS claimed`,
);

export interface IdempotencyRow {
  readonly fingerprint: Buffer;
  readonly status: number;
  readonly body: string | null;
}

export const getKey = readStatement<[principalId: Id, key: string], IdempotencyRow>(
  'idempotency_get',
  `SELECT fingerprint, status, body FROM idempotency_keys WHERE principal_id = $1 AND key = $2`,
);

export const insertKey = writeStatement<
  [principalId: Id, key: string, fingerprint: Buffer, status: number, body: string | null, shard: number]
>(
  'idempotency_insert',
  `INSERT INTO idempotency_keys (principal_id, key, fingerprint, status, body, shard)
   VALUES ($1, $2, $3, $4, $5, $6)`,
);

export const deleteExpiredKeys = writeStatement<[ageHours: number, limit: number], { deleted: number }>(
  'idempotency_delete_expired',
  `WITH expired AS (
     DELETE FROM idempotency_keys
     WHERE (principal_id, key) IN (
       SELECT principal_id, key FROM idempotency_keys
       WHERE created_at < now() - make_interval(hours => $1) LIMIT $2)
     RETURNING 1)
   SELECT count(*)::int AS deleted FROM expired`,
);
