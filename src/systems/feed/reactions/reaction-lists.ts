/** Who reacted to a post, and what one keeps: newest first. */

import { notFound } from '../../../core/errors.ts';
import type { Id } from '../../../core/ids.ts';
import type { Page, PageRequest } from '../../../core/page.ts';
import type { DescribeUsers, Profile } from '../../../core/user.ts';
import type { SqlStore, Statement } from '../../../ports/sql-store/sql-store.ts';
import type { Hydration } from '../posts/hydration.ts';
import { fillPage } from '../posts/pages.ts';
import type { Post } from '../posts/post.ts';
import {
  pageBookmarks,
  pageLikingUsers,
  pageRepostingUsers,
  type ReactingUserRow,
} from './reactions-queries.ts';

export interface ReactionLists {
  /** Without those whom the viewer has muted, or from whom a block parts them. As `Posts.get`, fails with `not_found`. */
  likes(viewerId: Id | undefined, postId: Id, page: PageRequest): Promise<Page<Profile>>;
  reposts(viewerId: Id | undefined, postId: Id, page: PageRequest): Promise<Page<Profile>>;
  /** The posts that the user keeps and may still see. */
  bookmarks(userId: Id, page: PageRequest): Promise<Page<Post>>;
}

export function createReactionLists(deps: {
  readonly sql: SqlStore;
  readonly hydration: Hydration;
  readonly describeUsers: DescribeUsers;
}): ReactionLists {
  const { sql, hydration, describeUsers } = deps;

  function usersPage(
    statement: Statement<[Id | null, Id, Id, number], ReactingUserRow>,
  ): ReactionLists['likes'] {
    return async (viewerId, postId, page) => {
      if (!(await hydration.hydrate(viewerId, [postId])).has(postId)) throw notFound('post');
      return fillPage(page, {
        entries: (before, count) => sql.query(statement, [viewerId ?? null, postId, before, count]),
        idOf: (row) => row.entry_id,
        items: (rows) =>
          describeUsers(
            viewerId,
            rows.map((row) => row.user_id),
          ),
      });
    };
  }

  return {
    likes: usersPage(pageLikingUsers),
    reposts: usersPage(pageRepostingUsers),

    bookmarks: (userId, page) =>
      fillPage(page, {
        entries: (before, count) => sql.query(pageBookmarks, [userId, before, count]),
        idOf: (row) => row.bookmark_id,
        items: async (rows) => {
          const postIds = rows.map((row) => row.post_id);
          const posts = await hydration.hydratePage(userId, postIds);
          return postIds.map((postId) => posts.get(postId));
        },
      }),
  };
}
