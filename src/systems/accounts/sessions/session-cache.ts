/**
 * Sessions that were asked for lately, by token, so that a request costs no query. Tokens that are unknown are
 * kept apart: few and short, so that garbage drives no session out.
 */
import type { Id } from '../../../core/ids.ts';
import type { Principal } from '../../../core/principal.ts';

export const SESSIONS_CACHED_MAX = 100_000;
export const UNKNOWN_CACHED_MAX = 1_000;

/** Times are of the monotonic clock. */
export interface CachedSession {
  readonly principal: Principal;
  readonly loadedMs: number;
  /** From then on it must be looked up again. */
  readonly staleMs: number;
  /** A use from then on is worth writing down. */
  noteUseFromMs: number;
}

export interface SessionCache {
  get(token: string): CachedSession | undefined;
  set(token: string, session: CachedSession): void;
  isUnknown(token: string, nowMs: number): boolean;
  setUnknown(token: string, untilMs: number): void;
  forgetUser(userId: Id): void;
  clear(): void;
  size(): number;
}

export function createSessionCache(sessionsMax = SESSIONS_CACHED_MAX): SessionCache {
  const sessions = new Map<string, CachedSession>();
  const tokensOfUser = new Map<Id, Set<string>>();
  const unknown = new Map<string, number>();

  function forget(token: string): void {
    const userId = sessions.get(token)?.principal.userId;
    if (userId === undefined) return;
    sessions.delete(token);
    const tokens = tokensOfUser.get(userId);
    if (tokens?.delete(token) && tokens.size === 0) tokensOfUser.delete(userId);
  }

  return {
    get: (token) => sessions.get(token),
    set(token, session) {
      forget(token);
      if (sessions.size >= sessionsMax) forget(firstKey(sessions));
      sessions.set(token, session);
      const { userId } = session.principal;
      const tokens = tokensOfUser.get(userId);
      if (tokens === undefined) tokensOfUser.set(userId, new Set([token]));
      else tokens.add(token);
    },
    isUnknown: (token, nowMs) => nowMs < (unknown.get(token) ?? 0),
    setUnknown(token, untilMs) {
      unknown.delete(token);
      if (unknown.size >= UNKNOWN_CACHED_MAX) unknown.delete(firstKey(unknown));
      unknown.set(token, untilMs);
    },
    forgetUser(userId) {
      for (const token of [...(tokensOfUser.get(userId) ?? [])]) forget(token);
    },
    clear() {
      sessions.clear();
      tokensOfUser.clear();
      unknown.clear();
    },
    size: () => sessions.size,
  };
}

/** The one that was set first: entries live for seconds, so the oldest is as good as the least used. */
function firstKey(map: ReadonlyMap<string, unknown>): string {
  return map.keys().next().value ?? '';
}
