/** New posts, many in one statement, with all that commits with them. */
import type { Id } from '../../../core/ids.ts';
import { readStatement, type Statement, writeStatement } from '../../../ports/sql-store/sql-store.ts';

/**
 * The posts of a batch, column by column: the n-th element of each array is of the n-th post. Where no post of the batch
 * has anything in a column, null stands for the whole of it.
 */
export type PostColumns = [
  count: number,
  postIds: readonly Id[],
  /** Of the author; of the event too, whose key the author is. */
  shards: readonly number[],
  partitions: readonly number[],
  authorIds: readonly Id[],
  texts: readonly string[],
  visibilities: readonly string[],
  contentWarnings: readonly (string | null)[] | null,
  languages: readonly (string | null)[] | null,
  threadIds: readonly Id[],
  /** JSON. */
  payloads: readonly string[],
  traceparents: readonly (string | null)[] | null,
  replyToIds: readonly (Id | null)[] | null,
  replyToUserIds: readonly (Id | null)[] | null,
  /** Arrays in PostgreSQL's notation, because arrays of arrays cannot differ in length. */
  mentionUserIds: readonly string[] | null,
  mentionShards: readonly string[] | null,
  tags: readonly string[] | null,
  /** The Idempotency-Keys and what they stand for. */
  keys: readonly (string | null)[] | null,
  /** In hexadecimal. */
  fingerprints: readonly (string | null)[] | null,
  statuses: readonly (number | null)[] | null,
  bodies: readonly (string | null)[] | null,
];

/** The n-th posts, for the numbers that `source` has as `position`. What is not used of it is not computed. */
const postsOf = (source: string): string => `
     SELECT position, ($2::bigint[])[position] AS post_id, ($3::smallint[])[position] AS shard,
       ($4::smallint[])[position] AS partition, ($5::bigint[])[position] AS author_id,
       ($6::text[])[position] AS text, ($7::text[])[position] AS visibility,
       ($8::text[])[position] AS content_warning, ($9::text[])[position] AS language,
       ($10::bigint[])[position] AS thread_id, ($11::json[])[position] AS payload,
       ($12::text[])[position] AS traceparent, ($13::bigint[])[position] AS reply_to_id,
       ($14::bigint[])[position] AS reply_to_user_id, ($15::text[])[position]::bigint[] AS mention_user_ids,
       ($16::text[])[position]::smallint[] AS mention_shards, ($17::text[])[position]::text[] AS tags,
       ($18::text[])[position] AS key, ($19::text[])[position] AS fingerprint,
       ($20::smallint[])[position] AS status, ($21::text[])[position] AS body
     FROM ${source}`;

/** What some post of a batch has. A statement does nothing about what none has, which is half of its work. */
export interface PostParts {
  readonly keys: boolean;
  readonly replies: boolean;
  readonly mentions: boolean;
  readonly tags: boolean;
}

/** `key_exists`: its answer is stored. `parent_gone`: the post that it answers was deleted meanwhile. */
export type PostWriteOutcome = 'created' | 'key_exists' | 'key_in_flight' | 'parent_gone';

export interface PostWriteRow {
  /** In the batch, from 1. */
  readonly position: number;
  readonly outcome: PostWriteOutcome;
}

type WritePosts = Statement<PostColumns, PostWriteRow>;

/** The statement for batches that have these parts and no others. */
export function writePosts({ keys, replies, mentions, tags }: PostParts): WritePosts {
  const index = Number(keys) + 2 * Number(replies) + 4 * Number(mentions) + 8 * Number(tags);
  // There is one for each of the sixteen.
  return WRITE_POSTS[index] as WritePosts;
}

function writePostsText({ keys, replies, mentions, tags }: PostParts): string {
  const choosy = keys || replies;
  const all = 'generate_series(1, $1::integer) AS position';
  const steps = [
    `given AS NOT MATERIALIZED (${postsOf(all)})`,
    keys && CLAIMS,
    replies && PARENTS,
    choosy &&
      `possible AS MATERIALIZED (
     SELECT given.* FROM given
     ${keys ? 'LEFT JOIN claim ON claim.position = given.position' : ''}
     ${replies ? 'LEFT JOIN parent ON parent.position = given.position' : ''}
     WHERE ${keys ? 'claim.claimed IS NOT FALSE' : 'true'}
       AND ${replies ? '(given.reply_to_id IS NULL OR parent.position IS NOT NULL)' : 'true'})`,
    keys && NEW_KEYS,
    choosy &&
      `chosen AS MATERIALIZED (${keys ? UNUSED_KEYS : 'SELECT position FROM possible ORDER BY position'})`,
    `accepted AS NOT MATERIALIZED (${postsOf(choosy ? 'chosen' : all)})`,
    `written AS (
     INSERT INTO posts (post_id, shard, author_id, text, visibility, content_warning, language, reply_to_id,
       reply_to_user_id, thread_id${mentions ? ', mention_user_ids' : ''}${tags ? ', tags' : ''})
     SELECT post_id, shard, author_id, text, visibility, content_warning, language, reply_to_id,
       reply_to_user_id, thread_id${mentions ? ', mention_user_ids' : ''}${tags ? ', tags' : ''} FROM accepted)`,
    tags && TAGGED,
    mentions && MENTIONED,
    `counted AS (
     INSERT INTO user_count_deltas (user_id, shard, post_delta)
     SELECT author_id, shard, count(*) FROM accepted WHERE visibility <> 'direct' GROUP BY author_id, shard)`,
    replies && ANSWERED,
  ].filter((step) => step !== false);
  const announce = `INSERT INTO outbox (shard, topic, partition, key, kind, payload, traceparent)
     SELECT shard, 'posts', partition, author_id, 'created', payload, traceparent FROM accepted`;
  if (!choosy) return `WITH ${steps.join(',\n   ')}\n   ${announce}`;
  return `WITH ${[...steps, `announced AS (${announce})`].join(',\n   ')}
   SELECT given.position, CASE
       WHEN chosen.position IS NOT NULL THEN 'created'
       ${keys ? "WHEN claim.claimed IS FALSE THEN 'key_in_flight'" : ''}
       WHEN possible.position IS NULL THEN 'parent_gone'
       ELSE 'key_exists' END AS outcome
   FROM given
   ${keys ? 'LEFT JOIN claim ON claim.position = given.position' : ''}
   LEFT JOIN possible ON possible.position = given.position
   LEFT JOIN chosen ON chosen.position = given.position`;
}

