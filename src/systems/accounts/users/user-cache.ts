/**
 * The public side of users: they are shown with every post. While the process follows a tail of the event log that is
 * at most a second behind, what is kept is right until an event says otherwise; without one it is right for a second.
 * That second cost 120 to 150 queries for 500 posts read in it, and 13 % of the CPU of each read; events cost none.
 * A change is seen at once in the process that made it, and within the second in the others.
 */
import type { Clock } from '../../../core/clock.ts';
import type { Id } from '../../../core/ids.ts';
import type { CachedUser, GetUsers, User } from '../../../core/user.ts';
import type { LoggedEvent, Tail } from '../../../ports/event-log/event-log.ts';
import { createLoadingCache, type LoadingCache } from '../../../resilience/loading-cache.ts';
import { unlessAway } from '../../../resilience/unless-away.ts';
import { USERS_TOPIC, userOfEvent } from './user-events.ts';

/** How old what is shown may be. */
export const CACHED_MS = 1_000;
/** Some 400 bytes each. */
export const USERS_CACHED_MAX = 100_000;

export interface UserCache {
  readonly getUsers: GetUsers;
  /** For what is shown, and kept by nobody: also while the primary of the database is away. */
  readonly listUsers: GetUsers;
  readonly cachedUser: CachedUser;
  /** Forgets whom the events tell something new about; also what is being loaded about them is not kept. */
  hear(events: readonly LoggedEvent[]): void;
  /** From now on what is kept lives as long as the tail is young. `hear` must hear all that the tail does. */
  follow(tail: Pick<Tail, 'heardUntilMs'>): void;
  /**
   * To be called while the lock of the user's row is held; what it answers, after the commit: with the user as they
   * are now, or with nothing to forget them. What is being loaded at that moment is not kept.
   */
  write(userId: Id): (user?: User) => void;
}

export interface UserCacheDeps {
  readonly load: GetUsers;
  /** From a replica, which may lack what was heard already, so that none of it is kept. */
  readonly loadStale?: GetUsers;
  readonly isPrimaryAway?: () => boolean;
  readonly clock: Clock;
  readonly usersMax?: number;
}

/** `user` is undefined for one whom nobody may see, or who never was. */
interface Kept {
  readonly user: User | undefined;
  readonly loadedMs: number;
}

export function createUserCache(deps: UserCacheDeps): UserCache {
  const { load, loadStale = load, isPrimaryAway = () => false, clock, usersMax = USERS_CACHED_MAX } = deps;
  let cache = createCache();
  let followed: Pick<Tail, 'heardUntilMs'> | undefined;
  /** Counts what was heard or written about anyone. */
  let changes = 0;

  function createCache(): LoadingCache<Id, Kept> {
    return createLoadingCache({
      valuesMax: usersMax,
      async load(userIds) {
        const loadedMs = clock.monotonicMs();
        const users = await load(userIds);
        return userIds.map((userId) => ({ user: users.get(userId), loadedMs }));
      },
    });
  }

  const isYoung = (nowMs: number): boolean =>
    followed !== undefined && nowMs - followed.heardUntilMs() <= CACHED_MS;

  function isRight({ user, loadedMs }: Kept, nowMs: number, young: boolean): boolean {
    const recent = nowMs - loadedMs < CACHED_MS;
    // Not all who come are announced: some are loaded in bulk.
    return user === undefined ? young && recent : young || recent;
  }

  function cachedUser(userId: Id): User | undefined {
    const entry = cache.getCached(userId);
    if (entry?.user === undefined) return undefined;
    const nowMs = clock.monotonicMs();
    return isRight(entry, nowMs, isYoung(nowMs)) ? entry.user : undefined;
  }

  /** Leaves what is kept as it is: it is right again once all was heard. */
  async function listStale(userIds: readonly Id[]): Promise<ReadonlyMap<Id, User>> {
    const cached = new Map<Id, User>();
    const missing = new Set<Id>();
    for (const userId of userIds) {
      const user = cachedUser(userId);
      if (user === undefined) missing.add(userId);
      else cached.set(userId, user);
    }
    return missing.size === 0 ? cached : new Map([...cached, ...(await loadStale([...missing]))]);
  }

  async function getUsers(userIds: readonly Id[]): Promise<ReadonlyMap<Id, User>> {
    const nowMs = clock.monotonicMs();
    const young = isYoung(nowMs);
    for (const userId of userIds) {
      const entry = cache.getCached(userId);
      if (entry !== undefined && !isRight(entry, nowMs, young)) cache.forget(userId);
    }
    const found = new Map<Id, User>();
    const entries = await cache.getMany(userIds);
    for (const { user } of entries) {
      if (user !== undefined) found.set(user.userId, user);
    }
    return found;
  }

  return {
    getUsers,
    listUsers: (userIds) =>
      unlessAway(
        { clock, isAway: isPrimaryAway },
        () => getUsers(userIds),
        () => listStale(userIds),
      ),
    cachedUser,

    hear(events) {
      for (const event of events) {
        if (event.topic !== USERS_TOPIC) continue;
        changes += 1;
        // Not replaced, for what is kept may be newer than the event. One's own changes come back as they are.
        if (!isSame(cache.getCached(event.key)?.user, userOfEvent(event))) cache.forget(event.key);
      }
    },

    follow(tail) {
      followed = tail;
      // Nobody has heard what became of those who are kept, or being loaded.
      cache = createCache();
    },

    write(userId) {
      const changesBefore = changes;
      return (user) => {
        // Who was heard of since the call may be this user, changed by someone else after the commit.
        const isLast = changes === changesBefore;
        changes += 1;
        if (isLast && user !== undefined) cache.put(userId, { user, loadedMs: clock.monotonicMs() });
        else cache.forget(userId);
      };
    },
  };
}

function isSame(one: User | undefined, other: User | undefined): boolean {
  if (one === undefined || other === undefined) return false;
  return (
    one.username === other.username &&
    one.displayName === other.displayName &&
    one.bio === other.bio &&
    one.avatarUrl === other.avatarUrl &&
    one.headerUrl === other.headerUrl &&
    one.locked === other.locked
  );
}
