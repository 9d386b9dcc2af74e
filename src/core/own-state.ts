/** What concerns one user alone, such as the ride that they are on, and how they are told of it while they are connected. */
import type { Id } from './ids.ts';

/** Something of a user's own that is so now. It has no place in the log: whoever connects again is told how it is by then. */
export interface OwnState {
  readonly event: string;
  /** JSON. */
  readonly data: string;
  /** Who is busy need not have it: a newer one follows. */
  readonly passing: boolean;
}

/** How users are reached who are connected to this process. */
export interface OwnChannel {
  isHere(userId: Id): boolean;
  /** On all connections here that the user has opened, but for those of API keys. */
  tell(userId: Id, state: OwnState): void;
}
