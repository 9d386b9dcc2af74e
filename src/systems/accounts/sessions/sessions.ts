/** Sign-ins that last: 90 days, each with a token that only its holder knows. */

import type { Clock, Randomness } from '../../../core/clock.ts';
import { AppError, notFound } from '../../../core/errors.ts';
import { type Id, type IdGenerator, shardOf } from '../../../core/ids.ts';
import type { Page } from '../../../core/page.ts';
import type { SqlStore, SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import { pageFrom } from '../page.ts';
import { createSessionToken, hashToken } from './session-token.ts';
import {
  deleteExpiredSessions,
  deleteOtherSessions,
  deleteSession,
  deleteSurplusSessions,
  insertSession,
  listGoodSessions,
  pageSessions,
  type SessionRow,
} from './sessions-queries.ts';

export const SESSION_MS = 90 * 24 * 3_600_000;
/** With one more, the one that was not used for the longest time ends. */
export const SESSIONS_PER_USER_MAX = 100;
const USER_AGENT_LENGTH_MAX = 300;
const EXPIRED_BATCH = 1_000;

/** From where somebody signs in. */
export interface Client {
  readonly userAgent: string | undefined;
  readonly address: string;
}

export interface NewSession {
  readonly sessionId: Id;
  /** Shown once: only its hash is stored. */
  readonly token: string;
  readonly expiresAt: Date;
}

export interface Session {
  readonly sessionId: Id;
  readonly createdAt: Date;
  readonly lastUsedAt: Date;
  readonly expiresAt: Date;
  readonly userAgent: string | null;
  readonly address: string | null;
}

export interface Sessions {
  /**
   * For who has just shown the password of `checkedHash`. Fails with `unauthenticated` when that is no longer the
   * password, or the account was suspended or deleted meanwhile.
   */
  start(transaction: SqlTransaction, userId: Id, checkedHash: string, client: Client): Promise<NewSession>;
  /** The newest first, those with ids below `before`. */
  page(userId: Id, before: Id, limit: number): Promise<Page<Session>>;
  /** Fails with `not_found` for one that is not the user's. */
  end(transaction: SqlTransaction, userId: Id, sessionId: Id): Promise<void>;
  /** Those of the sessions, or API keys, that have ended, or whose users are suspended or deleted. */
  endedAmong(sessionIds: readonly Id[]): Promise<ReadonlySet<Id>>;
  /** Ends all of the user's sessions, or all but one. */
  endAll(transaction: SqlTransaction, userId: Id, keptId?: Id): Promise<void>;
  /** Removes a batch of those that have expired; answers how many. Call again while there are many. */
  deleteExpired(): Promise<number>;
}

export interface SessionsDeps {
  readonly sql: SqlStore;
  readonly ids: IdGenerator;
  readonly clock: Clock;
  readonly randomness: Randomness;
  /** Called after the commit of whatever ends a session of the user. */
  readonly revoked: (userId: Id) => void;
}

export function createSessions({ sql, ids, clock, randomness, revoked }: SessionsDeps): Sessions {
  return {
    async start(transaction, userId, checkedHash, { userAgent, address }) {
      const sessionId = ids.next();
      const token = createSessionToken(randomness);
      const createdAt = new Date(clock.nowMs());
      const expiresAt = new Date(clock.nowMs() + SESSION_MS);
      const inserted = await transaction.query(insertSession, [
        sessionId,
        shardOf(userId),
        userId,
        hashToken(token),
        createdAt,
        expiresAt,
        userAgent?.slice(0, USER_AGENT_LENGTH_MAX) ?? null,
        address,
        checkedHash,
      ]);
      if (inserted.length === 0) throw accountChanged();
      const surplus = await transaction.query(deleteSurplusSessions, [userId, SESSIONS_PER_USER_MAX]);
      if (surplus.length > 0) transaction.afterCommit(() => revoked(userId));
      return { sessionId, token, expiresAt };
    },

    async page(userId, before, limit) {
      const rows = await sql.query(pageSessions, [userId, before, limit + 1, new Date(clock.nowMs())]);
      return pageFrom(rows, limit, (row) => row.session_id, sessionOf);
    },

    async end(transaction, userId, sessionId) {
      const ended = await transaction.query(deleteSession, [userId, sessionId]);
      if (ended.length === 0) throw notFound('session of yours');
      transaction.afterCommit(() => revoked(userId));
    },

    async endedAmong(sessionIds) {
      const rows = await sql.query(listGoodSessions, [sessionIds, new Date(clock.nowMs())]);
      const ended = new Set(sessionIds);
      for (const { session_id: sessionId } of rows) ended.delete(sessionId);
      return ended;
    },

    async endAll(transaction, userId, keptId = 0) {
      await transaction.query(deleteOtherSessions, [userId, keptId]);
      transaction.afterCommit(() => revoked(userId));
    },

    async deleteExpired() {
      const [row] = await sql.query(deleteExpiredSessions, [new Date(clock.nowMs()), EXPIRED_BATCH]);
      return row?.deleted ?? 0;
    },
  };
}

function accountChanged(): AppError {
  return new AppError('unauthenticated', 'The account has just changed. Sign in again.', {
    outcome: 'not_applied',
  });
}

function sessionOf(row: SessionRow): Session {
  return {
    sessionId: row.session_id,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
    expiresAt: row.expires_at,
    userAgent: row.user_agent,
    address: row.address,
  };
}
