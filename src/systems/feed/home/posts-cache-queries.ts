/**
 * What the cache of posts is filled from. Facts only: whatever the viewer, and whoever is suspended.
 *
 * NOTE: what is kept is kept up by the events heard since, so none of this must be answered by a replica that is behind.
 */
import type { Id } from '../../../core/ids.ts';
import { readStatement } from '../../../ports/sql-store/sql-store.ts';
import { COUNT_COLUMNS, type PostCountsRow, reactionSources } from '../posts/post-reactions-queries.ts';
import { POST_COLUMNS, type PostRow } from '../posts/posts-queries.ts';
import { type IdListColumn, idList } from './id-list-queries.ts';

export interface CachedEntryRow extends PostRow, PostCountsRow {
  readonly entry_id: Id;
  /** Null for a post under its own id. */
  readonly reposter_id: Id | null;
}

/** The posts that the ids stand for or bring; no row for an id whose post or repost is gone. */
export const getEntries = readStatement<[entryIds: readonly Id[]], CachedEntryRow>(
  'posts_cache_get_entries',
  `SELECT wanted.entry_id, repost.user_id AS reposter_id, ${POST_COLUMNS}, ${COUNT_COLUMNS}
   FROM unnest($1::bigint[]) AS wanted (entry_id)
   LEFT JOIN LATERAL (
     SELECT user_id, post_id FROM reposts WHERE repost_id = wanted.entry_id LIMIT 1) AS repost ON true
   JOIN LATERAL (
     SELECT * FROM posts
     WHERE posts.post_id = coalesce(repost.post_id, wanted.entry_id) AND posts.deleted_at IS NULL
     LIMIT 1) AS post ON true
   ${reactionSources('post.post_id')}`,
);

/** One row for each post asked for; of one moment. */
export const getPostCounts = readStatement<[postIds: readonly Id[]], PostCountsRow>(
  'posts_cache_get_counts',
  `SELECT wanted.post_id, ${COUNT_COLUMNS}
   FROM unnest($1::bigint[]) AS wanted (post_id) ${reactionSources('wanted.post_id')}`,
);

export interface RepostsRow {
  readonly post_id: Id;
  /** Ascending. */
  readonly repost_ids: IdListColumn;
  /** In the same order. */
  readonly user_ids: IdListColumn;
}

/**
 * The newest reposts of each post that has any.
 *
 * NOTE: rows are compared, and ordered by the post too, because then no index but that of a post's reposts will do: with
 * post_id = … a plan made while there were few would go through all reposts, the newest first.
 */
export const getReposts = readStatement<[postIds: readonly Id[], limit: number], RepostsRow>(
  'posts_cache_get_reposts',
  `SELECT wanted.post_id, ${idList('repost.repost_id')} AS repost_ids,
     ${idList('repost.user_id', 'repost.repost_id')} AS user_ids
   FROM unnest($1::bigint[]) AS wanted (post_id) CROSS JOIN LATERAL (
     SELECT repost_id, user_id FROM reposts
     WHERE (reposts.post_id, reposts.repost_id) >= (wanted.post_id, 0)
       AND (reposts.post_id, reposts.repost_id) < (wanted.post_id + 1, 0)
     ORDER BY reposts.post_id DESC, reposts.repost_id DESC LIMIT $2) AS repost
   GROUP BY wanted.post_id`,
);
