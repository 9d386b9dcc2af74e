/** Whom a user follows, and who stands between them and others; and whom those follow. */
import type { Id } from '../../../core/ids.ts';
import { readStatement } from '../../../ports/sql-store/sql-store.ts';
import { notMuted, userVisible } from '../posts/visibility-queries.ts';

export interface CircleRow {
  readonly followee_ids: readonly Id[] | null;
  readonly parted_ids: readonly Id[] | null;
  readonly muted_ids: readonly Id[] | null;
}

/** Up to `limit` of each, the newest. */
export const getCircle = readStatement<[userId: Id, limit: number], CircleRow>(
  'circles_get',
  `SELECT
     (SELECT array_agg(followee_id) FROM (
        SELECT followee_id FROM follows WHERE follower_id = $1 ORDER BY follow_id DESC LIMIT $2) AS newest)
       AS followee_ids,
     (SELECT array_agg(other_id) FROM (
        (SELECT blocked_id AS other_id FROM blocks WHERE user_id = $1 ORDER BY block_id DESC LIMIT $2)
        UNION ALL
        (SELECT user_id FROM blocks WHERE blocked_id = $1 LIMIT $2)) AS parted) AS parted_ids,
     (SELECT array_agg(muted_id) FROM (
        SELECT muted_id FROM mutes WHERE user_id = $1 ORDER BY mute_id DESC LIMIT $2) AS newest) AS muted_ids`,
);

/**
 * Whom those follow whom the user follows, by how many of them do: nobody whom the user follows, has asked to follow or has
 * muted, and nobody who is parted from the user by a block. Looks at no more than `width` of the newest follows of the user, and
 * `depth` of each of those; of whom they lead to, at the `reach` who come up most.
 */
export const getFriendsOfFriends = readStatement<
  [userId: Id, width: number, depth: number, reach: number, limit: number],
  { user_id: Id }
>(
  'circles_get_friends_of_friends',
  `WITH friend AS MATERIALIZED (
     SELECT followee_id AS user_id FROM follows WHERE follower_id = $1 ORDER BY follow_id DESC LIMIT $2),
   reached AS MATERIALIZED (
     SELECT theirs.followee_id AS user_id, count(*) AS friends
     FROM friend CROSS JOIN LATERAL (
       SELECT followee_id FROM follows WHERE follower_id = friend.user_id ORDER BY follow_id DESC LIMIT $3) AS theirs
     WHERE theirs.followee_id <> $1
     GROUP BY theirs.followee_id ORDER BY friends DESC, theirs.followee_id DESC LIMIT $4)
   SELECT user_id FROM reached
   WHERE (SELECT follower_id FROM follows WHERE follower_id = $1 AND followee_id = reached.user_id) IS NULL
     AND (SELECT target_id FROM follow_requests WHERE requester_id = $1 AND target_id = reached.user_id) IS NULL
     AND ${userVisible('$1::bigint', 'reached.user_id')} AND ${notMuted('$1::bigint', 'reached.user_id')}
   ORDER BY friends DESC, user_id DESC LIMIT $5`,
);
