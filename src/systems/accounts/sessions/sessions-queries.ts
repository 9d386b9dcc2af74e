/** The table `sessions`. */
import type { Id } from '../../../core/ids.ts';
import type { UserRole, UserTier } from '../../../core/principal.ts';
import type { Scope } from '../../../core/scope.ts';
import { readStatement, writeStatement } from '../../../ports/sql-store/sql-store.ts';

export interface SessionRow {
  readonly session_id: Id;
  readonly created_at: Date;
  readonly last_used_at: Date;
  readonly expires_at: Date;
  readonly user_agent: string | null;
  readonly address: string | null;
}

/** Of a session, or of an API key in place of one. */
export interface PrincipalRow {
  readonly session_id: Id;
  readonly user_id: Id;
  readonly role: UserRole;
  readonly tier: UserTier;
  readonly last_used_at: Date | null;
  readonly expires_at: Date | null;
  /** Null for a session. */
  readonly scopes: readonly Scope[] | null;
}

export const getPrincipal = readStatement<[tokenHash: Buffer, now: Date], PrincipalRow>(
  'sessions_get_principal',
  `SELECT session.session_id, session.user_id, role, tier, session.last_used_at, session.expires_at,
     NULL AS scopes
   FROM sessions AS session JOIN users AS owner USING (user_id)
   WHERE session.token_hash = $1 AND session.expires_at > $2
     AND owner.suspended_at IS NULL AND owner.deleted_at IS NULL`,
);

/**
 * No row when the account is not what it was when the password was checked: suspended, deleted, or with another
 * password. The locks make a change of the password wait, so that it also finds (and ends) this session.
 */
export const insertSession = writeStatement<
  [
    sessionId: Id,
    shard: number,
    userId: Id,
    tokenHash: Buffer,
    createdAt: Date,
    expiresAt: Date,
    userAgent: string | null,
    address: string | null,
    checkedHash: string,
  ],
  { session_id: Id }
>(
  'sessions_insert',
  `WITH owner AS (
     SELECT account.user_id FROM users AS account JOIN credentials USING (user_id)
     WHERE account.user_id = $3 AND password_hash = $9 AND suspended_at IS NULL AND deleted_at IS NULL
     FOR SHARE)
   INSERT INTO sessions
     (session_id, shard, user_id, token_hash, created_at, last_used_at, expires_at, user_agent, address)
   SELECT $1, $2, user_id, $4, $5, $5, $6, $7, $8 FROM owner
   RETURNING session_id`,
);

/**
 * Those of the sessions, or of the API keys in their place, that are good, and whose users are, too. Of the kind write: a
 * replica may not know yet of an end.
 */
export const listGoodSessions = writeStatement<[sessionIds: readonly Id[], now: Date], { session_id: Id }>(
  'sessions_list_good',
  `SELECT good.session_id
   FROM (
     SELECT session_id, user_id FROM sessions WHERE session_id = ANY ($1) AND expires_at > $2
     UNION ALL
     SELECT api_key_id, user_id FROM api_keys
     WHERE api_key_id = ANY ($1) AND (expires_at IS NULL OR expires_at > $2)) AS good
     JOIN users AS owner USING (user_id)
   WHERE owner.suspended_at IS NULL AND owner.deleted_at IS NULL`,
);

/** All but the `kept` that were used last. */
export const deleteSurplusSessions = writeStatement<[userId: Id, kept: number], { session_id: Id }>(
  'sessions_delete_surplus',
  `DELETE FROM sessions WHERE session_id IN (
     SELECT session_id FROM sessions WHERE user_id = $1 ORDER BY last_used_at DESC, session_id DESC OFFSET $2)
   RETURNING session_id`,
);

export const pageSessions = readStatement<[userId: Id, before: Id, limit: number, now: Date], SessionRow>(
  'sessions_page',
  `SELECT session_id, created_at, last_used_at, expires_at, user_agent, address FROM sessions
   WHERE user_id = $1 AND session_id < $2 AND expires_at > $4 ORDER BY session_id DESC LIMIT $3`,
);

export const deleteSession = writeStatement<[userId: Id, sessionId: Id], { session_id: Id }>(
  'sessions_delete',
  'DELETE FROM sessions WHERE user_id = $1 AND session_id = $2 RETURNING session_id',
);

/** All of the user's but the one that is kept; 0 keeps none. */
export const deleteOtherSessions = writeStatement<[userId: Id, keptId: Id]>(
  'sessions_delete_others',
  'DELETE FROM sessions WHERE user_id = $1 AND session_id <> $2',
);

/** Rows that someone else is changing are left out: theirs is a use, too, or the end of the session. */
export const touchSessions = writeStatement<[sessionIds: readonly Id[], now: Date, usedBefore: Date]>(
  'sessions_touch',
  `UPDATE sessions SET last_used_at = $2 WHERE session_id IN (
     SELECT session_id FROM sessions WHERE session_id = ANY ($1) AND last_used_at < $3
     FOR UPDATE SKIP LOCKED)`,
);

export const deleteExpiredSessions = writeStatement<[now: Date, limit: number], { deleted: number }>(
  'sessions_delete_expired',
  `WITH expired AS (
     DELETE FROM sessions WHERE session_id IN (
       SELECT session_id FROM sessions WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)
     RETURNING 1)
   SELECT count(*)::int AS deleted FROM expired`,
);

/** The columns of a bulk load, for `SqlStore.copyIn`. */
export const BULK_TARGET =
  'sessions (session_id, shard, user_id, token_hash, created_at, last_used_at, expires_at)';
