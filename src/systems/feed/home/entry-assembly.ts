/** From cached entries to what a viewer is shown of them. */
import type { Id } from '../../../core/ids.ts';
import type { MaybePromise } from '../../../core/maybe-promise.ts';
import { NO_MEDIA, type ShowMedia } from '../../../core/media.ts';
import type { CachedUser, GetUsers, User } from '../../../core/user.ts';
import type { ViewerFlags } from '../posts/post.ts';
import type { TimelineEntry } from '../timelines/timeline-entry.ts';
import { type CachedPost, shownContent } from './cached-post.ts';
import type { CachedEntry } from './posts-cache.ts';
import type { ReaderView, ReaderViews } from './reader-views.ts';

export interface EntryAssembly {
  /** In the order of the entries, without those of users who are suspended or deleted. */
  assemble(view: ReaderView, entries: readonly CachedEntry[]): MaybePromise<TimelineEntry[]>;
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

  /** `undefined`: some of what is shown is not in memory. */
  function fromMemory(
    view: ReaderView,
    { entryId, post, reposterId }: CachedEntry,
  ): TimelineEntry | undefined {
    const author = cachedUser(post.authorId);
    const repostedBy = reposterId === null ? null : cachedUser(reposterId);
    const flags = view.flags(post.postId);
    if (author === undefined || repostedBy === undefined || flags === undefined) return undefined;
    return shownEntry(entryId, post, author, repostedBy, flags);
  }

  function shownEntry(
    entryId: Id,
    post: CachedPost,
    author: User,
    repostedBy: User | null,
    { liked, reposted, bookmarked }: ViewerFlags,
  ): TimelineEntry {
    const { likeCount, repostCount, replyCount } = post.counts;
    const reactions = { likeCount, repostCount, replyCount, liked, reposted, bookmarked };
    return { entryId, content: shownContent(post, showMedia), author, reactions, repostedBy };
  }

  function missingOf(view: ReaderView, entries: readonly CachedEntry[]) {
    const userIds = new Set<Id>();
    const postIds = new Set<Id>();
    for (const { post, reposterId } of entries) {
      if (cachedUser(post.authorId) === undefined) userIds.add(post.authorId);
      if (reposterId !== null && cachedUser(reposterId) === undefined) userIds.add(reposterId);
      if (view.flags(post.postId) === undefined) postIds.add(post.postId);
    }
    return { userIds: [...userIds], postIds: [...postIds] };
  }

  async function loaded(view: ReaderView, entries: readonly CachedEntry[]): Promise<TimelineEntry[]> {
    const { userIds, postIds } = missingOf(view, entries);
    const [users, flags] = await Promise.all([
      userIds.length === 0 ? NOBODY : getUsers(userIds),
      postIds.length === 0 ? NO_FLAGS : readerViews.flagsOf(view.readerId, postIds),
    ]);
    const userOf = (userId: Id): User | undefined => cachedUser(userId) ?? users.get(userId);
    const assembled: TimelineEntry[] = [];
    for (const { entryId, post, reposterId } of entries) {
      const author = userOf(post.authorId);
      const repostedBy = reposterId === null ? null : userOf(reposterId);
      if (author === undefined || repostedBy === undefined) continue;
      const known = view.flags(post.postId) ?? flags.get(post.postId) ?? NOT_REACTED;
      assembled.push(shownEntry(entryId, post, author, repostedBy, known));
    }
    return assembled;
  }

  return {
    assemble(view, entries) {
      const assembled: TimelineEntry[] = [];
      for (const entry of entries) {
        const shown = fromMemory(view, entry);
        if (shown === undefined) return loaded(view, entries);
        assembled.push(shown);
      }
      return assembled;
    },
  };
}

const NOBODY: ReadonlyMap<Id, User> = new Map();
const NO_FLAGS: ReadonlyMap<Id, ViewerFlags> = new Map();
const NOT_REACTED: ViewerFlags = { liked: false, reposted: false, bookmarked: false };
