/** The tables `follows` and `follow_requests`, with the counts that change with them. */
import type { Id } from '../../../core/ids.ts';
import { readStatement, writeStatement } from '../../../ports/sql-store/sql-store.ts';

export interface FollowStateRow {
  readonly following: boolean;
  readonly requested: boolean;
  /** By either of the two. */
  readonly blocked: boolean;
  /** One of them was suspended or deleted meanwhile. */
  readonly hidden: boolean;
  /** Of the follower: followings and open requests. */
  readonly following_count: number;
}

/** All that decides whether and how a follow begins. Read under the locks of the follower and the pair. */
export const getFollowState = readStatement<[followerId: Id, followeeId: Id], FollowStateRow>(
  'follows_get_state',
  `SELECT
     (SELECT follower_id FROM follows WHERE follower_id = $1 AND followee_id = $2) IS NOT NULL AS following,
     (SELECT target_id FROM follow_requests WHERE target_id = $2 AND requester_id = $1) IS NOT NULL
       AS requested,
     (SELECT user_id FROM blocks WHERE user_id = $1 AND blocked_id = $2) IS NOT NULL
       OR (SELECT user_id FROM blocks WHERE user_id = $2 AND blocked_id = $1) IS NOT NULL AS blocked,
     (SELECT count(*) FROM hidden_users WHERE user_id IN ($1, $2)) > 0 AS hidden,
     coalesce((SELECT following_count FROM user_counts WHERE user_id = $1), 0)
       + coalesce((SELECT sum(following_delta) FROM user_count_deltas WHERE user_id = $1), 0)::bigint
       + (SELECT count(*) FROM follow_requests WHERE requester_id = $1) AS following_count`,
);

export interface BegunFollowRow {
  readonly inserted: boolean;
  readonly request_id: Id | null;
}

/**
 * A follow and its counts; a request that was open between the two ends with it. In one row: whether there was no
 * follow (a bulk load, which takes no locks, may have been faster), and the id of the request.
 */
export const insertFollow = writeStatement<
  [followerId: Id, followeeId: Id, followId: Id, followerShard: number, followeeShard: number],
  BegunFollowRow
>(
  'follows_insert',
  `WITH request AS (
     DELETE FROM follow_requests WHERE target_id = $2 AND requester_id = $1 RETURNING request_id),
   follow AS (
     INSERT INTO follows (follower_id, followee_id, follow_id, shard) VALUES ($1, $2, $3, $4)
     ON CONFLICT DO NOTHING RETURNING follower_id, followee_id),
   counted AS (
     INSERT INTO user_count_deltas (user_id, shard, follower_delta, following_delta)
     SELECT follower_id, $4, 0, 1 FROM follow UNION ALL SELECT followee_id, $5, 1, 0 FROM follow)
   SELECT (SELECT count(*) FROM follow) > 0 AS inserted, (SELECT request_id FROM request) AS request_id`,
);

export interface EndedFollowRow {
  readonly follow_id: Id | null;
  readonly request_id: Id | null;
}

/** Ends a follow and a request in one direction; the ids of what there was, in one row. */
export const deleteFollow = writeStatement<
  [followerId: Id, followeeId: Id, followerShard: number, followeeShard: number],
  EndedFollowRow
>(
  'follows_delete',
  `WITH follow AS (
     DELETE FROM follows WHERE follower_id = $1 AND followee_id = $2 RETURNING follow_id),
   request AS (
     DELETE FROM follow_requests WHERE target_id = $2 AND requester_id = $1 RETURNING request_id),
   counted AS (
     INSERT INTO user_count_deltas (user_id, shard, follower_delta, following_delta)
     SELECT $1::bigint, $3::smallint, 0, -1 FROM follow
     UNION ALL SELECT $2::bigint, $4::smallint, -1, 0 FROM follow)
   SELECT (SELECT follow_id FROM follow) AS follow_id, (SELECT request_id FROM request) AS request_id`,
);

export const insertFollowRequest = writeStatement<
  [requesterId: Id, targetId: Id, requestId: Id, shard: number]
>(
  'follow_requests_insert',
  `INSERT INTO follow_requests (requester_id, target_id, request_id, shard) VALUES ($1, $2, $3, $4)
   ON CONFLICT DO NOTHING`,
);

export const getFollowRequest = readStatement<[requesterId: Id, targetId: Id], { request_id: Id }>(
  'follow_requests_get',
  `SELECT request_id FROM follow_requests WHERE target_id = $2 AND requester_id = $1`,
);

export interface FollowRequestRow {
  readonly requester_id: Id;
  readonly request_id: Id;
}

export const pageFollowRequests = readStatement<[targetId: Id, before: Id, limit: number], FollowRequestRow>(
  'follow_requests_page',
  `SELECT requester_id, request_id FROM follow_requests AS request
   WHERE target_id = $1 AND request_id < $2
     AND (SELECT user_id FROM hidden_users AS hidden WHERE hidden.user_id = requester_id) IS NULL
   ORDER BY request_id DESC LIMIT $3`,
);
