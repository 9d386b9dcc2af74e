/**
 * Whom a user might follow: whom those follow whom they follow, and the most followed where that is not enough, as for newcomers.
 * Computed when first asked for, and kept fresh by the worker for those who go on asking.
 */
import { type Id, shardOf } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import type { DescribeUsers, Profile } from '../../core/user.ts';
import type { LoggedEvent } from '../../ports/event-log/event-log.ts';
import type { SqlStore, SqlTransaction } from '../../ports/sql-store/sql-store.ts';
import {
  claimStaleReaders,
  deleteIdleReaders,
  eraseSuggestions,
  getDismissed,
  getSuggestions,
  insertDismissal,
  noteAsked,
  putSuggestions,
} from './suggestions-queries.ts';

export const SUGGESTIONS_MAX = 40;
/** Kept, so that there are some left when the first are followed or dismissed. */
const KEPT_MAX = 100;
/** With fewer, the most followed are added. */
const FRIENDS_ENOUGH = 20;
export const DISMISSALS_MAX = 1_000;

const STALE_MS = 24 * 3_600_000;
/** So old at least, suggestions that are used up are computed anew when they are asked for. */
const USED_UP_MS = 60_000;
const IDLE_MS = 14 * 24 * 3_600_000;
/** Some 20 ms of the database each. */
const PIECE = 10;
const DELETE_LIMIT = 1_000;
const REFRESH_EVERY_MS = 30_000;

/** Nobody whom the user follows, has asked to follow, mutes, or is parted from by a block; the best first. */
export type FriendsOfFriends = (userId: Id, limit: number) => Promise<readonly Id[]>;
export type MostFollowed = (limit: number) => Promise<readonly Id[]>;

export interface Suggestions {
  of(userId: Id, limit: number): Promise<Profile[]>;
  /** Whoever it is, and also when it has been done before. */
  dismiss(transaction: SqlTransaction, userId: Id, dismissedId: Id): Promise<void>;
  /** Computes the oldest anew and forgets who does not ask any more; answers whether there may be more to do. */
  refresh(limit?: number): Promise<boolean>;
  /** Of the topic `users`: erases what is of deleted ones, in the transaction. */
  hear(events: readonly LoggedEvent[], transaction: SqlTransaction): Promise<void>;
  readonly job: Job;
}

export interface SuggestionsDeps {
  readonly sql: SqlStore;
  readonly friendsOfFriends: FriendsOfFriends;
  readonly mostFollowed: MostFollowed;
  readonly describeUsers: DescribeUsers;
}

export function createSuggestions(deps: SuggestionsDeps): Suggestions {
  const { sql, friendsOfFriends, mostFollowed, describeUsers } = deps;

  async function compute(userId: Id): Promise<readonly Id[]> {
    const friends = await friendsOfFriends(userId, KEPT_MAX);
    const famous = friends.length < FRIENDS_ENOUGH ? await mostFollowed(KEPT_MAX) : [];
    const suggestedIds = [...new Set([...friends, ...famous])]
      .filter((id) => id !== userId)
      .slice(0, KEPT_MAX);
    await sql.query(putSuggestions, [userId, shardOf(userId), suggestedIds]);
    return suggestedIds;
  }

  /** What has changed since they were computed decides now: whom they follow, blocks, suspensions, dismissals. */
  async function choose(userId: Id, suggestedIds: readonly Id[]): Promise<Profile[]> {
    const dismissed = await sql.query(getDismissed, [userId]);
    const unwanted = new Set(dismissed.map(({ dismissed_id }) => dismissed_id));
    const wanted = suggestedIds.filter((id) => !unwanted.has(id));
    return (await describeUsers(userId, wanted)).filter(mayBeFollowed);
  }

  async function refresh(limit = PIECE): Promise<boolean> {
    const readers = await sql.query(claimStaleReaders, [STALE_MS, limit]);
    for (const { user_id: userId } of readers) await compute(userId);
    const [idle] = await sql.query(deleteIdleReaders, [IDLE_MS, DELETE_LIMIT]);
    return readers.length === limit || idle?.deleted === DELETE_LIMIT;
  }

  return {
    async of(userId, limit) {
      const [known] = await sql.query(getSuggestions, [userId]);
      if (known !== undefined) await sql.query(noteAsked, [userId]);
      const chosen = await choose(userId, known?.suggested_ids ?? (await compute(userId)));
      if (chosen.length > 0 || known === undefined || known.age_ms < USED_UP_MS)
        return chosen.slice(0, limit);
      return (await choose(userId, await compute(userId))).slice(0, limit);
    },

    async dismiss(transaction, userId, dismissedId) {
      await transaction.query(insertDismissal, [userId, shardOf(userId), dismissedId, DISMISSALS_MAX]);
    },

    refresh,
    hear,
    job: {
      name: 'refresh-suggestions',
      everyMs: REFRESH_EVERY_MS,
      run: async () => ((await refresh()) ? 'more' : 'done'),
    },
  };
}

function mayBeFollowed({ relationship }: Profile): boolean {
  if (relationship === null) return false;
  const { following, requested, muting, blocking, blockedBy } = relationship;
  return !(following || requested || muting || blocking || blockedBy);
}

async function hear(events: readonly LoggedEvent[], transaction: SqlTransaction): Promise<void> {
  const userIds = events.filter(({ kind }) => kind === 'deleted').map(({ key }) => key);
  if (userIds.length > 0) await transaction.query(eraseSuggestions, [userIds]);
}
