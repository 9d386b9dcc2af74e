/** Lists of posts, newest first: the home timeline, what one user posted, what has a tag. */

import { notFound } from '../../../core/errors.ts';
import type { Id } from '../../../core/ids.ts';
import type { Page, PageRequest } from '../../../core/page.ts';
import type { GetUsers, User } from '../../../core/user.ts';
import type { SqlStore } from '../../../ports/sql-store/sql-store.ts';
import type { Hydration } from '../posts/hydration.ts';
import { fillPage } from '../posts/pages.ts';
import type { Post } from '../posts/post.ts';
import { parseTag } from '../posts/post-text.ts';
import type { TimelineEntry } from './timeline-entry.ts';
import { type EntryRow, pageFeed, pageTagPosts, pageUserPosts } from './timelines-queries.ts';

export interface UserPostsFilter {
  /** Whether the answers to other posts are in the list. */
  readonly replies: boolean;
}

export interface Timelines {
  feed(readerId: Id, page: PageRequest): Promise<Page<TimelineEntry>>;
  /** Fails with `not_found` for a user who is unknown, suspended or deleted. */
  userPosts(
    viewerId: Id | undefined,
    userId: Id,
    filter: UserPostsFilter,
    page: PageRequest,
  ): Promise<Page<TimelineEntry>>;
  /** Public posts only, whatever the case of the tag. */
  tagPosts(viewerId: Id | undefined, tag: string, page: PageRequest): Promise<Page<TimelineEntry>>;
}

export function createTimelines(deps: {
  readonly sql: SqlStore;
  readonly hydration: Hydration;
  readonly getUsers: GetUsers;
}): Timelines {
  const { sql, hydration, getUsers } = deps;

  function entriesPage(
    viewerId: Id | undefined,
    page: PageRequest,
    entries: (before: Id, count: number) => Promise<EntryRow[]>,
    hydrate: Hydration['hydratePage'] = hydration.hydratePage,
  ): Promise<Page<TimelineEntry>> {
    return fillPage(page, {
      entries,
      idOf: (row) => row.entry_id,
      items: async (rows) => {
        const reposterIds = rows.map((row) => row.reposter_id).filter((userId) => userId !== null);
        const [posts, reposters] = await Promise.all([
          hydrate(
            viewerId,
            rows.map((row) => row.post_id),
          ),
          reposterIds.length === 0 ? new Map<Id, User>() : getUsers([...new Set(reposterIds)]),
        ]);
        return rows.map((row) => entryOf(row, posts, reposters));
      },
    });
  }

  return {
    feed: (readerId, page) =>
      entriesPage(
        readerId,
        page,
        (before, count) => sql.query(pageFeed, [readerId, before, count]),
        hydration.hydrate,
      ),

    async userPosts(viewerId, userId, { replies }, page) {
      if (!(await getUsers([userId])).has(userId)) throw notFound('user');
      return entriesPage(viewerId, page, (before, count) =>
        sql.query(pageUserPosts, [viewerId ?? null, userId, before, count, replies]),
      );
    },

    async tagPosts(viewerId, tag, page) {
      const indexed = parseTag(tag);
      if (indexed === undefined) return { items: [], nextBefore: undefined };
      return entriesPage(viewerId, page, (before, count) =>
        sql.query(pageTagPosts, [viewerId ?? null, indexed, before, count]),
      );
    },
  };
}

function entryOf(
  row: EntryRow,
  posts: ReadonlyMap<Id, Post>,
  reposters: ReadonlyMap<Id, User>,
): TimelineEntry | undefined {
  const content = posts.get(row.post_id);
  const repostedBy = row.reposter_id === null ? null : reposters.get(row.reposter_id);
  if (content === undefined || repostedBy === undefined) return undefined;
  const { author, reactions } = content;
  return { entryId: row.entry_id, content, author, reactions, repostedBy };
}
