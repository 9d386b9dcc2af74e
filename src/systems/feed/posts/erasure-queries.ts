/** What is still to be erased, and the erasing, a bounded piece at a time. */
import type { Id } from '../../../core/ids.ts';
import { readStatement, writeStatement } from '../../../ports/sql-store/sql-store.ts';

/** Also when they were to be erased before: a post of theirs may have been written in the very last moment. */
export const beginUserErasures = writeStatement<[userIds: readonly Id[], shards: readonly number[]]>(
  'erasures_begin_users',
  `INSERT INTO feed_erasures (subject, subject_id, shard)
   SELECT 'user', user_id, shard FROM unnest($1::bigint[], $2::smallint[]) AS gone (user_id, shard)
   ON CONFLICT DO NOTHING`,
);

export interface ErasureRow {
  readonly subject: 'user' | 'post';
  readonly subject_id: Id;
}

/** A subject that no other worker is erasing; users first. */
export const claimErasure = writeStatement<[], ErasureRow>(
  'erasures_claim',
  `SELECT subject, subject_id FROM feed_erasures
   ORDER BY subject DESC, subject_id LIMIT 1 FOR UPDATE SKIP LOCKED`,
);

export const getOwnPostIds = readStatement<[authorId: Id, limit: number], { post_id: Id }>(
  'erasures_get_posts',
  `SELECT post_id FROM posts WHERE author_id = $1 AND deleted_at IS NULL ORDER BY post_id DESC LIMIT $2`,
);

export interface ErasedReactionRow {
  readonly reaction_id: Id;
  readonly post_id: Id;
  readonly author_id: Id;
}

/** The likes of a user, of live and of deleted posts; the answer is of the live ones. */
export const eraseLikesOf = writeStatement<[userId: Id, limit: number], ErasedReactionRow>(
  'erasures_likes_of',
  `WITH gone AS (
     DELETE FROM likes WHERE user_id = $1 AND post_id IN (
       SELECT post_id FROM likes WHERE user_id = $1 ORDER BY post_id LIMIT $2)
     RETURNING like_id, post_id),
   live AS MATERIALIZED (
     SELECT gone.like_id AS reaction_id, gone.post_id, post.author_id, post.shard
     FROM gone JOIN posts AS post ON post.post_id = gone.post_id WHERE post.deleted_at IS NULL),
   counted AS (
     INSERT INTO post_count_deltas (post_id, shard, like_delta) SELECT post_id, shard, -1 FROM live)
   SELECT reaction_id, post_id, author_id FROM live`,
);

export const eraseRepostsOf = writeStatement<[userId: Id, limit: number], ErasedReactionRow>(
  'erasures_reposts_of',
  `WITH gone AS (
     DELETE FROM reposts WHERE user_id = $1 AND post_id IN (
       SELECT post_id FROM reposts WHERE user_id = $1 ORDER BY post_id LIMIT $2)
     RETURNING repost_id, post_id),
   live AS MATERIALIZED (
     SELECT gone.repost_id AS reaction_id, gone.post_id, post.author_id, post.shard
     FROM gone JOIN posts AS post ON post.post_id = gone.post_id WHERE post.deleted_at IS NULL),
   counted AS (
     INSERT INTO post_count_deltas (post_id, shard, repost_delta) SELECT post_id, shard, -1 FROM live)
   SELECT reaction_id, post_id, author_id FROM live`,
);

/** What a user keeps, and where they are named: of no count and no event. */
export const eraseBookmarksOf = writeStatement<[userId: Id, limit: number]>(
  'erasures_bookmarks_of',
  `WITH mentions AS (
     DELETE FROM post_mentions WHERE user_id = $1 AND post_id IN (
       SELECT post_id FROM post_mentions WHERE user_id = $1 ORDER BY post_id LIMIT $2))
   DELETE FROM bookmarks WHERE user_id = $1 AND post_id IN (
     SELECT post_id FROM bookmarks WHERE user_id = $1 ORDER BY post_id LIMIT $2)`,
);

/** Whether anything of a user is left. */
export const getRemainsOf = readStatement<[userId: Id], { remains: boolean }>(
  'erasures_get_remains_of',
  `SELECT EXISTS (SELECT 1 FROM posts WHERE author_id = $1 AND deleted_at IS NULL)
     OR EXISTS (SELECT 1 FROM likes WHERE user_id = $1)
     OR EXISTS (SELECT 1 FROM reposts WHERE user_id = $1)
     OR EXISTS (SELECT 1 FROM bookmarks WHERE user_id = $1)
     OR EXISTS (SELECT 1 FROM post_mentions WHERE user_id = $1) AS remains`,
);

/** The reactions to a deleted post, up to `limit` of each kind, and its counts. */
export const eraseReactionsTo = writeStatement<[postId: Id, limit: number], { erased: number }>(
  'erasures_reactions_to',
  `WITH likes_gone AS (
     DELETE FROM likes WHERE post_id = $1 AND user_id IN (
       SELECT user_id FROM likes WHERE post_id = $1 ORDER BY like_id LIMIT $2) RETURNING 1),
   reposts_gone AS (
     DELETE FROM reposts WHERE repost_id IN (
       SELECT repost_id FROM reposts WHERE post_id = $1 ORDER BY repost_id LIMIT $2) RETURNING 1),
   bookmarks_gone AS (
     DELETE FROM bookmarks WHERE post_id = $1 AND user_id IN (
       SELECT user_id FROM bookmarks WHERE post_id = $1 LIMIT $2) RETURNING 1),
   deltas_gone AS (
     DELETE FROM post_count_deltas WHERE post_id = $1),
   counts_gone AS (
     DELETE FROM post_counts WHERE post_id = $1)
   SELECT (SELECT count(*) FROM likes_gone) + (SELECT count(*) FROM reposts_gone)
     + (SELECT count(*) FROM bookmarks_gone) AS erased`,
);

export const endErasure = writeStatement<[subject: 'user' | 'post', subjectId: Id]>(
  'erasures_end',
  `DELETE FROM feed_erasures WHERE subject = $1 AND subject_id = $2`,
);

/** Tombstones of a month and more to which nothing replies. */
export const deleteTombstones = writeStatement<[ageDays: number, limit: number], { deleted: number }>(
  'erasures_delete_tombstones',
  `WITH gone AS (
     DELETE FROM posts WHERE post_id IN (
       SELECT tombstone.post_id FROM posts AS tombstone
       WHERE tombstone.deleted_at < now() - make_interval(days => $1)
         AND (SELECT post_id FROM posts AS answer WHERE answer.reply_to_id = tombstone.post_id LIMIT 1) IS NULL
       ORDER BY tombstone.deleted_at LIMIT $2 FOR UPDATE SKIP LOCKED)
     RETURNING 1)
   SELECT count(*)::int AS deleted FROM gone`,
);
