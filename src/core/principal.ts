import type { Id } from './ids.ts';
import type { Scope } from './scope.ts';

export type UserRole = 'user' | 'moderator' | 'administrator';

/** Decides how much an account may ask for: see `http/rate-limit.ts`. */
export type UserTier = 'standard' | 'trusted';

/** The signed-in caller of a request. */
export interface Principal {
  readonly userId: Id;
  /** Of the session, or of the API key in place of one. */
  readonly sessionId: Id;
  readonly role: UserRole;
  readonly tier: UserTier;
  /** What the caller's API key is limited to; absent for a session, which may do all that the user may. */
  readonly scopes?: ReadonlySet<Scope> | undefined;
}
