/** Posts for the staff, whoever may see them. Who of the staff may do so, and why, is decided where reports are kept. */
import type { Id } from '../../../core/ids.ts';
import type { EventLog } from '../../../ports/event-log/event-log.ts';
import type { SqlSession, SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import type { Hydration } from './hydration.ts';
import type { Post } from './post.ts';
import { deleteOwnPosts } from './post-deletion.ts';
import { lockPosts } from './post-media-queries.ts';
import { getPostAuthor } from './staff-posts-queries.ts';

export interface StaffPosts {
  /** As whoever is in nobody's way sees it. `undefined`: it is deleted, or its author is suspended. */
  get(postId: Id, session: SqlSession): Promise<Post | undefined>;
  /** As if its author had deleted it; answers whose it was. `undefined`: there is none. */
  delete(transaction: SqlTransaction, postId: Id): Promise<Id | undefined>;
}

export interface StaffPostsDeps {
  readonly eventLog: EventLog;
  readonly hydration: Hydration;
}

export function createStaffPosts({ eventLog, hydration }: StaffPostsDeps): StaffPosts {
  return {
    async get(postId, session) {
      const [row] = await session.query(getPostAuthor, [postId]);
      if (row === undefined) return undefined;
      // Authors see all that they wrote. What they did with it themselves is not the staff's.
      const post = (await hydration.hydrate(row.author_id, [postId], session)).get(postId);
      return post && { ...post, reactions: { ...post.reactions, ...NOTHING_DONE } };
    },

    async delete(transaction, postId) {
      const [row] = await transaction.query(lockPosts, [[postId]]);
      if (row === undefined) return undefined;
      await deleteOwnPosts(transaction, eventLog, [row]);
      return row.author_id;
    },
  };
}

const NOTHING_DONE = { liked: false, reposted: false, bookmarked: false } as const;
