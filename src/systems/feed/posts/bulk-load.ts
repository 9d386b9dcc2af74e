/** Loads many posts at once, for `groundswell seed`. */
import { batchesOf } from '../../../core/batches.ts';
import { type Id, shardOf } from '../../../core/ids.ts';
import { announceBatch, type BulkLoadDeps } from '../bulk-loads.ts';
import { type LoadedPostJson, loadPosts } from './bulk-load-queries.ts';
import type { Visibility } from './post.ts';
import { parseLanguage, parseText, tagsIn } from './post-text.ts';

export interface BulkPost {
  /** Made by the caller, as a bulk writer, for the time of the post: the same post has the same id each time. */
  readonly postId: Id;
  readonly authorId: Id;
  readonly text: string;
  readonly visibility?: Visibility;
  readonly language?: string;
  readonly mentionUserIds?: readonly Id[];
  /** The post that it answers, which is loaded too, its author and the root of its thread. */
  readonly replyTo?: { readonly postId: Id; readonly userId: Id; readonly threadId: Id };
}

/** Posts in one statement, which takes some 0.3 s: far from its time-out, and larger ones are no faster. */
export const LOAD_BATCH = 5_000;

/**
 * Inserts the posts that are not there yet, with their tags and mentions, sets the counts, and answers how many were
 * new. Again over the same data it changes nothing. Each batch is one transaction: after a failure some are loaded,
 * and the next run loads the rest. Safe while serving: each batch that inserts something announces itself
 * (`bulk-loads.ts`), but no post by itself. Fails with `invalid` for a text that could not be posted.
 *
 * NOTE: no COPY: it cannot skip what is there, so it would need a second table and a second pass over the rows.
 * `onProgress` hears, after each batch, how many of the given posts are done.
 */
export async function bulkLoadPosts(
  deps: BulkLoadDeps,
  posts: Iterable<BulkPost> | AsyncIterable<BulkPost>,
  onProgress: (done: number) => void = () => undefined,
): Promise<number> {
  let done = 0;
  let inserted = 0;
  for await (const batch of batchesOf(posts, LOAD_BATCH)) {
    inserted += await loadBatch(deps, batch);
    done += batch.length;
    onProgress(done);
  }
  return inserted;
}

async function loadBatch({ sql, eventLog }: BulkLoadDeps, batch: readonly BulkPost[]): Promise<number> {
  const json = JSON.stringify(batch.map(jsonOf));
  return sql.transaction(async (transaction) => {
    const [row] = await transaction.query(loadPosts, [json]);
    const [first] = batch;
    if (row === undefined || row.inserted === 0 || first === undefined) return 0;
    await announceBatch(transaction, eventLog, first.postId);
    return row.inserted;
  });
}

function jsonOf(post: BulkPost): LoadedPostJson {
  const { postId, authorId, mentionUserIds = [], replyTo } = post;
  const text = parseText(post.text);
  return {
    post_id: postId,
    shard: shardOf(authorId),
    author_id: authorId,
    text,
    visibility: post.visibility ?? 'public',
    language: parseLanguage(post.language),
    reply_to_id: replyTo?.postId ?? null,
    reply_to_user_id: replyTo?.userId ?? null,
    parent_shard: replyTo === undefined ? null : shardOf(replyTo.userId),
    thread_id: replyTo?.threadId ?? postId,
    mention_user_ids: mentionUserIds,
    mention_shards: mentionUserIds.map(shardOf),
    tags: tagsIn(text),
  };
}
