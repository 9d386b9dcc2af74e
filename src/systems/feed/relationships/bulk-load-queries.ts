import type { Id } from '../../../core/ids.ts';
import { writeStatement } from '../../../ports/sql-store/sql-store.ts';

/**
 * Inserts the follows that are not there yet, unless either blocks the other, and adds them to the counts: in one
 * statement, so that each batch is there as a whole or not at all. Everything is locked in the order of ids, so
 * that two loads of the same data do not wait in a circle.
 */
export const loadFollows = writeStatement<
  [
    followerIds: readonly Id[],
    followeeIds: readonly Id[],
    followIds: readonly Id[],
    followerShards: readonly number[],
    followeeShards: readonly number[],
  ],
  { inserted: number }
>(
  'follows_load',
  `WITH given AS MATERIALIZED (
     SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::smallint[], $5::smallint[])
       AS given (follower_id, followee_id, follow_id, follower_shard, followee_shard)),
   inserted AS (
     INSERT INTO follows (follower_id, followee_id, follow_id, shard)
     SELECT follower_id, followee_id, follow_id, follower_shard FROM given
     WHERE (SELECT block_id FROM blocks WHERE user_id = follower_id AND blocked_id = followee_id) IS NULL
       AND (SELECT block_id FROM blocks WHERE user_id = followee_id AND blocked_id = follower_id) IS NULL
     ORDER BY follower_id, followee_id
     ON CONFLICT DO NOTHING RETURNING follower_id, followee_id),
   changes AS (
     SELECT follower_id AS user_id, 0 AS followers, 1 AS following FROM inserted
     UNION ALL SELECT followee_id, 1, 0 FROM inserted),
   shards AS (
     SELECT DISTINCT follower_id AS user_id, follower_shard AS shard FROM given
     UNION SELECT followee_id, followee_shard FROM given),
   counted AS (
     INSERT INTO user_counts AS counts (user_id, shard, follower_count, following_count)
     SELECT user_id, min(shard), sum(followers), sum(following)
     FROM changes JOIN shards USING (user_id) GROUP BY user_id ORDER BY user_id
     ON CONFLICT (user_id) DO UPDATE SET
       follower_count = counts.follower_count + excluded.follower_count,
       following_count = counts.following_count + excluded.following_count)
   SELECT count(*)::int AS inserted FROM inserted`,
);
