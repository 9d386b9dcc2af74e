/** The table `api_keys`. */
import type { Id } from '../../../core/ids.ts';
import type { Scope } from '../../../core/scope.ts';
import { readStatement, writeStatement } from '../../../ports/sql-store/sql-store.ts';
import type { PrincipalRow } from '../sessions/sessions-queries.ts';

export interface ApiKeyRow {
  readonly api_key_id: Id;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly prefix: string;
  readonly created_at: Date;
  readonly last_used_at: Date | null;
  readonly expires_at: Date | null;
}

/** As `getPrincipal` does for a session. A key has no part in its owner's office. */
export const getApiKeyPrincipal = readStatement<[keyHash: Buffer, now: Date], PrincipalRow>(
  'api_keys_get_principal',
  `SELECT api_key.api_key_id AS session_id, api_key.user_id, 'user' AS role, tier,
     api_key.last_used_at, api_key.expires_at, api_key.scopes
   FROM api_keys AS api_key JOIN users AS owner USING (user_id)
   WHERE api_key.key_hash = $1 AND (api_key.expires_at IS NULL OR api_key.expires_at > $2)
     AND owner.suspended_at IS NULL AND owner.deleted_at IS NULL`,
);

/**
 * Lets one key after the other be made for a user, and none while the account is suspended or deleted. A statement
 * of its own: the next one then counts what was committed while this one waited.
 */
export const lockApiKeyOwner = writeStatement<[userId: Id], { user_id: Id }>(
  'api_keys_lock_owner',
  `SELECT user_id FROM users
   WHERE user_id = $1 AND suspended_at IS NULL AND deleted_at IS NULL FOR NO KEY UPDATE`,
);

/** No row when the user has as many as are allowed. */
export const insertApiKey = writeStatement<
  [
    apiKeyId: Id,
    shard: number,
    userId: Id,
    name: string,
    scopes: readonly Scope[],
    prefix: string,
    keyHash: Buffer,
    createdAt: Date,
    expiresAt: Date | null,
    keysMax: number,
  ],
  ApiKeyRow
>(
  'api_keys_insert',
  `INSERT INTO api_keys (api_key_id, shard, user_id, name, scopes, prefix, key_hash, created_at, expires_at)
   SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9
   WHERE (SELECT count(*) FROM api_keys WHERE user_id = $3) < $10
   RETURNING api_key_id, name, scopes, prefix, created_at, last_used_at, expires_at`,
);

export const listApiKeys = readStatement<[userId: Id], ApiKeyRow>(
  'api_keys_list',
  `SELECT api_key_id, name, scopes, prefix, created_at, last_used_at, expires_at FROM api_keys
   WHERE user_id = $1 ORDER BY api_key_id DESC`,
);

export const deleteApiKey = writeStatement<[userId: Id, apiKeyId: Id], { api_key_id: Id }>(
  'api_keys_delete',
  'DELETE FROM api_keys WHERE user_id = $1 AND api_key_id = $2 RETURNING api_key_id',
);

export const deleteApiKeysOf = writeStatement<[userId: Id]>(
  'api_keys_delete_of_user',
  'DELETE FROM api_keys WHERE user_id = $1',
);

/** Rows that someone else is changing are left out, as `touchSessions` does. */
export const touchApiKeys = writeStatement<[apiKeyIds: readonly Id[], now: Date, usedBefore: Date]>(
  'api_keys_touch',
  `UPDATE api_keys SET last_used_at = $2 WHERE api_key_id IN (
     SELECT api_key_id FROM api_keys
     WHERE api_key_id = ANY ($1) AND (last_used_at IS NULL OR last_used_at < $3)
     FOR UPDATE SKIP LOCKED)`,
);

export const deleteExpiredApiKeys = writeStatement<[expiredBefore: Date, limit: number], { deleted: number }>(
  'api_keys_delete_expired',
  `WITH expired AS (
     DELETE FROM api_keys WHERE api_key_id IN (
       SELECT api_key_id FROM api_keys WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)
     RETURNING 1)
   SELECT count(*)::int AS deleted FROM expired`,
);
