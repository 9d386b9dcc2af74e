/** Reading, editing and deleting posts. Writing new ones: `post-writer-queries.ts`. */
import type { Id } from '../../../core/ids.ts';
import type { StoredMedia } from '../../../core/media.ts';
import { readStatement, writeStatement } from '../../../ports/sql-store/sql-store.ts';
import type { Visibility } from './post.ts';
import { type PostReactionsRow, reactionColumns, reactionSources } from './post-reactions-queries.ts';
import { postVisible } from './visibility-queries.ts';

export interface PostRow {
  readonly post_id: Id;
  readonly author_id: Id;
  readonly text: string;
  readonly visibility: Visibility;
  readonly content_warning: string | null;
  readonly language: string | null;
  readonly reply_to_id: Id | null;
  readonly reply_to_user_id: Id | null;
  readonly thread_id: Id;
  readonly mention_user_ids: readonly Id[];
  readonly tags: readonly string[];
  readonly edited_at: Date | null;
  /** Null: none. */
  readonly media: readonly StoredMedia[] | null;
}

/** Of PostRow, for a source under the alias `post`. */
export const POST_COLUMNS = `post.post_id, post.author_id, post.text, post.visibility, post.content_warning, post.language,
  post.reply_to_id, post.reply_to_user_id, post.thread_id, post.mention_user_ids, post.tags, post.edited_at,
  post.media`;

/** Those of the posts that the viewer may see. */
export const getVisiblePosts = readStatement<[viewerId: Id | null, postIds: readonly Id[]], PostRow>(
  'posts_get_visible',
  `SELECT ${POST_COLUMNS} FROM posts AS post WHERE post.post_id = ANY ($2::bigint[]) AND ${postVisible('$1::bigint')}`,
);

const VISIBLE_WITH_REACTIONS = `SELECT ${POST_COLUMNS}, ${reactionColumns('$1::bigint', 'post.post_id')}
   FROM posts AS post ${reactionSources('post.post_id')}
   WHERE post.post_id = ANY ($2::bigint[]) AND ${postVisible('$1::bigint')}`;

type VisibleParams = [viewerId: Id | null, postIds: readonly Id[]];

/** The same with how they stand, in one go: for whoever shows them. */
export const getVisiblePostsWithReactions = readStatement<VisibleParams, PostRow & PostReactionsRow>(
  'posts_get_visible_with_reactions',
  VISIBLE_WITH_REACTIONS,
  { outlivesPrimary: true },
);

/** For pages of posts that a replica has listed. */
export const listVisiblePostsWithReactions = readStatement<VisibleParams, PostRow & PostReactionsRow>(
  'posts_list_visible_with_reactions',
  VISIBLE_WITH_REACTIONS,
  { mayBeStale: true },
);

/** The author's own live posts among these, locked until the end of the transaction, in the order of their ids. */
export const lockOwnPosts = writeStatement<[authorId: Id, postIds: readonly Id[]], PostRow>(
  'posts_lock_own',
  `SELECT ${POST_COLUMNS} FROM posts AS post
   WHERE post.author_id = $1 AND post.post_id = ANY ($2::bigint[]) AND post.deleted_at IS NULL
   ORDER BY post.post_id FOR NO KEY UPDATE`,
);

export type EditPostParams = readonly [
  postId: Id,
  editId: Id,
  editedAt: Date,
  text: string,
  contentWarning: string | null,
  language: string | null,
  tags: readonly string[],
  tagsRemoved: readonly string[],
  tagsAdded: readonly string[],
  mentionUserIds: readonly Id[],
  mentionsRemoved: readonly Id[],
  mentionsAdded: readonly Id[],
  mentionsAddedShards: readonly number[],
];

/** Keeps what a locked post said, and says something else. */
export const editPost = writeStatement<EditPostParams>(
  'posts_edit',
  `WITH kept AS (
     INSERT INTO post_edits (edit_id, post_id, shard, text, content_warning, language)
     SELECT $2, post_id, shard, text, content_warning, language FROM posts WHERE post_id = $1),
   edited AS (
     UPDATE posts SET text = $4, content_warning = $5, language = $6, edited_at = $3, tags = $7::text[],
       mention_user_ids = $10::bigint[]
     WHERE post_id = $1),
   tags_removed AS (
     DELETE FROM post_tags WHERE post_id = $1 AND tag = ANY ($8::text[])),
   tags_added AS (
     INSERT INTO post_tags (tag, post_id, author_id, shard)
     SELECT tag, post_id, author_id, shard FROM posts, unnest($9::text[]) AS tag
     WHERE post_id = $1 AND visibility = 'public'),
   mentions_removed AS (
     DELETE FROM post_mentions WHERE post_id = $1 AND user_id = ANY ($11::bigint[]))
   INSERT INTO post_mentions (user_id, post_id, shard)
   SELECT user_id, $1, shard FROM unnest($12::bigint[], $13::smallint[]) AS mention (user_id, shard)`,
);

/**
 * Makes tombstones of locked posts: erases what they said at once, takes them out of the counts and leaves the
 * reactions to the worker. In a statement after the one that locks, so that it sees every edit before the lock.
 */
export const deletePosts = writeStatement<[postIds: readonly Id[]]>(
  'posts_delete',
  `WITH doomed AS MATERIALIZED (
     SELECT post_id, shard, author_id, visibility, reply_to_id, tags, mention_user_ids
     FROM posts WHERE post_id = ANY ($1::bigint[]) AND deleted_at IS NULL),
   tombstones AS (
     UPDATE posts SET text = '', content_warning = NULL, language = NULL, tags = '{}', mention_user_ids = '{}',
       media_ids = '{}', media = NULL, edited_at = NULL, deleted_at = now()
     FROM doomed WHERE posts.post_id = doomed.post_id),
   edits AS (
     DELETE FROM post_edits USING doomed WHERE post_edits.post_id = doomed.post_id),
   tags AS (
     DELETE FROM post_tags USING (SELECT post_id, unnest(tags) AS tag FROM doomed) AS gone
     WHERE post_tags.tag = gone.tag AND post_tags.post_id = gone.post_id),
   mentions AS (
     DELETE FROM post_mentions USING (SELECT post_id, unnest(mention_user_ids) AS user_id FROM doomed) AS gone
     WHERE post_mentions.user_id = gone.user_id AND post_mentions.post_id = gone.post_id),
   authors AS (
     INSERT INTO user_count_deltas (user_id, shard, post_delta)
     SELECT author_id, shard, -count(*) FROM doomed WHERE visibility <> 'direct' GROUP BY author_id, shard),
   parents AS (
     INSERT INTO post_count_deltas (post_id, shard, reply_delta)
     SELECT parent.post_id, parent.shard, -count(*)
     FROM doomed JOIN posts AS parent ON parent.post_id = doomed.reply_to_id
     WHERE doomed.visibility <> 'direct' AND parent.deleted_at IS NULL GROUP BY parent.post_id, parent.shard)
   INSERT INTO feed_erasures (subject, subject_id, shard)
   SELECT 'post', post_id, shard FROM doomed ON CONFLICT DO NOTHING`,
);

export interface PostEditRow {
  readonly edit_id: Id;
  readonly text: string;
  readonly content_warning: string | null;
  readonly language: string | null;
}

/** Newest first. */
export const pagePostEdits = readStatement<[postId: Id, before: Id, limit: number], PostEditRow>(
  'posts_page_edits',
  `SELECT edit_id, text, content_warning, language FROM post_edits
   WHERE post_id = $1 AND edit_id < $2 ORDER BY edit_id DESC LIMIT $3`,
  { mayBeStale: true },
);
