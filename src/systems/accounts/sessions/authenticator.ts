/**
 * Whose token it is, asked at every request: at once from memory, with one query otherwise. What memory says is
 * at most 30 s old, and a revoked session is refused within a second by every process that hears the others; one
 * that cannot hear them remembers for a second only, unless it cannot ask either. In the process that revokes, it is
 * refused at once. The same holds for API keys, which are remembered as sessions are.
 */
import type { Clock, Randomness } from '../../../core/clock.ts';
import { AppError, hasCode } from '../../../core/errors.ts';
import type { Id } from '../../../core/ids.ts';
import type { Principal } from '../../../core/principal.ts';
import type { SqlStore } from '../../../ports/sql-store/sql-store.ts';
import { unlessAway } from '../../../resilience/unless-away.ts';
import type { Log } from '../../../telemetry/log.ts';
import { isApiKey, looksLikeApiKey } from '../api-keys/api-key-token.ts';
import { getApiKeyPrincipal, touchApiKeys } from '../api-keys/api-keys-queries.ts';
import { type CachedSession, createSessionCache } from './session-cache.ts';
import { createSessionRevocations, HEARD_WITHIN_MS } from './session-revocations.ts';
import { hashToken, isSessionToken } from './session-token.ts';
import { createSessionUsage, USE_INTERVAL_MS } from './session-usage.ts';
import { getPrincipal, type PrincipalRow, touchSessions } from './sessions-queries.ts';

export const CACHED_MS_MAX = 30_000;
/** While revocations may be missed. */
export const CACHED_UNHEARD_MS_MAX = HEARD_WITHIN_MS;
/** A random token never becomes good, so this only saves queries. */
const UNKNOWN_MS_MAX = 5_000;

export interface Authenticator {
  open(): Promise<void>;
  /**
   * `undefined` for a token that is unknown, expired or revoked. Not a promise where memory knows it. Throws
   * `unauthenticated` for an API key that is incomplete or mistyped.
   */
  authenticate(token: string): Principal | undefined | Promise<Principal | undefined>;
  /** To be called after the commit of whatever ends a session or a key of the user or changes the user's role or tier. */
  revoked(userId: Id): void;
  /**
   * Calls the listener when a session or key of the user may have ended, in whatever process; without a user when any
   * may have, because messages were lost. What the database says then is so.
   */
  onRevoked(listener: (userId: Id | undefined) => void): void;
  close(): Promise<void>;
}

export interface AuthenticatorDeps {
  readonly sql: SqlStore;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
  /** Whether nothing can be written, so that nobody ends a session either. */
  readonly isPrimaryAway?: () => boolean;
}

export function createAuthenticator(deps: AuthenticatorDeps): Authenticator {
  const { sql, clock, isPrimaryAway = () => false } = deps;
  const cache = createSessionCache();
  const sessionUsage = createSessionUsage({ ...deps, touch: touchSessions });
  const apiKeyUsage = createSessionUsage({ ...deps, touch: touchApiKeys });
  const revocations = createSessionRevocations({ ...deps, onRevoked: forget, onMissed: forgetAll });
  /** Queries under way, so that many requests with one token ask once. */
  const flights = new Map<string, Promise<Principal | undefined>>();
  const listeners: ((userId: Id | undefined) => void)[] = [];

  /** What is under way may have been read before the revocation: it answers whoever waits and is not kept. */
  function forget(userId: Id): void {
    cache.forgetUser(userId);
    flights.clear();
    for (const listener of listeners) listener(userId);
  }

  function forgetAll(): void {
    cache.clear();
    flights.clear();
    for (const listener of listeners) listener(undefined);
  }

  function use(session: CachedSession, nowMs: number): Principal {
    if (nowMs >= session.noteUseFromMs) {
      session.noteUseFromMs = nowMs + USE_INTERVAL_MS;
      const usage = session.principal.scopes === undefined ? sessionUsage : apiKeyUsage;
      usage.note(session.principal.sessionId);
    }
    return session.principal;
  }

  function load(token: string): Promise<Principal | undefined> {
    const waiting = flights.get(token);
    if (waiting !== undefined) return waiting;
    const startedMs = clock.monotonicMs();
    const statement = looksLikeApiKey(token) ? getApiKeyPrincipal : getPrincipal;
    const flight = sql
      .query(statement, [hashToken(token), new Date(clock.nowMs())])
      .then(([row]) => settle(row))
      .finally(() => {
        if (flights.get(token) === flight) flights.delete(token);
      });

    function settle(row: PrincipalRow | undefined): Principal | undefined {
      const current = flights.get(token) === flight;
      if (row === undefined) {
        if (current) cache.setUnknown(token, startedMs + UNKNOWN_MS_MAX);
        return undefined;
      }
      const session = cachedSession(row, startedMs, clock.nowMs());
      if (current) cache.set(token, session);
      return use(session, startedMs);
    }

    flights.set(token, flight);
    return flight;
  }

  /**
   * A database that is too busy to pass a message on is not to be held up by everyone who asks again, nor is everyone
   * to be turned away: what is known counts on, up to its 30 s, while there is no answer.
   */
  async function loadAgain(token: string, known: CachedSession): Promise<Principal | undefined> {
    try {
      return await unlessAway(
        { clock, isAway: isPrimaryAway },
        () => load(token),
        async () => (cache.get(token) === known ? known.principal : load(token)),
      );
    } catch (error) {
      const unanswered = hasCode(error, 'unavailable') || hasCode(error, 'timeout');
      if (unanswered && cache.get(token) === known) return known.principal;
      throw error;
    }
  }

  return {
    open: () => revocations.open(),
    authenticate(token) {
      const nowMs = clock.monotonicMs();
      const heard = revocations.isHeard(nowMs);
      const session = cache.get(token);
      if (session !== undefined && nowMs < session.staleMs) {
        if (heard || nowMs - session.loadedMs < CACHED_UNHEARD_MS_MAX) return use(session, nowMs);
        return loadAgain(token, session);
      }
      if (looksLikeApiKey(token)) {
        if (!isApiKey(token)) throw mistypedKey();
      } else if (!isSessionToken(token)) {
        return undefined;
      }
      if (cache.isUnknown(token, nowMs)) return undefined;
      return load(token);
    },
    revoked(userId) {
      forget(userId);
      revocations.send(userId);
    },
    onRevoked: (listener) => void listeners.push(listener),
    async close() {
      await sessionUsage.close();
      await apiKeyUsage.close();
      await revocations.close();
    },
  };
}

/** `loadedMs` is from before the query, so that the answer is at least that new. */
function cachedSession(row: PrincipalRow, loadedMs: number, wallMs: number): CachedSession {
  const { user_id: userId, session_id: sessionId, role, tier } = row;
  const scopes = row.scopes === null ? undefined : new Set(row.scopes);
  const expiresInMs = row.expires_at === null ? Number.POSITIVE_INFINITY : row.expires_at.getTime() - wallMs;
  const usedAgoMs = row.last_used_at === null ? USE_INTERVAL_MS : wallMs - row.last_used_at.getTime();
  return {
    principal: { userId, sessionId, role, tier, scopes },
    loadedMs,
    staleMs: loadedMs + Math.min(CACHED_MS_MAX, expiresInMs),
    noteUseFromMs: loadedMs + Math.max(0, USE_INTERVAL_MS - usedAgoMs),
  };
}

function mistypedKey(): AppError {
  return new AppError('unauthenticated', 'The API key is incomplete or mistyped: its checksum is wrong.');
}
