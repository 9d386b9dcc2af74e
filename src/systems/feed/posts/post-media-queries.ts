import type { Id } from '../../../core/ids.ts';
import { writeStatement } from '../../../ports/sql-store/sql-store.ts';
import { POST_COLUMNS, type PostRow } from './posts-queries.ts';

/** Those of the posts that are there, locked until the end of the transaction, in the order of their ids. */
export const lockPosts = writeStatement<[postIds: readonly Id[]], PostRow>(
  'posts_lock',
  `SELECT ${POST_COLUMNS} FROM posts AS post
   WHERE post.post_id = ANY ($1::bigint[]) AND post.deleted_at IS NULL ORDER BY post.post_id FOR NO KEY UPDATE`,
);

export const setPostMedia = writeStatement<[postIds: readonly Id[], media: readonly string[]]>(
  'posts_set_media',
  `UPDATE posts SET media = given.media::json FROM unnest($1::bigint[], $2::text[]) AS given (post_id, media)
   WHERE posts.post_id = given.post_id`,
);
