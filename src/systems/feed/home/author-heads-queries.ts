import type { Id } from '../../../core/ids.ts';
import { readStatement } from '../../../ports/sql-store/sql-store.ts';
import { type IdListColumn, idList } from './id-list-queries.ts';

export interface AuthorHeadRow {
  readonly author_id: Id;
  /** Of posts and reposts; null for none. */
  readonly entry_ids: IdListColumn;
}

/**
 * One row for each author: the newest posts of every visibility, and reposts.
 *
 * NOTE: a head is kept by the events heard since it was loaded, so this must not be answered by a replica that is behind.
 */
export const getAuthorHeads = readStatement<[authorIds: readonly Id[], limit: number], AuthorHeadRow>(
  'author_heads_get',
  `SELECT wanted.author_id, head.entry_ids
   FROM unnest($1::bigint[]) AS wanted (author_id) CROSS JOIN LATERAL (
     SELECT ${idList('entry_id')} AS entry_ids FROM (
       (SELECT post.post_id AS entry_id FROM posts AS post
        WHERE post.author_id = wanted.author_id AND post.deleted_at IS NULL
        ORDER BY post.post_id DESC LIMIT $2)
       UNION ALL
       (SELECT repost.repost_id FROM reposts AS repost WHERE repost.user_id = wanted.author_id
        ORDER BY repost.repost_id DESC LIMIT $2)
       ORDER BY entry_id DESC LIMIT $2) AS newest) AS head`,
);
