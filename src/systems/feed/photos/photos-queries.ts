/** Posts with pictures, newest first. */
import type { Id } from '../../../core/ids.ts';
import { readStatement } from '../../../ports/sql-store/sql-store.ts';
import { notMuted, postVisible, userVisible } from '../posts/visibility-queries.ts';

interface PhotoIdRow {
  readonly post_id: Id;
}

const withPictures = (author: string): string => `FROM posts AS post
       WHERE post.author_id = ${author} AND post.post_id < $2 AND post.deleted_at IS NULL AND post.media_ids <> '{}'`;

/**
 * Of the reader and of those the reader follows, as in the home timeline, without reposts. Only those are read whose newest
 * is among the newest.
 */
export const pagePhotoFeed = readStatement<[readerId: Id, before: Id, limit: number], PhotoIdRow>(
  'photos_feed_page',
  `WITH source AS MATERIALIZED (
     SELECT $1::bigint AS user_id
     UNION ALL
     SELECT followee_id FROM follows
     WHERE follower_id = $1
       AND ${userVisible('$1::bigint', 'followee_id')} AND ${notMuted('$1::bigint', 'followee_id')}),
   newest_source AS MATERIALIZED (
     SELECT source.user_id FROM source CROSS JOIN LATERAL (
       SELECT post.post_id ${withPictures('source.user_id')} AND post.visibility <> 'direct'
       ORDER BY post.post_id DESC LIMIT 1) AS newest
     ORDER BY newest.post_id DESC LIMIT $3)
   SELECT entry.post_id FROM newest_source CROSS JOIN LATERAL (
     SELECT post.post_id ${withPictures('newest_source.user_id')} AND post.visibility <> 'direct'
     ORDER BY post.post_id DESC LIMIT $3) AS entry
   ORDER BY entry.post_id DESC LIMIT $3`,
  { mayBeStale: true },
);

/** Of one user, as far as the viewer may see them. */
export const pageUserPhotos = readStatement<
  [userId: Id, before: Id, limit: number, viewerId: Id | null],
  PhotoIdRow
>(
  'photos_user_page',
  `SELECT post.post_id ${withPictures('$1')} AND ${postVisible('$4::bigint')}
   ORDER BY post.post_id DESC LIMIT $3`,
  { mayBeStale: true },
);
