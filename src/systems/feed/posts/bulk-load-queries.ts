import type { Id } from '../../../core/ids.ts';
import { writeStatement } from '../../../ports/sql-store/sql-store.ts';
import type { Visibility } from './post.ts';

/** A post to load as the statement reads it, from JSON. */
export interface LoadedPostJson {
  readonly post_id: Id;
  readonly shard: number;
  readonly author_id: Id;
  readonly text: string;
  readonly visibility: Visibility;
  readonly language: string | null;
  readonly reply_to_id: Id | null;
  readonly reply_to_user_id: Id | null;
  /** Of the author of the post that it answers. */
  readonly parent_shard: number | null;
  readonly thread_id: Id;
  readonly mention_user_ids: readonly Id[];
  readonly mention_shards: readonly number[];
  readonly tags: readonly string[];
}

/**
 * Inserts the posts that are not there yet with their tags and mentions, and counts them: straight into the counts,
 * because as deltas a whole load would have to be folded afterwards. In the order of ids, so that two loads of the
 * same data do not wait for each other in a circle.
 */
export const loadPosts = writeStatement<[posts: string], { inserted: number }>(
  'posts_load',
  `WITH given AS MATERIALIZED (
     SELECT * FROM json_to_recordset($1::json) AS given (
       post_id bigint, shard smallint, author_id bigint, text text, visibility text, language text,
       reply_to_id bigint, reply_to_user_id bigint, parent_shard smallint, thread_id bigint,
       mention_user_ids bigint[], mention_shards smallint[], tags text[])),
   inserted AS MATERIALIZED (
     INSERT INTO posts (post_id, shard, author_id, text, visibility, language, reply_to_id, reply_to_user_id,
       thread_id, mention_user_ids, tags)
     SELECT post_id, shard, author_id, text, visibility, language, reply_to_id, reply_to_user_id,
       thread_id, mention_user_ids, tags FROM given ORDER BY post_id
     ON CONFLICT DO NOTHING RETURNING post_id),
   fresh AS MATERIALIZED (
     SELECT DISTINCT ON (given.post_id) given.* FROM given JOIN inserted ON inserted.post_id = given.post_id),
   tagged AS (
     INSERT INTO post_tags (tag, post_id, author_id, shard)
     SELECT tag, post_id, author_id, shard FROM fresh, unnest(tags) AS tag WHERE visibility = 'public'),
   mentioned AS (
     INSERT INTO post_mentions (user_id, post_id, shard)
     SELECT mention.user_id, fresh.post_id, mention.shard
     FROM fresh, unnest(mention_user_ids, mention_shards) AS mention (user_id, shard)),
   authors AS (
     INSERT INTO user_counts AS counts (user_id, shard, post_count)
     SELECT author_id, shard, count(*) FROM fresh WHERE visibility <> 'direct'
     GROUP BY author_id, shard ORDER BY author_id
     ON CONFLICT (user_id) DO UPDATE SET post_count = counts.post_count + excluded.post_count),
   parents AS (
     INSERT INTO post_counts AS counts (post_id, shard, reply_count)
     SELECT reply_to_id, parent_shard, count(*) FROM fresh WHERE reply_to_id IS NOT NULL AND visibility <> 'direct'
     GROUP BY reply_to_id, parent_shard ORDER BY reply_to_id
     ON CONFLICT (post_id) DO UPDATE SET reply_count = counts.reply_count + excluded.reply_count)
   SELECT count(*)::int AS inserted FROM fresh`,
);
