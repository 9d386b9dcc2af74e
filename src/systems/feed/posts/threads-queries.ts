/** What a post answers, and what answers it. */
import type { Id } from '../../../core/ids.ts';
import { readStatement } from '../../../ports/sql-store/sql-store.ts';
import { notMuted, postVisible } from './visibility-queries.ts';

interface PostIdRow {
  readonly post_id: Id;
}

/**
 * From the post up to the root, `limit` of them at most, in that order: the chain goes on through those that the
 * viewer may not or does not want to see, which are left out.
 */
export const getAncestors = readStatement<[viewerId: Id | null, postId: Id, limit: number], PostIdRow>(
  'threads_get_ancestors',
  `WITH RECURSIVE ancestor AS (
     SELECT parent.*, 1 AS depth FROM posts AS focus JOIN posts AS parent ON parent.post_id = focus.reply_to_id
     WHERE focus.post_id = $2
     UNION ALL
     SELECT parent.*, ancestor.depth + 1 FROM ancestor JOIN posts AS parent ON parent.post_id = ancestor.reply_to_id
     WHERE ancestor.depth < $3)
   SELECT post.post_id FROM ancestor AS post
   WHERE ${postVisible('$1::bigint')} AND ${notMuted('$1::bigint', 'post.author_id')}
   ORDER BY post.depth`,
  { mayBeStale: true },
);

type DescendantsParams = [viewerId: Id | null, postId: Id, after: Id, limit: number];

/** Answers to the root of a thread, and to these, the oldest first. */
export const pageThread = readStatement<DescendantsParams, PostIdRow>(
  'threads_page_thread',
  `SELECT post.post_id FROM posts AS post
   WHERE post.thread_id = $2 AND post.reply_to_id IS NOT NULL AND post.post_id > $3
     AND ${postVisible('$1::bigint')} AND ${notMuted('$1::bigint', 'post.author_id')}
   ORDER BY post.post_id LIMIT $4`,
  { mayBeStale: true },
);

/**
 * As `pageThread`, below any post, among the `scanMax` answers that are nearest to it.
 *
 * NOTE: OFFSET 0 keeps the planner from a hash join, which would read all posts once for every level.
 */
export const pageDescendants = readStatement<[...DescendantsParams, scanMax: number], PostIdRow>(
  'threads_page_descendants',
  `WITH RECURSIVE descendant AS (
     SELECT post_id FROM posts WHERE reply_to_id = $2
     UNION ALL
     SELECT answer.post_id FROM descendant CROSS JOIN LATERAL (
       SELECT posts.post_id FROM posts WHERE posts.reply_to_id = descendant.post_id OFFSET 0) AS answer),
   nearest AS MATERIALIZED (SELECT post_id FROM descendant LIMIT $5)
   SELECT post.post_id FROM nearest JOIN posts AS post ON post.post_id = nearest.post_id
   WHERE post.post_id > $3
     AND ${postVisible('$1::bigint')} AND ${notMuted('$1::bigint', 'post.author_id')}
   ORDER BY post.post_id LIMIT $4`,
  { mayBeStale: true },
);
