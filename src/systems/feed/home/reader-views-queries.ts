/**
 * What a reader's view is loaded from.
 *
 * NOTE: a view is kept by the events heard since it was loaded, so these must not be answered by a replica that is behind.
 */
import type { Id } from '../../../core/ids.ts';
import { readStatement } from '../../../ports/sql-store/sql-store.ts';
import { FOLLOWS_STAMP, type IdListColumn, idList } from './id-list-queries.ts';

export interface ReaderViewRow {
  readonly followee_ids: IdListColumn;
  readonly follows_stamp: number;
  readonly muted_ids: IdListColumn;
  /** Of a block either way. */
  readonly parted_ids: IdListColumn;
  readonly liked_ids: IdListColumn;
  readonly reposted_ids: IdListColumn;
  readonly bookmarked_ids: IdListColumn;
}

/** All of one reader in one row; of likes, reposts and bookmarks those of the newest posts, `limit` of each. */
export const getReaderView = readStatement<[readerId: Id, limit: number], ReaderViewRow>(
  'reader_views_get',
  `SELECT following.followee_ids, following.follows_stamp,
     (SELECT ${idList('muted_id')} FROM mutes WHERE user_id = $1) AS muted_ids,
     (SELECT ${idList('other_id')} FROM (
        SELECT blocked_id AS other_id FROM blocks WHERE user_id = $1
        UNION SELECT user_id FROM blocks WHERE blocked_id = $1) AS parted) AS parted_ids,
     (SELECT ${idList('post_id')} FROM (
        SELECT post_id FROM likes WHERE user_id = $1 ORDER BY post_id DESC LIMIT $2) AS newest) AS liked_ids,
     (SELECT ${idList('post_id')} FROM (
        SELECT post_id FROM reposts WHERE user_id = $1 ORDER BY post_id DESC LIMIT $2) AS newest)
       AS reposted_ids,
     (SELECT ${idList('post_id')} FROM (
        SELECT post_id FROM bookmarks WHERE user_id = $1 ORDER BY post_id DESC LIMIT $2) AS newest)
       AS bookmarked_ids
   FROM (
     SELECT ${idList('followee_id')} AS followee_ids, ${FOLLOWS_STAMP} AS follows_stamp
     FROM follows WHERE follower_id = $1) AS following`,
);

export interface ViewerFlagsRow {
  readonly post_id: Id;
  readonly liked: boolean;
  readonly reposted: boolean;
  readonly bookmarked: boolean;
}

/** One row for each post. */
export const getViewerFlags = readStatement<[readerId: Id, postIds: readonly Id[]], ViewerFlagsRow>(
  'reader_views_get_flags',
  `SELECT wanted.post_id,
     EXISTS (SELECT 1 FROM likes WHERE user_id = $1 AND likes.post_id = wanted.post_id) AS liked,
     EXISTS (SELECT 1 FROM reposts WHERE user_id = $1 AND reposts.post_id = wanted.post_id) AS reposted,
     EXISTS (SELECT 1 FROM bookmarks WHERE user_id = $1 AND bookmarks.post_id = wanted.post_id) AS bookmarked
   FROM unnest($2::bigint[]) AS wanted (post_id)`,
);
