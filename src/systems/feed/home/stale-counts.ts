/**
 * The counts of cached posts that something has changed. They are read again, many at once, and never added to: so
 * whatever was heard twice, or late, they cannot drift.
 */
import type { Id } from '../../../core/ids.ts';
import type { SqlSession } from '../../../ports/sql-store/sql-store.ts';
import { type CountedPost, countsOf } from './cached-post.ts';
import { getPostCounts } from './posts-cache-queries.ts';

/** Of one statement, which takes some 6 ms. */
export const COUNTS_BATCH = 1_000;

export interface StaleCounts {
  /** Something that is counted has happened to the post. */
  mark(postId: Id): void;
  /** Reads those marked until now; what it fails to read stays marked. */
  refresh(): Promise<void>;
  /** The number of the refresh after which all counts are right that are marked now. */
  rightAfter(): number;
  /** The number of the last refresh that has ended well. */
  refreshed(): number;
}

export interface StaleCountsDeps {
  readonly sql: SqlSession;
  /** The post if it is cached. */
  readonly cachedPost: (postId: Id) => CountedPost | undefined;
}

export function createStaleCounts({ sql, cachedPost }: StaleCountsDeps): StaleCounts {
  const marked = new Set<Id>();
  let refreshing: Promise<void> = Promise.resolve();
  let begun = 0;
  let refreshed = 0;

  async function refresh(): Promise<void> {
    begun += 1;
    const number = begun;
    const postIds = [...marked];
    for (let start = 0; start < postIds.length; start += COUNTS_BATCH) {
      await refreshBatch(postIds.slice(start, start + COUNTS_BATCH));
    }
    refreshed = number;
  }

  async function refreshBatch(batch: readonly Id[]): Promise<void> {
    // Unmarked before they are read: what changes from here on is marked again.
    for (const postId of batch) marked.delete(postId);
    const postIds = batch.filter((postId) => cachedPost(postId) !== undefined);
    if (postIds.length === 0) return;
    try {
      for (const row of await sql.query(getPostCounts, [postIds])) {
        const post = cachedPost(row.post_id);
        if (post !== undefined) post.counts = countsOf(row);
      }
    } catch (error) {
      for (const postId of postIds) marked.add(postId);
      throw error;
    }
  }

  return {
    mark(postId) {
      marked.add(postId);
    },

    // One after the other: of two at the same time the one that read first might write last.
    refresh() {
      refreshing = refreshing.catch(() => undefined).then(refresh);
      return refreshing;
    },

    rightAfter: () => (marked.size === 0 && refreshed === begun ? refreshed : begun + 1),
    refreshed: () => refreshed,
  };
}
