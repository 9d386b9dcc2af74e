/** The tables `post_counts` and `post_count_deltas`: only their sum, in one statement, is a count. */
import type { Id } from '../../../core/ids.ts';
import { readStatement, writeStatement } from '../../../ports/sql-store/sql-store.ts';

export interface PostCountsRow {
  readonly post_id: Id;
  readonly like_count: number;
  readonly repost_count: number;
  readonly reply_count: number;
}

export interface PostReactionsRow extends PostCountsRow {
  readonly liked: boolean;
  readonly reposted: boolean;
  readonly bookmarked: boolean;
}

/** The columns of PostCountsRow but the id, taken from `reactionSources`. */
export const COUNT_COLUMNS = `coalesce(base.like_count, 0) + coalesce(delta.likes, 0) AS like_count,
     coalesce(base.repost_count, 0) + coalesce(delta.reposts, 0) AS repost_count,
     coalesce(base.reply_count, 0) + coalesce(delta.replies, 0) AS reply_count`;

/** The columns of PostReactionsRow but the id, for the post whose id and viewer the two SQL expressions are. */
export function reactionColumns(viewer: string, post: string): string {
  return `${COUNT_COLUMNS},
     EXISTS (SELECT 1 FROM likes WHERE likes.user_id = ${viewer} AND likes.post_id = ${post}) AS liked,
     EXISTS (SELECT 1 FROM reposts WHERE reposts.user_id = ${viewer} AND reposts.post_id = ${post}) AS reposted,
     EXISTS (SELECT 1 FROM bookmarks
       WHERE bookmarks.user_id = ${viewer} AND bookmarks.post_id = ${post}) AS bookmarked`;
}

/**
 * What the columns above are taken from.
 *
 * NOTE: LATERAL with LIMIT: joined, a plan made while few posts had counts would go on reading all of them.
 */
export function reactionSources(post: string): string {
  return `LEFT JOIN LATERAL (
     SELECT like_count, repost_count, reply_count FROM post_counts
     WHERE post_counts.post_id = ${post} LIMIT 1) AS base ON true
   LEFT JOIN LATERAL (
     SELECT sum(like_delta) AS likes, sum(repost_delta) AS reposts, sum(reply_delta) AS replies
     FROM post_count_deltas WHERE post_count_deltas.post_id = ${post}) AS delta ON true`;
}

/** One row for each post asked for, also where nobody reacted; of one moment. */
export const getPostReactions = readStatement<
  [viewerId: Id | null, postIds: readonly Id[]],
  PostReactionsRow
>(
  'post_reactions_get',
  `SELECT wanted.post_id, ${reactionColumns('$1::bigint', 'wanted.post_id')}
   FROM unnest($2::bigint[]) AS wanted (post_id)
   ${reactionSources('wanted.post_id')}`,
);

/**
 * Moves up to `limit` deltas into the counts, the oldest first; those that another worker is moving are left to
 * it. Rows of `post_counts` are locked in the order of their ids, so that two workers never wait in a circle.
 * A deleted post has no counts.
 */
export const foldPostCounts = writeStatement<[limit: number], { folded: number }>(
  'post_counts_fold',
  `WITH picked AS MATERIALIZED (
     SELECT delta_id FROM post_count_deltas ORDER BY delta_id LIMIT $1 FOR UPDATE SKIP LOCKED),
   removed AS (
     DELETE FROM post_count_deltas AS delta USING picked WHERE delta.delta_id = picked.delta_id
     RETURNING delta.post_id, delta.shard, delta.like_delta, delta.repost_delta, delta.reply_delta),
   added AS (
     INSERT INTO post_counts AS counts (post_id, shard, like_count, repost_count, reply_count)
     SELECT removed.post_id, min(removed.shard), sum(like_delta), sum(repost_delta), sum(reply_delta)
     FROM removed JOIN posts ON posts.post_id = removed.post_id AND posts.deleted_at IS NULL
     GROUP BY removed.post_id ORDER BY removed.post_id
     ON CONFLICT (post_id) DO UPDATE SET
       like_count = counts.like_count + excluded.like_count,
       repost_count = counts.repost_count + excluded.repost_count,
       reply_count = counts.reply_count + excluded.reply_count)
   SELECT count(*)::int AS folded FROM removed`,
);
