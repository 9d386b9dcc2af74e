/** New posts, many in one statement, with all that commits with them. */
import type { Id } from '../../../core/ids.ts';
import { readStatement, writeStatement } from '../../../ports/sql-store/sql-store.ts';
import type { Visibility } from './post.ts';

/** A new post as the statement reads it, from JSON. */
export interface NewPostJson {
  /** In the batch, from 0. */
  readonly position: number;
  readonly post_id: Id;
  /** Of the author; of the event too, whose key the author is. */
  readonly shard: number;
  readonly partition: number;
  readonly author_id: Id;
  readonly text: string;
  readonly visibility: Visibility;
  readonly content_warning: string | null;
  readonly language: string | null;
  readonly reply_to_id: Id | null;
  readonly reply_to_user_id: Id | null;
  readonly thread_id: Id;
  readonly mention_user_ids: readonly Id[];
  readonly mention_shards: readonly number[];
  readonly tags: readonly string[];
  readonly payload: object;
  readonly traceparent: string | null;
  /** The Idempotency-Key and what it stands for; null without one. */
  readonly key: string | null;
  /** In hexadecimal. */
  readonly fingerprint: string | null;
  readonly status: number | null;
  readonly body: string | null;
}

/** `key_exists`: its answer is stored. `parent_gone`: the post that it answers was deleted meanwhile. */
export type PostWriteOutcome = 'created' | 'key_exists' | 'key_in_flight' | 'parent_gone';

export interface PostWriteRow {
  readonly position: number;
  readonly outcome: PostWriteOutcome;
}

/**
 * Writes the posts of a batch, each with its key, tags, mentions, counts and event, or nothing of it. Keys are as in
 * `http/idempotency.ts`: under the same lock, in the same table. A key that was committed after this statement
 * began is not in its snapshot, so the insert decides; and since all who insert a key hold its lock, it never waits.
 *
 * A parent that is deleted at this very moment is not noticed: the answer then hangs below a tombstone, as the
 * earlier ones do. To lock it would make everyone wait who answers the same post.
 *
 * The parents are looked up one by one (LATERAL with LIMIT): joined, a plan made while there were few posts would go
 * on reading all of them when there are many.
 *
 * One JSON parameter, because arrays of arrays cannot be unnested to rows of arrays.
 */
export const writePosts = writeStatement<[posts: string], PostWriteRow>(
  'posts_write',
  `WITH item AS MATERIALIZED (
     SELECT * FROM json_to_recordset($1::json) AS item (
       position integer, post_id bigint, shard smallint, partition smallint, author_id bigint, text text,
       visibility text, content_warning text, language text, reply_to_id bigint, reply_to_user_id bigint,
       thread_id bigint, mention_user_ids bigint[], mention_shards smallint[], tags text[], payload json,
       traceparent text, key text, fingerprint text, status smallint, body text)),
   claim AS MATERIALIZED (
     SELECT position, pg_try_advisory_xact_lock(hashtextextended(key, author_id)) AS claimed
     FROM item WHERE key IS NOT NULL),
   possible AS MATERIALIZED (
     SELECT item.*, parent.shard AS parent_shard FROM item
     LEFT JOIN claim ON claim.position = item.position
     LEFT JOIN LATERAL (
       SELECT post_id, shard FROM posts WHERE post_id = item.reply_to_id AND deleted_at IS NULL LIMIT 1) AS parent ON true
     WHERE claim.claimed IS NOT FALSE AND (item.reply_to_id IS NULL OR parent.post_id IS NOT NULL)),
   new_key AS MATERIALIZED (
     INSERT INTO idempotency_keys (principal_id, key, shard, fingerprint, status, body)
     SELECT author_id, key, shard, decode(fingerprint, 'hex'), status, body FROM possible WHERE key IS NOT NULL
     ON CONFLICT DO NOTHING RETURNING principal_id, key),
   accepted AS MATERIALIZED (
     SELECT possible.* FROM possible
     LEFT JOIN new_key ON new_key.principal_id = possible.author_id AND new_key.key = possible.key
     WHERE possible.key IS NULL OR new_key.key IS NOT NULL),
   written AS (
     INSERT INTO posts (post_id, shard, author_id, text, visibility, content_warning, language, reply_to_id,
       reply_to_user_id, thread_id, mention_user_ids, tags)
     SELECT post_id, shard, author_id, text, visibility, content_warning, language, reply_to_id,
       reply_to_user_id, thread_id, mention_user_ids, tags FROM accepted ORDER BY position),
   tagged AS (
     INSERT INTO post_tags (tag, post_id, author_id, shard)
     SELECT tag, post_id, author_id, shard FROM accepted, unnest(tags) AS tag WHERE visibility = 'public'),
   mentioned AS (
     INSERT INTO post_mentions (user_id, post_id, shard)
     SELECT mention.user_id, accepted.post_id, mention.shard
     FROM accepted, unnest(mention_user_ids, mention_shards) AS mention (user_id, shard)),
   counted AS (
     INSERT INTO user_count_deltas (user_id, shard, post_delta)
     SELECT author_id, shard, count(*) FROM accepted WHERE visibility <> 'direct' GROUP BY author_id, shard),
   answered AS (
     INSERT INTO post_count_deltas (post_id, shard, reply_delta)
     SELECT reply_to_id, parent_shard, count(*) FROM accepted
     WHERE reply_to_id IS NOT NULL AND visibility <> 'direct' GROUP BY reply_to_id, parent_shard),
   announced AS (
     INSERT INTO outbox (shard, topic, partition, key, kind, payload, traceparent)
     SELECT shard, 'posts', partition, author_id, 'created', payload, traceparent FROM accepted ORDER BY position)
   SELECT item.position, CASE
       WHEN accepted.position IS NOT NULL THEN 'created'
       WHEN claim.claimed IS FALSE THEN 'key_in_flight'
       WHEN possible.position IS NULL THEN 'parent_gone'
       ELSE 'key_exists' END AS outcome
   FROM item
   LEFT JOIN claim ON claim.position = item.position
   LEFT JOIN possible ON possible.position = item.position
   LEFT JOIN accepted ON accepted.position = item.position`,
);

export interface StoredAnswerRow {
  readonly fingerprint: Buffer;
  readonly status: number;
  readonly body: string | null;
}

/** The answer under a key; none while it is unused. */
export const getStoredAnswer = readStatement<[principalId: Id, key: string], StoredAnswerRow>(
  'posts_get_stored_answer',
  `SELECT fingerprint, status, body FROM idempotency_keys WHERE principal_id = $1 AND key = $2`,
);
