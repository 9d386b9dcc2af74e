/** The table `hidden_users`, and what is erased with a deleted user, a bounded piece at a time. */
import type { Id } from '../../../core/ids.ts';
import { writeStatement } from '../../../ports/sql-store/sql-store.ts';
import type { FollowRow } from './user-counts.ts';

/** Whoever is deleted stays so: only `suspended` gives way to another state. */
export const hideUsers = writeStatement<
  [userIds: readonly Id[], shards: readonly number[], states: readonly ('suspended' | 'deleted')[]]
>(
  'hidden_users_hide',
  `INSERT INTO hidden_users (user_id, shard, state)
   SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::text[])
   ON CONFLICT (user_id) DO UPDATE SET state = excluded.state WHERE hidden_users.state = 'suspended'`,
);

export const restoreUsers = writeStatement<[userIds: readonly Id[]]>(
  'hidden_users_restore',
  `DELETE FROM hidden_users WHERE user_id = ANY ($1) AND state = 'suspended'`,
);

/** A deleted user whom no other worker is erasing. */
export const claimDeletedUser = writeStatement<[], { user_id: Id }>(
  'hidden_users_claim_deleted',
  `SELECT user_id FROM hidden_users WHERE state = 'deleted' ORDER BY user_id LIMIT 1 FOR UPDATE SKIP LOCKED`,
);

export const markErased = writeStatement<[userId: Id]>(
  'hidden_users_mark_erased',
  `UPDATE hidden_users SET state = 'erased' WHERE user_id = $1`,
);

export const eraseFollows = writeStatement<[userId: Id, limit: number], FollowRow>(
  'hidden_users_erase_follows',
  `WITH picked AS MATERIALIZED (
     (SELECT follower_id, followee_id FROM follows WHERE follower_id = $1 LIMIT $2)
     UNION ALL (SELECT follower_id, followee_id FROM follows WHERE followee_id = $1 LIMIT $2)
     LIMIT $2)
   DELETE FROM follows AS follow USING picked
   WHERE follow.follower_id = picked.follower_id AND follow.followee_id = picked.followee_id
   RETURNING follow.follower_id, follow.followee_id`,
);

/** Requests, mutes and blocks, by the user and of the user; up to `limit` of each. */
export const eraseOthers = writeStatement<[userId: Id, limit: number], { erased: number }>(
  'hidden_users_erase_others',
  `WITH requests AS (
     DELETE FROM follow_requests WHERE (target_id, requester_id) IN (
       (SELECT target_id, requester_id FROM follow_requests WHERE target_id = $1 LIMIT $2)
       UNION ALL (SELECT target_id, requester_id FROM follow_requests WHERE requester_id = $1 LIMIT $2)
       LIMIT $2)
     RETURNING 1),
   unmuted AS (
     DELETE FROM mutes WHERE (user_id, muted_id) IN (
       (SELECT user_id, muted_id FROM mutes WHERE user_id = $1 LIMIT $2)
       UNION ALL (SELECT user_id, muted_id FROM mutes WHERE muted_id = $1 LIMIT $2)
       LIMIT $2)
     RETURNING 1),
   unblocked AS (
     DELETE FROM blocks WHERE (user_id, blocked_id) IN (
       (SELECT user_id, blocked_id FROM blocks WHERE user_id = $1 LIMIT $2)
       UNION ALL (SELECT user_id, blocked_id FROM blocks WHERE blocked_id = $1 LIMIT $2)
       LIMIT $2)
     RETURNING 1)
   SELECT (SELECT count(*) FROM requests) + (SELECT count(*) FROM unmuted) + (SELECT count(*) FROM unblocked)
     AS erased`,
);
