/** Posts in the search index on PostgreSQL: the statements. */
import type { Id } from '../../core/ids.ts';
import { readStatement, writeStatement } from '../sql-store/sql-store.ts';
import type { PostVisibility } from './search-index.ts';

/** A post to index, or the row of one that was removed, as the statements read it from JSON. */
export interface SearchPostJson {
  readonly post_id: Id;
  readonly shard: number;
  readonly author_id: Id;
  readonly version: number;
  readonly visibility: PostVisibility;
  readonly audience_ids: readonly Id[];
  readonly tags: readonly string[];
  /** A tsvector. */
  readonly vector: string;
  readonly removed: boolean;
  /** Of the language, for the words that have stems; null where it has none. */
  readonly dictionary: string | null;
  readonly stem_code: string | null;
  readonly stemmed_words: readonly string[];
}

const GIVEN = `SELECT post_id, shard, author_id, version, visibility, audience_ids, tags,
     CASE WHEN dictionary IS NULL THEN vector::tsvector ELSE vector::tsvector || coalesce((
       SELECT array_to_tsvector(array_agg(DISTINCT stem_code || ':' || stem.lexeme))
       FROM unnest(stemmed_words) AS word
       CROSS JOIN LATERAL unnest(ts_lexize(dictionary::regdictionary, word)) AS stem (lexeme)
     ), ''::tsvector) END AS words,
     CASE WHEN removed THEN now() END AS removed_at
   FROM json_to_recordset($1::json) AS given (
     post_id bigint, shard smallint, author_id bigint, version bigint, visibility text, audience_ids bigint[],
     tags text[], vector text, removed boolean, dictionary text, stem_code text, stemmed_words text[])
   ORDER BY post_id`;

/** Those that were not there; in the order of ids, so that two batches do not wait for each other in a circle. */
export const insertSearchPosts = writeStatement<[posts: string], { post_id: Id }>(
  'search_posts_insert',
  `INSERT INTO search_posts (post_id, shard, author_id, version, visibility, audience_ids, tags, words, removed_at)
   ${GIVEN}
   ON CONFLICT (post_id) DO NOTHING RETURNING post_id`,
);

export interface LockedPostRow {
  readonly post_id: Id;
  readonly version: number;
  readonly visibility: PostVisibility;
  readonly tags: readonly string[];
}

export const lockSearchPosts = writeStatement<[postIds: readonly Id[]], LockedPostRow>(
  'search_posts_lock',
  `SELECT post_id, version, visibility, tags FROM search_posts
   WHERE post_id = ANY ($1::bigint[]) ORDER BY post_id FOR NO KEY UPDATE`,
);

/** Of posts that are locked and older. */
export const updateSearchPosts = writeStatement<[posts: string]>(
  'search_posts_update',
  `UPDATE search_posts AS kept SET version = given.version, visibility = given.visibility,
     audience_ids = given.audience_ids, tags = given.tags, words = given.words, removed_at = given.removed_at
   FROM (${GIVEN}) AS given WHERE kept.post_id = given.post_id`,
);

export const getMissingPosts = readStatement<[postIds: readonly Id[]], { post_id: Id }>(
  'search_posts_get_missing',
  `SELECT asked.post_id FROM unnest($1::bigint[]) AS asked (post_id)
   WHERE (SELECT known.post_id FROM search_posts AS known WHERE known.post_id = asked.post_id) IS NULL`,
);

export const purgeSearchPosts = writeStatement<[ageDays: number, limit: number], { purged: number }>(
  'search_posts_purge',
  `WITH gone AS (
     DELETE FROM search_posts WHERE post_id IN (
       SELECT post_id FROM search_posts WHERE removed_at < now() - make_interval(days => $1)
       ORDER BY removed_at LIMIT $2 FOR UPDATE SKIP LOCKED)
     RETURNING 1)
   SELECT count(*)::int AS purged FROM gone`,
);

/** For figures. */
export const getSearchPostsSize = readStatement<[], { table_bytes: number; words_bytes: number }>(
  'search_posts_get_size',
  `SELECT pg_total_relation_size('search_posts') AS table_bytes, pg_relation_size('search_posts_words') AS words_bytes`,
);

/** Who looks, for what, and where. */
export type SearchPostsParams = readonly [
  viewerId: Id | null,
  query: string,
  before: Id,
  from: Id,
  limit: number,
  followeeIds: readonly Id[],
  hiddenIds: readonly Id[],
];

/**
 * The whole rule of who finds what, for a row of `search_posts` under the alias `post`. Unlisted posts are for whoever comes
 * across them, which is what a search is not: only their authors find them.
 */
const FOUND = `post.words @@ $2::tsquery
     AND (post.visibility = 'public'
       OR post.author_id = $1::bigint
       OR (post.visibility IN ('followers', 'direct') AND $1::bigint = ANY (post.audience_ids))
       OR (post.visibility = 'followers' AND post.author_id IN (SELECT unnest($6::bigint[]))))
     AND post.author_id NOT IN (SELECT unnest($7::bigint[]))`;

/** A scalar subquery: one look-up for each row that has met all else. */
const AUTHOR_SHOWN = `(SELECT author.state FROM search_users AS author
     WHERE author.user_id = post.author_id AND author.state <> 'shown') IS NULL`;

/**
 * Among the newest only: it reads post after post from the newest on and stops when the page is full, so what is in every post is
 * found at once, however many have it.
 */
export const searchNewestPosts = readStatement<[...SearchPostsParams, walked: number], { post_id: Id }>(
  'search_posts_newest',
  `SELECT post.post_id FROM (
     SELECT post_id, author_id, visibility, audience_ids, words FROM search_posts
     WHERE post_id < $3 AND post_id >= $4 ORDER BY post_id DESC LIMIT $8) AS post
   WHERE ${FOUND} AND ${AUTHOR_SHOWN}
   ORDER BY post.post_id DESC LIMIT $5`,
  { mayBeStale: true },
);

/** How far that has gone: from the newest post to the last one that was looked at; no row when none is further down. */
export const getWalked = readStatement<
  [before: Id, from: Id, walked: number],
  { newest_id: Id; oldest_id: Id }
>(
  'search_posts_get_walked',
  `SELECT max(post_id) AS newest_id, min(post_id) AS oldest_id FROM (
     SELECT post_id FROM search_posts
     WHERE post_id < $1 AND post_id >= $2 ORDER BY post_id DESC LIMIT $3) AS walked
   HAVING count(*) = $3::bigint`,
  { mayBeStale: true },
);

/**
 * By the index of words: for what is not in many of the newest, so that there are not many.
 *
 * NOTE: adding 0 keeps the planner, which knows nothing of the words that will be asked for, from walking all posts by id.
 */
export const searchPostsByWords = readStatement<SearchPostsParams, { post_id: Id }>(
  'search_posts_by_words',
  `WITH post AS MATERIALIZED (
     SELECT post_id, author_id FROM search_posts AS post
     WHERE post.post_id + 0 < $3 AND post.post_id + 0 >= $4 AND ${FOUND})
   SELECT post.post_id FROM post WHERE ${AUTHOR_SHOWN} ORDER BY post.post_id DESC LIMIT $5`,
  { mayBeStale: true },
);
