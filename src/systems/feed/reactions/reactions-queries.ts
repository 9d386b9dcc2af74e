/**
 * Likes, reposts and bookmarks. A statement takes any number of them, each of a pair of user and post that is there
 * once: the n-th element of each array is of the n-th. It answers a row for each post that the user may see, changes
 * nothing that is so already, and locks nothing of the posts; however many like a post, its count gets one delta.
 */
import type { Id } from '../../../core/ids.ts';
import { readStatement, writeStatement } from '../../../ports/sql-store/sql-store.ts';
import type { Visibility } from '../posts/post.ts';
import { notMuted, postVisible, userVisible } from '../posts/visibility-queries.ts';

export interface ReactionRow {
  /** In the arrays, from 1. */
  readonly position: number;
  readonly author_id: Id;
  readonly visibility: Visibility;
  /** Of the like, repost or bookmark that was added or removed; null when nothing changed. */
  readonly reaction_id: Id | null;
}

type AddParams = [
  userIds: readonly Id[],
  postIds: readonly Id[],
  reactionIds: readonly Id[],
  shards: readonly number[],
];
type RemoveParams = [userIds: readonly Id[], postIds: readonly Id[]];

/** The posts are looked up one by one (LATERAL with LIMIT), as the parents of new posts are: post-writer-queries.ts. */
const targetOf = (given: string): string => `target AS MATERIALIZED (
     SELECT given.*, post.author_id, post.shard, post.visibility
     FROM ${given}, LATERAL (
       SELECT post.author_id, post.shard, post.visibility FROM posts AS post
       WHERE post.post_id = given.post_id AND ${postVisible('given.user_id')} LIMIT 1) AS post)`;

const TO_ADD = targetOf(
  `unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::smallint[])
       WITH ORDINALITY AS given (user_id, post_id, reaction_id, user_shard, position)`,
);
const TO_REMOVE = targetOf(
  `unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY AS given (user_id, post_id, position)`,
);

const ANSWER = `SELECT target.position, target.author_id, target.visibility, changed.reaction_id
   FROM target LEFT JOIN changed ON changed.user_id = target.user_id AND changed.post_id = target.post_id`;

const countedAs = (column: string, count: string): string => `
   counted AS (
     INSERT INTO post_count_deltas (post_id, shard, ${column})
     SELECT target.post_id, target.shard, ${count}
     FROM target JOIN changed ON changed.user_id = target.user_id AND changed.post_id = target.post_id
     GROUP BY target.post_id, target.shard)`;

/** `insert` is in the order of the rows' keys, so that two statements never wait for each other in a circle. */
function addStatement(name: string, insert: string, counted?: string) {
  return writeStatement<AddParams, ReactionRow>(
    name,
    `WITH ${TO_ADD},
   changed AS (
     ${insert})${counted === undefined ? '' : `,${countedAs(counted, 'count(*)')}`}
   ${ANSWER}`,
  );
}

/** By where the rows lie, which is found one by one as well, and is an order too. */
function removeStatement(name: string, table: string, idColumn: string, counted?: string) {
  return writeStatement<RemoveParams, ReactionRow>(
    name,
    `WITH ${TO_REMOVE},
   changed AS (
     DELETE FROM ${table} WHERE ctid = ANY (ARRAY (
       SELECT found.ctid FROM target, LATERAL (
         SELECT known.ctid FROM ${table} AS known
         WHERE known.user_id = target.user_id AND known.post_id = target.post_id LIMIT 1) AS found))
     RETURNING user_id, post_id, ${idColumn} AS reaction_id)${
       counted === undefined ? '' : `,${countedAs(counted, '-count(*)')}`
     }
   ${ANSWER}`,
  );
}

export const addLikes = addStatement(
  'likes_add',
  `INSERT INTO likes (user_id, post_id, like_id, shard)
     SELECT user_id, post_id, reaction_id, user_shard FROM target ORDER BY user_id, post_id
     ON CONFLICT (user_id, post_id) DO NOTHING RETURNING user_id, post_id, like_id AS reaction_id`,
  'like_delta',
);

export const removeLikes = removeStatement('likes_remove', 'likes', 'like_id', 'like_delta');

/** Of a post that may not be reposted nothing is added. */
export const addReposts = addStatement(
  'reposts_add',
  `INSERT INTO reposts (repost_id, user_id, post_id, author_id, shard)
     SELECT reaction_id, user_id, post_id, author_id, user_shard FROM target
     WHERE visibility IN ('public', 'unlisted') ORDER BY user_id, post_id
     ON CONFLICT (user_id, post_id) DO NOTHING RETURNING user_id, post_id, repost_id AS reaction_id`,
  'repost_delta',
);

export const removeReposts = removeStatement('reposts_remove', 'reposts', 'repost_id', 'repost_delta');

export const addBookmarks = addStatement(
  'bookmarks_add',
  `INSERT INTO bookmarks (user_id, post_id, bookmark_id, shard)
     SELECT user_id, post_id, reaction_id, user_shard FROM target ORDER BY user_id, post_id
     ON CONFLICT (user_id, post_id) DO NOTHING RETURNING user_id, post_id, bookmark_id AS reaction_id`,
);

export const removeBookmarks = removeStatement('bookmarks_remove', 'bookmarks', 'bookmark_id');

export interface ReactingUserRow {
  /** Of the like or repost. */
  readonly entry_id: Id;
  readonly user_id: Id;
}

type ReactingUsersParams = [viewerId: Id | null, postId: Id, before: Id, limit: number];

/** Newest first, without those whom the viewer does not want to see or may not. */
export const pageLikingUsers = readStatement<ReactingUsersParams, ReactingUserRow>(
  'likes_page_users',
  `SELECT likes.like_id AS entry_id, likes.user_id FROM likes
   WHERE likes.post_id = $2 AND likes.like_id < $3
     AND ${userVisible('$1::bigint', 'likes.user_id')} AND ${notMuted('$1::bigint', 'likes.user_id')}
   ORDER BY likes.like_id DESC LIMIT $4`,
  { mayBeStale: true },
);

export const pageRepostingUsers = readStatement<ReactingUsersParams, ReactingUserRow>(
  'reposts_page_users',
  `SELECT reposts.repost_id AS entry_id, reposts.user_id FROM reposts
   WHERE reposts.post_id = $2 AND reposts.repost_id < $3
     AND ${userVisible('$1::bigint', 'reposts.user_id')} AND ${notMuted('$1::bigint', 'reposts.user_id')}
   ORDER BY reposts.repost_id DESC LIMIT $4`,
  { mayBeStale: true },
);

export interface BookmarkRow {
  readonly bookmark_id: Id;
  readonly post_id: Id;
}

/** Newest bookmark first, of the posts that the user may still see. */
export const pageBookmarks = readStatement<[userId: Id, before: Id, limit: number], BookmarkRow>(
  'bookmarks_page',
  `SELECT bookmark.bookmark_id, bookmark.post_id
   FROM bookmarks AS bookmark JOIN posts AS post ON post.post_id = bookmark.post_id
   WHERE bookmark.user_id = $1 AND bookmark.bookmark_id < $2 AND ${postVisible('$1::bigint')}
   ORDER BY bookmark.bookmark_id DESC LIMIT $3`,
  { mayBeStale: true },
);
