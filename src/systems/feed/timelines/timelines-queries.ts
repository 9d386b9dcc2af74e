/**
 * Timelines as plain SQL. `pageFeed` is the reference: whatever else answers a feed must answer the same.
 *
 * An entry is a post, under its own id, or a repost, under the repost's.
 */
import type { Id } from '../../../core/ids.ts';
import { readStatement } from '../../../ports/sql-store/sql-store.ts';
import { notMuted, postVisible, userVisible } from '../posts/visibility-queries.ts';
import { REPOST_WINDOW_IDS } from './repost-window.ts';

export interface EntryRow {
  readonly entry_id: Id;
  readonly post_id: Id;
  /** Who reposted it; null for the post itself. */
  readonly reposter_id: Id | null;
}

/**
 * The home timeline, newest first: posts and reposts of the reader and of those the reader follows, replies
 * included, direct posts never. A follow counts unless the reader has muted the user or a block parts the two;
 * a repost, unless so it is with the post's author. Entries that pass are eligible; of these a repost is left out
 * when another eligible entry of its post lies within the 24 hours before it. (That entry may itself be left out:
 * the rule looks at two entries at a time, so it does not matter where a page begins.)
 *
 * A reader may follow thousands, of whom a page needs a few. So only those sources whose newest post is among the
 * newest are read for posts, and nobody's reposts further back than the last of the posts that fill the page.
 */
export const pageFeed = readStatement<[readerId: Id, before: Id, limit: number], EntryRow>(
  'feed_page',
  `WITH source AS MATERIALIZED (
     SELECT $1::bigint AS user_id
     UNION ALL
     SELECT followee_id FROM follows
     WHERE follower_id = $1
       AND ${userVisible('$1::bigint', 'followee_id')} AND ${notMuted('$1::bigint', 'followee_id')}),
   newest_source AS MATERIALIZED (
     SELECT source.user_id FROM source CROSS JOIN LATERAL (
       SELECT post.post_id FROM posts AS post
       WHERE post.author_id = source.user_id AND post.post_id < $2
         AND post.deleted_at IS NULL AND post.visibility <> 'direct'
       ORDER BY post.post_id DESC LIMIT 1) AS newest
     ORDER BY newest.post_id DESC LIMIT $3),
   original AS MATERIALIZED (
     SELECT entry.post_id FROM newest_source CROSS JOIN LATERAL (
       SELECT post.post_id FROM posts AS post
       WHERE post.author_id = newest_source.user_id AND post.post_id < $2
         AND post.deleted_at IS NULL AND post.visibility <> 'direct'
       ORDER BY post.post_id DESC LIMIT $3) AS entry
     ORDER BY entry.post_id DESC LIMIT $3),
   page_end AS MATERIALIZED (
     SELECT CASE WHEN count(*) < $3 THEN 0 ELSE min(post_id) END AS post_id FROM original),
   passed_on AS (
     SELECT entry.* FROM source CROSS JOIN LATERAL (
       SELECT repost.repost_id, repost.post_id, repost.user_id
       FROM reposts AS repost JOIN posts AS post ON post.post_id = repost.post_id
       WHERE repost.user_id = source.user_id
         AND repost.repost_id < $2 AND repost.repost_id > (SELECT post_id FROM page_end)
         AND ${postVisible('$1::bigint')} AND ${notMuted('$1::bigint', 'post.author_id')}
         AND NOT (
           post.post_id >= repost.repost_id - ${REPOST_WINDOW_IDS}
           AND post.author_id IN (SELECT user_id FROM source))
         AND NOT EXISTS (
           SELECT 1 FROM reposts AS other
           WHERE other.post_id = repost.post_id
             AND other.repost_id < repost.repost_id
             AND other.repost_id >= repost.repost_id - ${REPOST_WINDOW_IDS}
             AND other.user_id IN (SELECT user_id FROM source))
       ORDER BY repost.repost_id DESC LIMIT $3) AS entry)
   SELECT post_id AS entry_id, post_id, NULL::bigint AS reposter_id FROM original
   UNION ALL
   SELECT repost_id, post_id, user_id FROM passed_on
   ORDER BY entry_id DESC LIMIT $3`,
  { outlivesPrimary: true },
);

/**
 * What a user posted and reposted, newest first. Their own posts also when the viewer has muted them, because the
 * viewer asked for them by name; not what they reposted of others whom the viewer has muted.
 */
export const pageUserPosts = readStatement<
  [viewerId: Id | null, userId: Id, before: Id, limit: number, replies: boolean],
  EntryRow
>(
  'user_posts_page',
  `SELECT entry.entry_id, entry.post_id, entry.reposter_id FROM (
     (SELECT post.post_id AS entry_id, post.post_id, NULL::bigint AS reposter_id
      FROM posts AS post
      WHERE post.author_id = $2 AND post.post_id < $3 AND ($5 OR post.reply_to_id IS NULL)
        AND ${postVisible('$1::bigint')}
      ORDER BY post.post_id DESC LIMIT $4)
     UNION ALL
     (SELECT repost.repost_id, repost.post_id, repost.user_id
      FROM reposts AS repost JOIN posts AS post ON post.post_id = repost.post_id
      WHERE repost.user_id = $2 AND repost.repost_id < $3
        AND ${userVisible('$1::bigint', 'repost.user_id')}
        AND ${postVisible('$1::bigint')}
        AND (post.author_id = $2 OR ${notMuted('$1::bigint', 'post.author_id')})
      ORDER BY repost.repost_id DESC LIMIT $4)) AS entry
   ORDER BY entry.entry_id DESC LIMIT $4`,
  { mayBeStale: true },
);

/** Public posts with the tag, newest first, without those of users whom the viewer has muted. */
export const pageTagPosts = readStatement<
  [viewerId: Id | null, tag: string, before: Id, limit: number],
  EntryRow
>(
  'tag_posts_page',
  `SELECT tagged.post_id AS entry_id, tagged.post_id, NULL::bigint AS reposter_id
   FROM post_tags AS tagged JOIN posts AS post ON post.post_id = tagged.post_id
   WHERE tagged.tag = $2 AND tagged.post_id < $3
     AND ${postVisible('$1::bigint')} AND ${notMuted('$1::bigint', 'tagged.author_id')}
   ORDER BY tagged.post_id DESC LIMIT $4`,
  { mayBeStale: true },
);
