/** The table `password_resets`. */
import type { Id } from '../../../core/ids.ts';
import { readStatement, writeStatement } from '../../../ports/sql-store/sql-store.ts';

export const countPasswordResets = readStatement<[userId: Id, now: Date], { outstanding: number }>(
  'password_resets_count',
  'SELECT count(*)::int AS outstanding FROM password_resets WHERE user_id = $1 AND expires_at > $2',
);

export const insertPasswordReset = writeStatement<
  [tokenHash: Buffer, shard: number, userId: Id, expiresAt: Date]
>(
  'password_resets_insert',
  'INSERT INTO password_resets (token_hash, shard, user_id, expires_at) VALUES ($1, $2, $3, $4)',
);

export const getPasswordReset = readStatement<[tokenHash: Buffer, now: Date], { user_id: Id }>(
  'password_resets_get',
  'SELECT user_id FROM password_resets WHERE token_hash = $1 AND expires_at > $2',
);

/** Of two that use one token at a time, only one gets the row. */
export const takePasswordReset = writeStatement<[tokenHash: Buffer, now: Date], { user_id: Id }>(
  'password_resets_take',
  'DELETE FROM password_resets WHERE token_hash = $1 AND expires_at > $2 RETURNING user_id',
);

export const deletePasswordResets = writeStatement<[userId: Id]>(
  'password_resets_delete',
  'DELETE FROM password_resets WHERE user_id = $1',
);

export const deleteExpiredPasswordResets = writeStatement<[now: Date, limit: number], { deleted: number }>(
  'password_resets_delete_expired',
  `WITH expired AS (
     DELETE FROM password_resets WHERE token_hash IN (
       SELECT token_hash FROM password_resets WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)
     RETURNING 1)
   SELECT count(*)::int AS deleted FROM expired`,
);
