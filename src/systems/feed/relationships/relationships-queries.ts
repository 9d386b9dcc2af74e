/** What two users are to each other, and the locks under which that changes. */
import type { Id } from '../../../core/ids.ts';
import { readStatement, writeStatement } from '../../../ports/sql-store/sql-store.ts';
import type { UserCountsRow } from './user-counts-queries.ts';

/**
 * Waits until no other transaction changes anything between the two users, in either direction, and keeps others
 * waiting until the end of this one. A statement of its own: the next one then sees what the others committed.
 * 0x70616972 is "pair" in ASCII: it keeps these locks apart from other advisory locks.
 */
export const lockPair = writeStatement<[oneId: Id, otherId: Id]>(
  'relationships_lock_pair',
  `SELECT pg_advisory_xact_lock(
     hashtextextended(least($1::bigint, $2::bigint) || ' ' || greatest($1::bigint, $2::bigint), x'70616972'::int))`,
);

/**
 * The same for everything that the user begins to follow, so that two requests at once cannot pass the limit.
 * Always taken before the lock of a pair. 0x666f6c6c is "foll".
 */
export const lockFollower = writeStatement<[followerId: Id]>(
  'relationships_lock_follower',
  `SELECT pg_advisory_xact_lock(hashtextextended($1::bigint::text, x'666f6c6c'::int))`,
);

export interface RelationshipRow {
  readonly user_id: Id;
  readonly following: boolean;
  readonly followed_by: boolean;
  readonly requested: boolean;
  readonly requested_by: boolean;
  readonly muting: boolean;
  readonly blocking: boolean;
  readonly blocked_by: boolean;
}

/**
 * How the viewer $1 stands to the user `id`.
 *
 * NOTE: scalar subqueries, not EXISTS or joins: those the planner may turn into a hash of all followers of the
 * viewer, who may have a million. And each selects a column of the primary key, so that it is one look-up there:
 * for `follow_id` the planner reads all followers in the index that carries it.
 */
const RELATIONSHIP = `id AS user_id,
     (SELECT follower_id FROM follows WHERE follower_id = $1 AND followee_id = id) IS NOT NULL AS following,
     (SELECT follower_id FROM follows WHERE follower_id = id AND followee_id = $1) IS NOT NULL AS followed_by,
     (SELECT target_id FROM follow_requests WHERE requester_id = $1 AND target_id = id) IS NOT NULL
       AS requested,
     (SELECT target_id FROM follow_requests WHERE requester_id = id AND target_id = $1) IS NOT NULL
       AS requested_by,
     (SELECT user_id FROM mutes WHERE user_id = $1 AND muted_id = id) IS NOT NULL AS muting,
     (SELECT user_id FROM blocks WHERE user_id = $1 AND blocked_id = id) IS NOT NULL AS blocking,
     (SELECT user_id FROM blocks WHERE user_id = id AND blocked_id = $1) IS NOT NULL AS blocked_by`;

export const getRelationships = readStatement<[viewerId: Id, userIds: readonly Id[]], RelationshipRow>(
  'relationships_get',
  `SELECT ${RELATIONSHIP} FROM unnest($2::bigint[]) AS id`,
);

export type StandingRow = RelationshipRow & UserCountsRow;

/** The same with the counts of each, so that whoever looks at users asks once. */
export const getStandings = readStatement<[viewerId: Id, userIds: readonly Id[]], StandingRow>(
  'standings_get',
  `SELECT ${RELATIONSHIP}, counts.follower_count, counts.following_count, counts.post_count
   FROM unnest($2::bigint[]) AS id, LATERAL (
     SELECT coalesce(sum(followers), 0)::bigint AS follower_count, coalesce(sum(following), 0)::bigint AS following_count,
       coalesce(sum(posts), 0)::bigint AS post_count
     FROM (
       SELECT follower_count, following_count, post_count FROM user_counts WHERE user_counts.user_id = id
       UNION ALL
       SELECT follower_delta, following_delta, post_delta FROM user_count_deltas AS delta WHERE delta.user_id = id
     ) AS parts (followers, following, posts)
   ) AS counts`,
);

export interface TieRow {
  readonly following: boolean;
  readonly muting: boolean;
  /** By either of the two. */
  readonly blocked: boolean;
}

/** For pairs of a viewer and another, in their order; written as the statement above, for the same reasons. */
export const getTies = readStatement<[viewerIds: readonly Id[], userIds: readonly Id[]], TieRow>(
  'relationships_get_ties',
  `SELECT
     (SELECT follower_id FROM follows WHERE follower_id = viewer_id AND followee_id = other_id) IS NOT NULL
       AS following,
     (SELECT user_id FROM mutes WHERE user_id = viewer_id AND muted_id = other_id) IS NOT NULL AS muting,
     (SELECT user_id FROM blocks WHERE user_id = viewer_id AND blocked_id = other_id) IS NOT NULL
       OR (SELECT user_id FROM blocks WHERE user_id = other_id AND blocked_id = viewer_id) IS NOT NULL AS blocked
   FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY AS pair (viewer_id, other_id, place) ORDER BY place`,
);
