/** What a user posted and reposted, from what this process keeps in memory; `pageUserPosts` is the same as SQL. */
import { notFound } from '../../../core/errors.ts';
import type { Id } from '../../../core/ids.ts';
import type { Page, PageRequest } from '../../../core/page.ts';
import type { CachedUser, GetUsers } from '../../../core/user.ts';
import type { TimelineEntry } from '../timelines/timeline-entry.ts';
import type { Timelines, UserPostsFilter } from '../timelines/timelines.ts';
import type { AuthorHeads } from './author-heads.ts';
import type { EntryAssembly } from './entry-assembly.ts';
import { isPostVisible } from './entry-rules.ts';
import { mergePages } from './merge-pages.ts';
import type { CachedEntry, PostsCache } from './posts-cache.ts';
import { NOBODYS_VIEW, type ReaderView, type ReaderViews } from './reader-views.ts';
import { walkPage } from './walk.ts';

export interface UserTimelines {
  /** As `Timelines.userPosts`. Only for viewers who are settled. */
  userPosts: Timelines['userPosts'];
}

export interface UserTimelinesDeps {
  readonly authorHeads: AuthorHeads;
  readonly entryAssembly: EntryAssembly;
  readonly postsCache: PostsCache;
  readonly readerViews: ReaderViews;
  readonly cachedUser: CachedUser;
  readonly getUsers: GetUsers;
  /** The same by SQL. */
  readonly olderPosts: Timelines['userPosts'];
}

export function createUserTimelines(deps: UserTimelinesDeps): UserTimelines {
  const { authorHeads, entryAssembly, postsCache, readerViews, cachedUser, getUsers, olderPosts } = deps;

  async function exists(userId: Id): Promise<boolean> {
    return cachedUser(userId) !== undefined || (await getUsers([userId])).has(userId);
  }

  return {
    async userPosts(viewerId, userId, filter, page: PageRequest): Promise<Page<TimelineEntry>> {
      if (!(await exists(userId))) throw notFound('user');
      const view = viewerId === undefined ? NOBODYS_VIEW : await readerViews.get(viewerId);
      return walkPage(page, {
        async candidates(before, limit) {
          return mergePages([await authorHeads.page(userId, before, limit)], limit);
        },
        async shown(entryIds) {
          const found = await postsCache.entries(entryIds);
          return entryAssembly.assemble(
            view,
            found
              .filter((entry) => entry !== undefined)
              .filter((entry) => isShown(view, userId, entry, filter)),
          );
        },
        older: (olderPage) => olderPosts(viewerId, userId, filter, olderPage),
      });
    },
  };
}

/** Their own posts also when the viewer has muted them: they were asked for by name. Not what they reposted of others. */
function isShown(
  view: ReaderView,
  userId: Id,
  { post, reposterId }: CachedEntry,
  filter: UserPostsFilter,
): boolean {
  if (!isPostVisible(view, post)) return false;
  if (reposterId === null) return filter.replies || post.replyToId === null;
  return !view.parted(userId) && (post.authorId === userId || !view.mutes(post.authorId));
}
