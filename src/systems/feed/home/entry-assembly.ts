/** From cached entries to what a viewer is shown of them. */
import type { Id } from '../../../core/ids.ts';
import { NO_MEDIA, type ShowMedia } from '../../../core/media.ts';
import type { CachedUser, GetUsers, User } from '../../../core/user.ts';
import type { TimelineEntry } from '../timelines/timeline-entry.ts';
import { shownContent } from './cached-post.ts';
import type { CachedEntry } from './posts-cache.ts';
import type { ReaderView, ReaderViews, ViewerFlags } from './reader-views.ts';

export interface EntryAssembly {
  /** In the order of the entries, without those of users who are suspended or deleted. */
  assemble(view: ReaderView, entries: readonly CachedEntry[]): Promise<TimelineEntry[]>;
}

export interface EntryAssemblyDeps {
  readonly readerViews: Pick<ReaderViews, 'flagsOf'>;
  readonly cachedUser: CachedUser;
  readonly getUsers: GetUsers;
  /** Without it, posts are shown without their pictures. */
  readonly showMedia?: ShowMedia;
}

export function createEntryAssembly(deps: EntryAssemblyDeps): EntryAssembly {
  const { readerViews, cachedUser, getUsers, showMedia = () => NO_MEDIA } = deps;

  function missingOf(view: ReaderView, entries: readonly CachedEntry[]) {
    const userIds: Id[] = [];
    const postIds: Id[] = [];
    for (const { post, reposterId } of entries) {
      if (cachedUser(post.authorId) === undefined) userIds.push(post.authorId);
      if (reposterId !== null && cachedUser(reposterId) === undefined) userIds.push(reposterId);
      if (view.flags(post.postId) === undefined) postIds.push(post.postId);
    }
    return { userIds, postIds };
  }

  return {
    async assemble(view, entries) {
      const { userIds, postIds } = missingOf(view, entries);
      const [users, flags] =
        userIds.length + postIds.length === 0
          ? NOTHING_LOADED
          : await Promise.all([
              userIds.length === 0 ? NOBODY : getUsers([...new Set(userIds)]),
              postIds.length === 0 ? NO_FLAGS : readerViews.flagsOf(view.readerId, [...new Set(postIds)]),
            ]);
      const userOf = (userId: Id): User | undefined => cachedUser(userId) ?? users.get(userId);
      const assembled: TimelineEntry[] = [];
      for (const { entryId, post, reposterId } of entries) {
        const author = userOf(post.authorId);
        const repostedBy = reposterId === null ? null : userOf(reposterId);
        if (author === undefined || repostedBy === undefined) continue;
        const known = view.flags(post.postId) ?? flags.get(post.postId) ?? NOT_REACTED;
        const { likeCount, repostCount, replyCount } = post.counts;
        const { liked, reposted, bookmarked } = known;
        const reactions = { likeCount, repostCount, replyCount, liked, reposted, bookmarked };
        const content = shownContent(post, showMedia);
        assembled.push({ entryId, content, author, reactions, repostedBy });
      }
      return assembled;
    },
  };
}

const NOBODY: ReadonlyMap<Id, User> = new Map();
const NO_FLAGS: ReadonlyMap<Id, ViewerFlags> = new Map();
const NOTHING_LOADED = [NOBODY, NO_FLAGS] as const;
const NOT_REACTED: ViewerFlags = { liked: false, reposted: false, bookmarked: false };
