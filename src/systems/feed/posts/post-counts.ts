/**
 * How often each post was liked, reposted and answered: exact at every moment, and nobody waits for the row of a hot
 * post. A count is the post's row of `post_counts` plus its rows of `post_count_deltas`; who changes what is counted
 * adds a delta in the same statement, and nobody but `fold` (and the bulk load, which adds) updates the former.
 */
import type { SqlStore } from '../../../ports/sql-store/sql-store.ts';
import { foldPostCounts } from './post-reactions-queries.ts';

/** Deltas that one call of `fold` moves at most: some 30 ms of work, so that it never holds many rows for long. */
export const FOLD_LIMIT = 5_000;

export interface PostCounts {
  /**
   * Moves up to `limit` deltas into the counts and answers how many it moved: fewer than `limit` means that the
   * rest, if any, is in another worker's hands. Any number of workers may call it at any time.
   */
  fold(limit?: number): Promise<number>;
}

export function createPostCounts({ sql }: { readonly sql: SqlStore }): PostCounts {
  return {
    async fold(limit = FOLD_LIMIT) {
      const [row] = await sql.query(foldPostCounts, [limit]);
      return row?.folded ?? 0;
    },
  };
}
