/** What cached home timelines are built from, and what memory cannot decide. */
import type { Id } from '../../../core/ids.ts';
import { readStatement } from '../../../ports/sql-store/sql-store.ts';
import { notMuted, userVisible } from '../posts/visibility-queries.ts';
import { REPOST_WINDOW_IDS } from '../timelines/repost-window.ts';
import { FOLLOWS_STAMP, type IdListColumn, idList } from './id-list-queries.ts';

export interface NewestEntriesRow {
  readonly reader_id: Id;
  /** Newest first; null for none. */
  readonly entry_ids: IdListColumn;
  /** Of whom they follow. */
  readonly follows_stamp: number;
}

/**
 * One row for each reader: the newest entries of theirs and of all whom they follow. Facts only (docs/decisions/0010), so
 * muted, blocked and suspended users are among them and direct posts too. Only those sources are read whose newest entry is
 * among the newest.
 *
 * NOTE: what is delivered since `begin` is added to it, so this must not be answered by a replica that is behind.
 */
export const newestEntries = readStatement<[readerIds: readonly Id[], limit: number], NewestEntriesRow>(
  'home_newest_entries',
  `SELECT reader.user_id AS reader_id, timeline.entry_ids,
     (SELECT ${FOLLOWS_STAMP} FROM follows WHERE follower_id = reader.user_id) AS follows_stamp
   FROM unnest($1::bigint[]) AS reader (user_id) CROSS JOIN LATERAL (
     WITH source AS MATERIALIZED (
       SELECT reader.user_id
       UNION ALL
       SELECT followee_id FROM follows WHERE follower_id = reader.user_id),
     posting AS MATERIALIZED (
       SELECT source.user_id FROM source CROSS JOIN LATERAL (
         SELECT post.post_id FROM posts AS post
         WHERE post.author_id = source.user_id AND post.deleted_at IS NULL
         ORDER BY post.post_id DESC LIMIT 1) AS newest
       ORDER BY newest.post_id DESC LIMIT $2),
     passing_on AS MATERIALIZED (
       SELECT source.user_id FROM source CROSS JOIN LATERAL (
         SELECT repost.repost_id FROM reposts AS repost
         WHERE repost.user_id = source.user_id
         ORDER BY repost.repost_id DESC LIMIT 1) AS newest
       ORDER BY newest.repost_id DESC LIMIT $2),
     entry AS (
       (SELECT newest.post_id AS entry_id FROM posting CROSS JOIN LATERAL (
         SELECT post.post_id FROM posts AS post
         WHERE post.author_id = posting.user_id AND post.deleted_at IS NULL
         ORDER BY post.post_id DESC LIMIT $2) AS newest
        ORDER BY newest.post_id DESC LIMIT $2)
       UNION ALL
       (SELECT newest.repost_id FROM passing_on CROSS JOIN LATERAL (
         SELECT repost.repost_id FROM reposts AS repost
         WHERE repost.user_id = passing_on.user_id
         ORDER BY repost.repost_id DESC LIMIT $2) AS newest
        ORDER BY newest.repost_id DESC LIMIT $2)
       ORDER BY entry_id DESC LIMIT $2)
     SELECT ${idList('entry_id', 'entry_id DESC')} AS entry_ids FROM entry) AS timeline`,
);

/** Those of the reposts before which, within 24 hours, someone reposted the same post whom the reader follows and hears. */
export const repeatedReposts = readStatement<
  [readerId: Id, repostIds: readonly Id[]],
  { readonly repost_id: Id }
>(
  'home_repeated_reposts',
  `SELECT repost.repost_id
   FROM unnest($2::bigint[]) AS asked (repost_id)
   CROSS JOIN LATERAL (
     SELECT repost_id, post_id FROM reposts WHERE reposts.repost_id = asked.repost_id LIMIT 1) AS repost
   WHERE EXISTS (
     SELECT 1 FROM reposts AS other
     WHERE other.post_id = repost.post_id
       AND other.repost_id < repost.repost_id
       AND other.repost_id >= repost.repost_id - ${REPOST_WINDOW_IDS}
       AND (other.user_id = $1
         OR ((SELECT follow.follow_id FROM follows AS follow
              WHERE follow.follower_id = $1 AND follow.followee_id = other.user_id) IS NOT NULL
           AND ${userVisible('$1::bigint', 'other.user_id')} AND ${notMuted('$1::bigint', 'other.user_id')})))`,
);
