/**
 * Writes new posts. Those that arrive while a batch is being written wait and go together in the next one: one
 * statement and one flush to disk for all of them.
 */
import { assert } from '../../../core/errors.ts';
import type { IdempotencyClaim, StoredAnswer } from '../../../core/idempotency.ts';
import { shardOf } from '../../../core/ids.ts';
import { type EventLog, partitionOf } from '../../../ports/event-log/event-log.ts';
import type { SqlStore } from '../../../ports/sql-store/sql-store.ts';
import { createCoalescer, type ItemOutcome } from '../../../resilience/coalesce.ts';
import type { Tracing } from '../../../telemetry/trace.ts';
import { postCreated } from './post-events.ts';
import { type NewPostJson, type PostWriteOutcome, writePosts } from './post-writer-queries.ts';
import type { PostRow } from './posts-queries.ts';

/** Larger batches save no more: the flush is shared well before, and the last of a batch waits for all. */
export const WRITE_BATCH_MAX = 100;
/** One at a time, and a moment for the callers of the last one to come again: 25 posts a batch from 32 callers, not 13. */
const CONCURRENT_BATCHES_MAX = 1;
const GATHER_MS = 1;
/** Some two seconds of writing: who would wait longer is told to come back. */
const WAITING_MAX = 5_000;

export interface PostWrite {
  readonly row: PostRow;
  /** With the answer that it shall stand for. */
  readonly claim: IdempotencyClaim | undefined;
  readonly answer: StoredAnswer;
}

/** The request that it belongs to: a batch is written when another one ends, and for many requests. */
interface WaitingPost extends PostWrite {
  readonly traceparent: string | null;
  readonly inItsSpan: ReturnType<Tracing['capture']>;
}

export interface PostWriter {
  /** Resolves when the post, with all that belongs to it, is durable, or is known not to be written. */
  write(post: PostWrite): Promise<PostWriteOutcome>;
  /** Posts that wait for a batch. */
  waiting(): number;
}

export interface PostWriterDeps {
  readonly sql: SqlStore;
  readonly eventLog: EventLog;
  readonly tracing: Tracing;
}

export function createPostWriter({ sql, eventLog, tracing }: PostWriterDeps): PostWriter {
  async function runInSpan(writes: readonly WaitingPost[]): Promise<ItemOutcome<PostWriteOutcome>[]> {
    const [first] = writes;
    return first === undefined ? [] : first.inItsSpan(() => run(writes));
  }

  async function run(writes: readonly WaitingPost[]): Promise<ItemOutcome<PostWriteOutcome>[]> {
    const posts = uniqueByKey(writes);
    const rows = await sql.query(writePosts, [JSON.stringify(posts)]);
    const outcomes = new Map(rows.map(({ position, outcome }) => [position, outcome]));
    assert(outcomes.size === posts.length, 'every post of a batch has its outcome');
    eventLog.appended(() =>
      writes.filter((_, position) => outcomes.get(position) === 'created').map(({ row }) => postCreated(row)),
    );
    return writes.map((_, position) => ({ ok: true, value: outcomes.get(position) ?? 'key_in_flight' }));
  }

  const coalescer = createCoalescer<WaitingPost, PostWriteOutcome>({
    batchMax: WRITE_BATCH_MAX,
    concurrentBatchesMax: CONCURRENT_BATCHES_MAX,
    queueMax: WAITING_MAX,
    gatherMs: GATHER_MS,
    run: runInSpan,
  });
  return {
    write(post) {
      const traceparent = tracing.headers().traceparent ?? null;
      return coalescer.submit({ ...post, traceparent, inItsSpan: tracing.capture() });
    },
    waiting: () => coalescer.waiting(),
  };
}

/** Without the posts whose key another one of the batch has, which are as good as in flight. */
function uniqueByKey(writes: readonly WaitingPost[]): NewPostJson[] {
  const keys = new Set<string>();
  const unique: NewPostJson[] = [];
  for (const [position, write] of writes.entries()) {
    if (write.claim !== undefined) {
      const key = `${write.claim.principalId} ${write.claim.key}`;
      if (keys.has(key)) continue;
      keys.add(key);
    }
    unique.push(jsonOf(write, position));
  }
  return unique;
}

function jsonOf({ row, claim, answer, traceparent }: WaitingPost, position: number): NewPostJson {
  const { author_id: authorId, mention_user_ids: mentionUserIds } = row;
  assert(claim === undefined || claim.principalId === authorId, 'a post is written under its author’s key');
  return {
    position,
    post_id: row.post_id,
    shard: shardOf(authorId),
    partition: partitionOf(authorId),
    author_id: authorId,
    text: row.text,
    visibility: row.visibility,
    content_warning: row.content_warning,
    language: row.language,
    reply_to_id: row.reply_to_id,
    reply_to_user_id: row.reply_to_user_id,
    thread_id: row.thread_id,
    mention_user_ids: mentionUserIds,
    mention_shards: mentionUserIds.map(shardOf),
    tags: row.tags,
    payload: postCreated(row).payload,
    traceparent,
    key: claim?.key ?? null,
    fingerprint: claim?.fingerprint.toString('hex') ?? null,
    status: claim === undefined ? null : answer.status,
    body: claim === undefined ? null : answer.body,
  };
}
