/** All posts, from the oldest to the newest: for copies of them that are made anew. */
import type { Id } from '../../../core/ids.ts';
import { readStatement } from '../../../ports/sql-store/sql-store.ts';
import { POST_COLUMNS, type PostRow } from './posts-queries.ts';

export const pagePostsInOrder = readStatement<[after: Id, limit: number], PostRow>(
  'posts_page_in_order',
  `SELECT ${POST_COLUMNS} FROM posts AS post
   WHERE post.post_id > $1 AND post.deleted_at IS NULL ORDER BY post.post_id LIMIT $2`,
);
