/** A post among what it answers and what answers it. */
import { notFound } from '../../../core/errors.ts';
import type { Id } from '../../../core/ids.ts';
import type { SqlStore } from '../../../ports/sql-store/sql-store.ts';
import type { Hydration } from './hydration.ts';
import type { Post } from './post.ts';
import { getVisiblePosts } from './posts-queries.ts';
import { getAncestors, pageDescendants, pageThread } from './threads-queries.ts';

/** The nearest of them; for those above, ask for the thread of the topmost one. */
export const ANCESTORS_MAX = 100;
/** Below a post that is itself an answer, its nearest answers up to this many; a whole thread has no such limit. */
export const DESCENDANTS_SCAN_MAX = 4_096;

/**
 * Posts that are deleted, or that the viewer may not or does not want to see, are left out, not those below and above
 * them: `replyToId` of a post then names one that is not here.
 */
export interface Thread {
  /** From the root, or the highest of ANCESTORS_MAX, down to the post's parent. */
  readonly ancestors: readonly Post[];
  readonly post: Post;
  /** All below the post, the oldest first. */
  readonly descendants: readonly Post[];
  /** Descendants of the next page have ids above this one; `undefined` at the end. */
  readonly nextAfter: Id | undefined;
}

export interface ThreadPageRequest {
  /** Only descendants with a higher id than this. */
  readonly after: Id;
  /** Of descendants. */
  readonly limit: number;
}

export interface Threads {
  /** Fails with `not_found` for a post that the viewer may not see. */
  get(viewerId: Id | undefined, postId: Id, page: ThreadPageRequest): Promise<Thread>;
}

export function createThreads(deps: { readonly sql: SqlStore; readonly hydration: Hydration }): Threads {
  const { sql, hydration } = deps;

  /** The thread of a root is an index scan; the answers below another post must be found step by step. */
  async function descendantIds(
    viewerId: Id | undefined,
    postId: Id,
    isRoot: boolean,
    { after, limit }: ThreadPageRequest,
  ): Promise<Id[]> {
    const params = [viewerId ?? null, postId, after, limit + 1] as const;
    const rows = isRoot
      ? await sql.query(pageThread, [...params])
      : await sql.query(pageDescendants, [...params, DESCENDANTS_SCAN_MAX]);
    return rows.map((row) => row.post_id);
  }

  return {
    async get(viewerId, postId, page) {
      const [focus] = await sql.query(getVisiblePosts, [viewerId ?? null, [postId]]);
      if (focus === undefined) throw notFound('post');
      const isRoot = focus.reply_to_id === null;
      const [above, below] = await Promise.all([
        isRoot ? [] : sql.query(getAncestors, [viewerId ?? null, postId, ANCESTORS_MAX]),
        descendantIds(viewerId, postId, isRoot, page),
      ]);
      const ancestorIds = above.map((row) => row.post_id).reverse();
      const shownBelow = below.slice(0, page.limit);
      const posts = await hydration.hydrate(viewerId, [...ancestorIds, postId, ...shownBelow]);
      const post = posts.get(postId);
      if (post === undefined) throw notFound('post');
      const shown = (ids: readonly Id[]): Post[] =>
        ids.map((id) => posts.get(id)).filter((one) => one !== undefined);
      return {
        ancestors: shown(ancestorIds),
        post,
        descendants: shown(shownBelow),
        nextAfter: below.length > page.limit ? shownBelow.at(-1) : undefined,
      };
    },
  };
}
