/** What live updates ask of the feed, whose rules stay here: how readers stand to others, and what entries show. */
import type { Id } from '../../core/ids.ts';
import type { MaybePromise } from '../../core/maybe-promise.ts';
import type { SqlStore } from '../../ports/sql-store/sql-store.ts';
import { readIdList } from './home/id-list-queries.ts';
import type { CachedEntry, PostsCache } from './home/posts-cache.ts';
import { getReacted, getReaderRelations } from './live-reads-queries.ts';
import type { Hydration } from './posts/hydration.ts';
import type { PostReactions, ViewerFlags } from './posts/post.ts';

/** Of a user who watches: ids of others, ascending. */
export interface ReaderRelations {
  readonly followeeIds: Float64Array;
  readonly mutedIds: Float64Array;
  readonly blockedIds: Float64Array;
  readonly blockedByIds: Float64Array;
}

export interface Reacted extends ViewerFlags {
  readonly userId: Id;
  readonly postId: Id;
}

export interface LiveReads {
  /** What entries stand for, from memory where it is there; see `posts-cache.ts`. */
  entries(entryIds: readonly Id[]): MaybePromise<readonly (CachedEntry | undefined)[]>;
  /** As they were when the statement began, or later. */
  relationsOf(readerId: Id): Promise<ReaderRelations>;
  /** The pairs of a user and a post in which the user has reacted. */
  reacted(userIds: readonly Id[], postIds: readonly Id[]): Promise<readonly Reacted[]>;
  /** How the posts stand, for whoever may see them. */
  countsOf(postIds: readonly Id[]): Promise<ReadonlyMap<Id, PostReactions>>;
}

export function createLiveReads(deps: {
  readonly sql: SqlStore;
  readonly postsCache: Pick<PostsCache, 'entries'>;
  readonly hydration: Pick<Hydration, 'reactions'>;
}): LiveReads {
  const { sql, postsCache, hydration } = deps;
  return {
    entries: postsCache.entries,

    async relationsOf(readerId) {
      const [row] = await sql.query(getReaderRelations, [readerId]);
      return {
        followeeIds: readIdList(row?.followee_ids ?? null),
        mutedIds: readIdList(row?.muted_ids ?? null),
        blockedIds: readIdList(row?.blocked_ids ?? null),
        blockedByIds: readIdList(row?.blocked_by_ids ?? null),
      };
    },

    async reacted(userIds, postIds) {
      const rows = await sql.query(getReacted, [userIds, postIds]);
      return rows.map(({ user_id: userId, post_id: postId, ...flags }) => ({ userId, postId, ...flags }));
    },

    countsOf: (postIds) => hydration.reactions(undefined, postIds),
  };
}
