/**
 * Pages of users. A page is full as long as there are visible users left, because who is hidden is skipped inside
 * the statement.
 *
 * NOTE: scalar subqueries, not NOT EXISTS: as anti-joins they would let the planner sort all followers of a
 * celebrity for every page. So it walks the index from `before` and stops at the limit.
 */
import type { Id } from '../../../core/ids.ts';
import { readStatement } from '../../../ports/sql-store/sql-store.ts';

export interface ListRow {
  readonly user_id: Id;
  /** Of the follow, mute or block: where the next page starts. */
  readonly entry_id: Id;
}

type ListParams = [userId: Id, viewerId: Id, before: Id, limit: number];

export const pageFollowers = readStatement<ListParams, ListRow>(
  'follows_page_followers',
  `SELECT follower_id AS user_id, follow_id AS entry_id FROM follows
   WHERE followee_id = $1 AND follow_id < $3
     AND (SELECT user_id FROM hidden_users WHERE user_id = follower_id) IS NULL
     AND (SELECT user_id FROM blocks WHERE user_id = $2 AND blocked_id = follower_id) IS NULL
     AND (SELECT user_id FROM blocks WHERE user_id = follower_id AND blocked_id = $2) IS NULL
   ORDER BY follow_id DESC LIMIT $4`,
  { mayBeStale: true },
);

export const pageFollowing = readStatement<ListParams, ListRow>(
  'follows_page_following',
  `SELECT followee_id AS user_id, follow_id AS entry_id FROM follows
   WHERE follower_id = $1 AND follow_id < $3
     AND (SELECT user_id FROM hidden_users WHERE user_id = followee_id) IS NULL
     AND (SELECT user_id FROM blocks WHERE user_id = $2 AND blocked_id = followee_id) IS NULL
     AND (SELECT user_id FROM blocks WHERE user_id = followee_id AND blocked_id = $2) IS NULL
   ORDER BY follow_id DESC LIMIT $4`,
  { mayBeStale: true },
);

export const pageMutes = readStatement<[userId: Id, before: Id, limit: number], ListRow>(
  'mutes_page',
  `SELECT muted_id AS user_id, mute_id AS entry_id FROM mutes
   WHERE user_id = $1 AND mute_id < $2
     AND (SELECT hidden.user_id FROM hidden_users AS hidden WHERE hidden.user_id = muted_id) IS NULL
   ORDER BY mute_id DESC LIMIT $3`,
  { mayBeStale: true },
);

export const pageBlocks = readStatement<[userId: Id, before: Id, limit: number], ListRow>(
  'blocks_page',
  `SELECT blocked_id AS user_id, block_id AS entry_id FROM blocks
   WHERE user_id = $1 AND block_id < $2
     AND (SELECT hidden.user_id FROM hidden_users AS hidden WHERE hidden.user_id = blocked_id) IS NULL
   ORDER BY block_id DESC LIMIT $3`,
  { mayBeStale: true },
);
