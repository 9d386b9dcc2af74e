/**
 * How many followers, followings and posts each user has: exact at every moment, and no writer ever waits for
 * another one's count.
 *
 * A count is the user's row of `user_counts` plus the user's rows of `user_count_deltas`. Who changes what is
 * counted adds a delta in the same transaction, best in the same statement:
 *
 *     INSERT INTO user_count_deltas (user_id, shard, post_delta) VALUES (author, shardOf(author), 1)
 *
 * with -1 when a post goes, only for a row that was really inserted or deleted, and the delta of a statement that
 * removes several rows summed up. Nobody but `fold` updates `user_counts` (and the bulk load, which adds to it).
 */
import { type Id, shardOf } from '../../../core/ids.ts';
import { NO_COUNTS, type UserCounts } from '../../../core/user.ts';
import type { SqlSession, SqlStore } from '../../../ports/sql-store/sql-store.ts';
import { foldUserCounts, getUserCounts, type UserCountsRow } from './user-counts-queries.ts';

/** Deltas that one call of `fold` moves at most: some 60 ms of work, so that it never holds many rows for long. */
export const FOLD_LIMIT = 5_000;

/** The counts of all `userIds`, as of one moment; who has none yet has zeros. */
export type CountsOf = (userIds: readonly Id[], session?: SqlSession) => Promise<ReadonlyMap<Id, UserCounts>>;

export interface UserCounting {
  countsOf: CountsOf;
  /**
   * Moves up to `limit` deltas into the counts and answers how many it moved: fewer than `limit` means that the
   * rest, if any, is in another worker's hands. Any number of workers may call it at any time.
   */
  fold(limit?: number): Promise<number>;
}

export function createUserCounts({ sql }: { readonly sql: SqlStore }): UserCounting {
  return {
    async countsOf(userIds, session = sql) {
      const counts = new Map<Id, UserCounts>(userIds.map((userId) => [userId, NO_COUNTS]));
      if (counts.size === 0) return counts;
      for (const row of await session.query(getUserCounts, [[...counts.keys()]])) {
        counts.set(row.user_id, userCountsOf(row));
      }
      return counts;
    },

    async fold(limit = FOLD_LIMIT) {
      const [row] = await sql.query(foldUserCounts, [limit]);
      return row?.folded ?? 0;
    },
  };
}

export function userCountsOf(row: UserCountsRow): UserCounts {
  const { follower_count: followerCount, following_count: followingCount, post_count: postCount } = row;
  return { followerCount, followingCount, postCount };
}

export interface FollowRow {
  readonly follower_id: Id;
  readonly followee_id: Id;
}

/**
 * What the counts change by when all `follows` begin (1) or end (-1), as parallel arrays with each user once: ids,
 * shards, followers, followings. At most 32,767 follows, for that is what a delta can hold.
 */
export function followDeltas(
  follows: readonly FollowRow[],
  step: 1 | -1,
): [userIds: Id[], shards: number[], followers: number[], followings: number[]] {
  const followers = new Map<Id, number>();
  const followings = new Map<Id, number>();
  for (const { follower_id: followerId, followee_id: followeeId } of follows) {
    followings.set(followerId, (followings.get(followerId) ?? 0) + step);
    followers.set(followeeId, (followers.get(followeeId) ?? 0) + step);
  }
  const userIds = [...new Set([...followers.keys(), ...followings.keys()])];
  const of = (counts: ReadonlyMap<Id, number>) => userIds.map((userId) => counts.get(userId) ?? 0);
  return [userIds, userIds.map(shardOf), of(followers), of(followings)];
}
