import type { Id } from '../../../core/ids.ts';
import { writeStatement } from '../../../ports/sql-store/sql-store.ts';
import type { FollowRow } from './user-counts.ts';

/**
 * Inserts the follows that are not there yet, unless either blocks the other, and answers those that it inserted.
 * In the order of their ids, so that two loads of the same data do not wait for each other in a circle.
 */
export const loadFollows = writeStatement<
  [
    followerIds: readonly Id[],
    followeeIds: readonly Id[],
    followIds: readonly Id[],
    shards: readonly number[],
  ],
  FollowRow
>(
  'follows_load',
  `INSERT INTO follows (follower_id, followee_id, follow_id, shard)
   SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::smallint[])
     AS given (follower_id, followee_id, follow_id, shard)
   WHERE (SELECT user_id FROM blocks WHERE user_id = follower_id AND blocked_id = followee_id) IS NULL
     AND (SELECT user_id FROM blocks WHERE user_id = followee_id AND blocked_id = follower_id) IS NULL
   ORDER BY follower_id, followee_id
   ON CONFLICT DO NOTHING RETURNING follower_id, followee_id`,
);

/** Straight into the counts: as deltas, a whole graph would have to be folded afterwards. In the order of ids. */
export const addUserCounts = writeStatement<
  [
    userIds: readonly Id[],
    shards: readonly number[],
    followerDeltas: readonly number[],
    followingDeltas: readonly number[],
  ]
>(
  'user_counts_add',
  `INSERT INTO user_counts AS counts (user_id, shard, follower_count, following_count)
   SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::bigint[], $4::bigint[])
     AS given (user_id, shard, follower_count, following_count)
   ORDER BY user_id
   ON CONFLICT (user_id) DO UPDATE SET
     follower_count = counts.follower_count + excluded.follower_count,
     following_count = counts.following_count + excluded.following_count`,
);
