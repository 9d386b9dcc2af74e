/**
 * Writes new posts. Those that arrive while a batch is being written wait and go together in the next one: one
 * statement and one flush to disk for all of them.
 */
import { assert } from '../../../core/errors.ts';
import { firstOfEachKey, type IdempotencyClaim, type StoredAnswer } from '../../../core/idempotency.ts';
import { shardOf } from '../../../core/ids.ts';
import { type EventLog, partitionOf } from '../../../ports/event-log/event-log.ts';
import type { SqlStore, SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import type { ItemOutcome } from '../../../resilience/coalesce.ts';
import { createTracedCoalescer, type TracedItem } from '../../../resilience/traced-coalescer.ts';
import type { Tracing } from '../../../telemetry/trace.ts';
import { postCreated } from './post-events.ts';
import {
  type PostColumns,
  type PostParts,
  type PostWriteOutcome,
  type PostWriteRow,
  setMediaOfPost,
  writePosts,
} from './post-writer-queries.ts';
import type { PostRow } from './posts-queries.ts';

/** Larger batches save no more: the flush is shared well before, and the last of a batch waits for all. */
export const WRITE_BATCH_MAX = 100;
/** While one waits for the disk, the other is written and its callers are answered: a fifth more posts than one by one. */
const CONCURRENT_BATCHES_MAX = 2;
/** Some two seconds of writing: who would wait longer is told to come back. */
const WAITING_MAX = 5_000;

export interface PostWrite {
  readonly row: PostRow;
  /** With the answer that it shall stand for. */
  readonly claim: IdempotencyClaim | undefined;
  readonly answer: StoredAnswer;
}

interface WaitingPost extends PostWrite {
  readonly traceparent: string | null;
}

export interface PostWriter {
  /** Resolves when the post, with all that belongs to it, is durable, or is known not to be written. */
  write(post: PostWrite): Promise<PostWriteOutcome>;
  /** The same in a transaction under way, alone: for a post with pictures, which are put on it there. */
  writeIn(transaction: SqlTransaction, post: PostWrite): Promise<PostWriteOutcome>;
  /** Posts that wait for a batch. */
  waiting(): number;
}

export interface PostWriterDeps {
  readonly sql: SqlStore;
  readonly eventLog: EventLog;
  readonly tracing: Tracing;
}

export function createPostWriter({ sql, eventLog, tracing }: PostWriterDeps): PostWriter {
  async function run(traced: readonly TracedItem<PostWrite>[]): Promise<ItemOutcome<PostWriteOutcome>[]> {
    const writes = traced.map(({ item, traceparent = null }) => ({ traceparent, ...item }));
    const posts = firstOfEachKey(writes);
    const parts = partsOf(posts);
    const rows = await sql.query(writePosts(parts), columnsOf(posts, parts));
    const outcomes = outcomesOf(posts, parts, rows);
    eventLog.appended(() =>
      posts.filter((post) => outcomes.get(post) === 'created').map(({ row }) => postCreated(row)),
    );
    return writes.map((write) => ({ ok: true, value: outcomes.get(write) ?? 'key_in_flight' }));
  }

  const coalescer = createTracedCoalescer<PostWrite, PostWriteOutcome>({
    tracing,
    batchMax: WRITE_BATCH_MAX,
    concurrentBatchesMax: CONCURRENT_BATCHES_MAX,
    queueMax: WAITING_MAX,
    run,
  });
  return {
    write(post) {
      const { claim, row } = post;
      assert(
        claim === undefined || claim.principalId === row.author_id,
        'a post is written under its author’s key',
      );
      return coalescer.submit(post);
    },

    async writeIn(transaction, post) {
      const { row } = post;
      const posts = [{ ...post, traceparent: tracing.headers().traceparent ?? null }];
      const parts = partsOf(posts);
      const rows = await transaction.query(writePosts(parts), columnsOf(posts, parts));
      const outcome = outcomesOf(posts, parts, rows).get(posts[0] as WaitingPost) ?? 'key_in_flight';
      if (outcome !== 'created') return outcome;
      const mediaIds = (row.media ?? []).map(({ media_id: mediaId }) => Number(mediaId));
      await transaction.query(setMediaOfPost, [row.post_id, mediaIds, JSON.stringify(row.media)]);
      transaction.afterCommit(() => eventLog.appended(() => [postCreated(row)]));
      return outcome;
    },

    waiting: () => coalescer.waiting(),
  };
}

function outcomesOf(
  posts: readonly WaitingPost[],
  { keys, replies }: PostParts,
  rows: readonly PostWriteRow[],
): Map<WaitingPost, PostWriteOutcome> {
  if (!keys && !replies) return new Map(posts.map((post) => [post, 'created']));
  assert(rows.length === posts.length, 'every post of a batch has its outcome');
  const outcomes = new Map<WaitingPost, PostWriteOutcome>();
  for (const { position, outcome } of rows) {
    const post = posts[position - 1];
    if (post !== undefined) outcomes.set(post, outcome);
  }
  return outcomes;
}

function partsOf(posts: readonly WaitingPost[]): PostParts {
  return {
    keys: posts.some(({ claim }) => claim !== undefined),
    replies: posts.some(({ row }) => row.reply_to_id !== null),
    mentions: posts.some(({ row }) => row.mention_user_ids.length > 0),
    tags: posts.some(({ row }) => row.tags.length > 0),
  };
}

function columnsOf(posts: readonly WaitingPost[], { keys, replies, mentions, tags }: PostParts): PostColumns {
  const column = <Value>(value: (post: WaitingPost) => Value): Value[] => posts.map(value);
  const optional = (value: (post: WaitingPost) => string | null): (string | null)[] | null => {
    const values = posts.map(value);
    return values.some((each) => each !== null) ? values : null;
  };
  return [
    posts.length,
    column(({ row }) => row.post_id),
    column(({ row }) => shardOf(row.author_id)),
    column(({ row }) => partitionOf(row.author_id)),
    column(({ row }) => row.author_id),
    column(({ row }) => row.text),
    column(({ row }) => row.visibility),
    optional(({ row }) => row.content_warning),
    optional(({ row }) => row.language),
    column(({ row }) => row.thread_id),
    column(({ row }) => JSON.stringify(postCreated(row).payload)),
    optional(({ traceparent }) => traceparent),
    replies ? column(({ row }) => row.reply_to_id) : null,
    replies ? column(({ row }) => row.reply_to_user_id) : null,
    mentions ? column(({ row }) => arrayText(row.mention_user_ids)) : null,
    mentions ? column(({ row }) => arrayText(row.mention_user_ids.map(shardOf))) : null,
    // Letters, digits and the like, which need no escape.
    tags ? column(({ row }) => arrayText(row.tags.map((tag) => `"${tag}"`))) : null,
    keys ? column(({ claim }) => claim?.key ?? null) : null,
    keys ? column(({ claim }) => claim?.fingerprint.toString('hex') ?? null) : null,
    keys ? column(({ claim, answer }) => (claim === undefined ? null : answer.status)) : null,
    keys ? column(({ claim, answer }) => (claim === undefined ? null : answer.body)) : null,
  ];
}

function arrayText(elements: readonly (string | number)[]): string {
  return `{${elements.join(',')}}`;
}
