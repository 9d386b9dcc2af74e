/**
 * The public side of users, for a second: they are shown with every post. A change is seen at once in the process
 * that made it, and within the second in the others.
 */
import type { Clock } from '../../../core/clock.ts';
import type { Id } from '../../../core/ids.ts';
import type { GetUsers, User } from '../../../core/user.ts';

export const CACHED_MS = 1_000;
/** Some 400 bytes each. */
export const USERS_CACHED_MAX = 50_000;

export interface UserCache {
  readonly getUsers: GetUsers;
  /** To be called after the commit of a change. What is being loaded at that moment is not kept. */
  forget(userId: Id): void;
}

export interface UserCacheDeps {
  readonly load: GetUsers;
  readonly clock: Clock;
  readonly usersMax?: number;
}

interface Cached {
  readonly user: User;
  readonly untilMs: number;
}

export function createUserCache({ load, clock, usersMax = USERS_CACHED_MAX }: UserCacheDeps): UserCache {
  /** In the order in which they expire. */
  const cached = new Map<Id, Cached>();
  /** Loads under way, so that many requests for one user make one query. */
  const flights = new Map<Id, Promise<ReadonlyMap<Id, User>>>();

  function keep(userId: Id, user: User): void {
    cached.delete(userId);
    cached.set(userId, { user, untilMs: clock.monotonicMs() + CACHED_MS });
    const [oldest] = cached.keys();
    if (cached.size > usersMax && oldest !== undefined) cached.delete(oldest);
  }

  function fly(userIds: readonly Id[]): Promise<ReadonlyMap<Id, User>> {
    const flight = load(userIds);
    for (const userId of userIds) flights.set(userId, flight);
    const land = (users: ReadonlyMap<Id, User>): void => {
      for (const userId of userIds) {
        // Whoever was forgotten meanwhile has another flight, or none: what this one brings is old.
        if (flights.get(userId) !== flight) continue;
        flights.delete(userId);
        const user = users.get(userId);
        if (user !== undefined) keep(userId, user);
      }
    };
    flight.then(land, () => land(new Map()));
    return flight;
  }

  return {
    async getUsers(userIds) {
      const nowMs = clock.monotonicMs();
      const found = new Map<Id, User>();
      const missing: Id[] = [];
      const waited = new Set<Promise<ReadonlyMap<Id, User>>>();
      for (const userId of new Set(userIds)) {
        const entry = cached.get(userId);
        if (entry !== undefined && entry.untilMs > nowMs) {
          found.set(userId, entry.user);
          continue;
        }
        const flight = flights.get(userId);
        if (flight === undefined) missing.push(userId);
        else waited.add(flight);
      }
      if (missing.length > 0) waited.add(fly(missing));
      for (const flight of waited) {
        const users = await flight;
        for (const userId of userIds) {
          const user = users.get(userId);
          if (user !== undefined) found.set(userId, user);
        }
      }
      return found;
    },

    forget(userId) {
      cached.delete(userId);
      flights.delete(userId);
    },
  };
}
