/**
 * Who is told of what: the rules of the home timeline (decision 5) and of visibility, in memory, at the time of sending.
 * Without the 24 hours in which a timeline shows a post once: a client knows what it shows.
 */
import type { Id } from '../../core/ids.ts';
import type { LiveEvent, PostFacts } from './live-events.ts';
import type { Relations } from './relations.ts';

/** One who watches. */
export interface Viewer {
  readonly userId: Id;
  readonly relations: Relations;
}

/** Of their own accord, and not because they watch that post. */
export function concerns(viewer: Viewer, event: LiveEvent): boolean {
  switch (event.kind) {
    case 'post':
      return isNews(viewer, event);
    // Of a direct post only those learn that it is gone who knew that it was there.
    case 'post_edited':
    case 'post_deleted':
      return (
        maySee(viewer, event) &&
        isHeard(viewer, event.authorId) &&
        (event.visibility === 'direct' ||
          isSource(viewer, event.authorId) ||
          isSpokenTo(viewer, event) ||
          event.droppedIds.includes(viewer.userId))
      );
    case 'unreposted':
      return isSource(viewer, event.sourceId) && isHeard(viewer, event.authorId);
    case 'relationship':
      return event.userId === viewer.userId;
    default:
      return (
        event.userId === viewer.userId && (event.actorId === undefined || isHeard(viewer, event.actorId))
      );
  }
}

/** As the statements of the feed have it, but for suspensions. */
export function maySee(viewer: Viewer, post: PostFacts): boolean {
  if (viewer.relations.isParted(post.authorId)) return false;
  if (post.visibility === 'public' || post.visibility === 'unlisted') return true;
  if (post.authorId === viewer.userId || isSpokenTo(viewer, post)) return true;
  return post.visibility === 'followers' && viewer.relations.follows(post.authorId);
}

/** Could see it until an edit. */
export function isDropped({ userId, relations }: Viewer, event: LiveEvent): boolean {
  return event.kind === 'post_edited' && event.droppedIds.includes(userId) && relations.hears(event.authorId);
}

function isNews(viewer: Viewer, event: Extract<LiveEvent, { kind: 'post' }>): boolean {
  if (!maySee(viewer, event) || !isHeard(viewer, event.authorId)) return false;
  if (event.visibility === 'direct') return true;
  return isSource(viewer, event.sourceId);
}

function isSource(viewer: Viewer, userId: Id): boolean {
  return userId === viewer.userId || (viewer.relations.follows(userId) && viewer.relations.hears(userId));
}

function isHeard(viewer: Viewer, userId: Id): boolean {
  return userId === viewer.userId || viewer.relations.hears(userId);
}

function isSpokenTo({ userId }: Viewer, { spokenToIds }: PostFacts): boolean {
  return spokenToIds.includes(userId);
}
