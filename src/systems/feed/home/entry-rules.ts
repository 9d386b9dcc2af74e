/** Decision 5 in plain code, for entries and viewers that are in memory; `timelines-queries.ts` has it as SQL. */
import type { Id } from '../../../core/ids.ts';
import { REPOST_WINDOW_IDS } from '../timelines/repost-window.ts';
import type { CachedEntry, CachedPost } from './posts-cache.ts';
import type { ReaderView } from './reader-views.ts';

/** What the user posts and reposts is in the reader's home timeline: the reader, or who they follow and hear. */
export function isSource(view: ReaderView, userId: Id): boolean {
  return userId === view.readerId || (view.follows(userId) && isHeard(view, userId));
}

/** The entry is one of the home timeline, but for what else may show its post there. */
export function isEligible(view: ReaderView, { post, reposterId }: CachedEntry): boolean {
  if (post.visibility === 'direct') return false;
  if (reposterId === null) return isSource(view, post.authorId);
  return isSource(view, reposterId) && (post.authorId === view.readerId || isHeard(view, post.authorId));
}

/** The post itself is there, and not more than 24 hours before this repost of it. */
export function followsItsPost(view: ReaderView, { entryId, post }: CachedEntry): boolean {
  return post.postId >= entryId - REPOST_WINDOW_IDS && isSource(view, post.authorId);
}

function isHeard(view: ReaderView, userId: Id): boolean {
  return !view.mutes(userId) && !view.parted(userId);
}

/** As `postVisible` of `visibility-queries.ts`, but for suspensions. */
export function isPostVisible(view: ReaderView, post: CachedPost): boolean {
  if (view.parted(post.authorId)) return false;
  if (post.visibility === 'public' || post.visibility === 'unlisted') return true;
  const { readerId } = view;
  return (
    post.authorId === readerId ||
    post.replyToUserId === readerId ||
    post.mentionUserIds.includes(readerId) ||
    (post.visibility === 'followers' && view.follows(post.authorId))
  );
}