const CLAIMS = `claim AS MATERIALIZED (
     SELECT position, pg_try_advisory_xact_lock(hashtextextended(key, author_id)) AS claimed
     FROM given WHERE key IS NOT NULL)`;

const PARENTS = `parent AS MATERIALIZED (
     SELECT given.position, found.shard FROM given, LATERAL (
       SELECT shard FROM posts WHERE post_id = given.reply_to_id AND deleted_at IS NULL LIMIT 1) AS found
     WHERE given.reply_to_id IS NOT NULL)`;

const NEW_KEYS = `new_key AS MATERIALIZED (
     INSERT INTO idempotency_keys (principal_id, key, shard, fingerprint, status, body)
     SELECT author_id, key, shard, decode(fingerprint, 'hex'), status, body FROM possible WHERE key IS NOT NULL
     ON CONFLICT DO NOTHING RETURNING principal_id, key)`;

const UNUSED_KEYS = `
     SELECT possible.position FROM possible
     LEFT JOIN new_key ON new_key.principal_id = possible.author_id AND new_key.key = possible.key
     WHERE possible.key IS NULL OR new_key.key IS NOT NULL ORDER BY possible.position`;

const TAGGED = `tagged AS (
     INSERT INTO post_tags (tag, post_id, author_id, shard)
     SELECT tag, post_id, author_id, shard FROM accepted, unnest(tags) AS tag WHERE visibility = 'public')`;

const MENTIONED = `mentioned AS (
     INSERT INTO post_mentions (user_id, post_id, shard)
     SELECT mention.user_id, accepted.post_id, mention.shard
     FROM accepted, unnest(mention_user_ids, mention_shards) AS mention (user_id, shard))`;

const ANSWERED = `answered AS (
     INSERT INTO post_count_deltas (post_id, shard, reply_delta)
     SELECT accepted.reply_to_id, parent.shard, count(*) FROM accepted JOIN parent ON parent.position = accepted.position
     WHERE accepted.visibility <> 'direct' GROUP BY accepted.reply_to_id, parent.shard)`;

/**
 * Write the posts of a batch, each with its key, tags, mentions, counts and event, or nothing of it. They answer what
 * became of each, but no rows where no post has a key or a parent: then all are created.
 *
 * Keys are as in `http/idempotency.ts`: under the same lock, in the same table. A key that was committed after the
 * statement began is not in its snapshot, so the insert decides; and since all who insert a key hold its lock, it
 * never waits.
 *
 * A parent that is deleted at this very moment is not noticed: the answer then hangs below a tombstone, as the
 * earlier ones do. To lock it would make everyone wait who answers the same post.
 *
 * The parents are looked up one by one (LATERAL with LIMIT): joined, a plan made while there were few posts would go
 * on reading all of them when there are many.
 */
export const WRITE_POSTS: readonly WritePosts[] = Array.from({ length: 16 }, (_, index) => {
  const has = (bit: number) => (index & bit) !== 0;
  const parts = { keys: has(1), replies: has(2), mentions: has(4), tags: has(8) };
  return writeStatement<PostColumns, PostWriteRow>(nameOf(parts), writePostsText(parts));
});

/** In traces and metrics: `posts_write` for posts that have none of it, `posts_write_keys_tags` and so on. */
function nameOf(parts: PostParts): string {
  const present = Object.entries(parts).flatMap(([part, isPresent]) => (isPresent ? [part] : []));
  return ['posts_write', ...present].join('_');
}

/** What a post that was just written shows, in the same transaction: few do, so the statement above knows nothing of it. */
export const setMediaOfPost = writeStatement<[postId: Id, mediaIds: readonly Id[], media: string]>(
  'posts_set_media_of_new',
  `UPDATE posts SET media_ids = $2::bigint[], media = $3::json WHERE post_id = $1`,
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
