import type { Id } from './ids.ts';

export type UserRole = 'user' | 'moderator' | 'administrator';

/** Decides how much an account may ask for: see `http/rate-limit.ts`. */
export type UserTier = 'standard' | 'trusted';

/** The signed-in caller of a request. */
export interface Principal {
  readonly userId: Id;
  readonly sessionId: Id;
  readonly role: UserRole;
  readonly tier: UserTier;
}
