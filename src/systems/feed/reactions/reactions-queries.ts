/**
 * Likes, reposts and bookmarks. Each statement answers one row when the viewer may see the post and none
 * otherwise, changes nothing that is so already, and locks nothing of the post.
 */
import type { Id } from '../../../core/ids.ts';
import { readStatement, writeStatement } from '../../../ports/sql-store/sql-store.ts';
import type { Visibility } from '../posts/post.ts';
import { notMuted, postVisible, userVisible } from '../posts/visibility-queries.ts';

export interface ReactionRow {
  readonly author_id: Id;
  readonly visibility: Visibility;
  /** Of the like, repost or bookmark that was added or removed; null when nothing changed. */
  readonly reaction_id: Id | null;
}

type AddParams = [userId: Id, postId: Id, reactionId: Id, shard: number];
type RemoveParams = [userId: Id, postId: Id];

const TARGET = `target AS MATERIALIZED (
  SELECT post.post_id, post.author_id, post.shard, post.visibility FROM posts AS post
  WHERE post.post_id = $2 AND ${postVisible('$1::bigint')})`;

const ANSWER = `SELECT target.author_id, target.visibility, (SELECT reaction_id FROM changed) AS reaction_id
  FROM target`;

export const addLike = writeStatement<AddParams, ReactionRow>(
  'likes_add',
  `WITH ${TARGET},
   changed AS (
     INSERT INTO likes (user_id, post_id, like_id, shard) SELECT $1, post_id, $3, $4 FROM target
     ON CONFLICT (user_id, post_id) DO NOTHING RETURNING like_id AS reaction_id),
   counted AS (
     INSERT INTO post_count_deltas (post_id, shard, like_delta) SELECT post_id, shard, 1 FROM target, changed)
   ${ANSWER}`,
);

export const removeLike = writeStatement<RemoveParams, ReactionRow>(
  'likes_remove',
  `WITH ${TARGET},
   changed AS (
     DELETE FROM likes USING target WHERE likes.user_id = $1 AND likes.post_id = target.post_id
     RETURNING like_id AS reaction_id),
   counted AS (
     INSERT INTO post_count_deltas (post_id, shard, like_delta) SELECT post_id, shard, -1 FROM target, changed)
   ${ANSWER}`,
);

/** Of a post that may not be reposted nothing is added. */
export const addRepost = writeStatement<AddParams, ReactionRow>(
  'reposts_add',
  `WITH ${TARGET},
   changed AS (
     INSERT INTO reposts (repost_id, user_id, post_id, author_id, shard)
     SELECT $3, $1, post_id, author_id, $4 FROM target WHERE visibility IN ('public', 'unlisted')
     ON CONFLICT (user_id, post_id) DO NOTHING RETURNING repost_id AS reaction_id),
   counted AS (
     INSERT INTO post_count_deltas (post_id, shard, repost_delta) SELECT post_id, shard, 1 FROM target, changed)
   ${ANSWER}`,
);

export const removeRepost = writeStatement<RemoveParams, ReactionRow>(
  'reposts_remove',
  `WITH ${TARGET},
   changed AS (
     DELETE FROM reposts USING target WHERE reposts.user_id = $1 AND reposts.post_id = target.post_id
     RETURNING repost_id AS reaction_id),
   counted AS (
     INSERT INTO post_count_deltas (post_id, shard, repost_delta) SELECT post_id, shard, -1 FROM target, changed)
   ${ANSWER}`,
);

export const addBookmark = writeStatement<AddParams, ReactionRow>(
  'bookmarks_add',
  `WITH ${TARGET},
   changed AS (
     INSERT INTO bookmarks (user_id, post_id, bookmark_id, shard) SELECT $1, post_id, $3, $4 FROM target
     ON CONFLICT (user_id, post_id) DO NOTHING RETURNING bookmark_id AS reaction_id)
   ${ANSWER}`,
);

export const removeBookmark = writeStatement<RemoveParams, ReactionRow>(
  'bookmarks_remove',
  `WITH ${TARGET},
   changed AS (
     DELETE FROM bookmarks USING target WHERE bookmarks.user_id = $1 AND bookmarks.post_id = target.post_id
     RETURNING bookmark_id AS reaction_id)
   ${ANSWER}`,
);

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
);

export const pageRepostingUsers = readStatement<ReactingUsersParams, ReactingUserRow>(
  'reposts_page_users',
  `SELECT reposts.repost_id AS entry_id, reposts.user_id FROM reposts
   WHERE reposts.post_id = $2 AND reposts.repost_id < $3
     AND ${userVisible('$1::bigint', 'reposts.user_id')} AND ${notMuted('$1::bigint', 'reposts.user_id')}
   ORDER BY reposts.repost_id DESC LIMIT $4`,
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
);
