/** The tables `user_counts` and `user_count_deltas`: only their sum, in one statement, is a count. */
import type { Id } from '../../../core/ids.ts';
import { readStatement, writeStatement } from '../../../ports/sql-store/sql-store.ts';

export interface UserCountsRow {
  readonly user_id: Id;
  readonly follower_count: number;
  readonly following_count: number;
  readonly post_count: number;
}

export const getUserCounts = readStatement<[userIds: readonly Id[]], UserCountsRow>(
  'user_counts_get',
  `SELECT user_id, sum(followers)::bigint AS follower_count, sum(following)::bigint AS following_count,
     sum(posts)::bigint AS post_count
   FROM (
     SELECT user_id, follower_count, following_count, post_count
     FROM user_counts WHERE user_id = ANY ($1)
     UNION ALL
     SELECT user_id, follower_delta, following_delta, post_delta
     FROM user_count_deltas WHERE user_id = ANY ($1)
   ) AS parts (user_id, followers, following, posts)
   GROUP BY user_id`,
  { mayBeStale: true },
);

/**
 * Moves up to `limit` deltas into the counts, the oldest first; those that another worker is moving are left to
 * it. Rows of `user_counts` are locked in the order of their ids, so that two workers never wait in a circle.
 */
export const foldUserCounts = writeStatement<[limit: number], { folded: number }>(
  'user_counts_fold',
  `WITH picked AS MATERIALIZED (
     SELECT delta_id FROM user_count_deltas ORDER BY delta_id LIMIT $1 FOR UPDATE SKIP LOCKED),
   removed AS (
     DELETE FROM user_count_deltas AS delta USING picked WHERE delta.delta_id = picked.delta_id
     RETURNING delta.user_id, delta.shard, delta.follower_delta, delta.following_delta, delta.post_delta),
   added AS (
     INSERT INTO user_counts AS counts (user_id, shard, follower_count, following_count, post_count)
     SELECT user_id, min(shard), sum(follower_delta), sum(following_delta), sum(post_delta)
     FROM removed GROUP BY user_id ORDER BY user_id
     ON CONFLICT (user_id) DO UPDATE SET
       follower_count = counts.follower_count + excluded.follower_count,
       following_count = counts.following_count + excluded.following_count,
       post_count = counts.post_count + excluded.post_count)
   SELECT count(*)::int AS folded FROM removed`,
);

/** What `followDeltas` sums up. */
export const insertFollowDeltas = writeStatement<
  [
    userIds: readonly Id[],
    shards: readonly number[],
    followerDeltas: readonly number[],
    followingDeltas: readonly number[],
  ]
>(
  'user_count_deltas_insert',
  `INSERT INTO user_count_deltas (user_id, shard, follower_delta, following_delta)
   SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::smallint[], $4::smallint[])`,
);
