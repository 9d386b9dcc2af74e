/**
 * The events of the topic `reactions`, with the post as key: those of one user to one post are in order, because
 * each change holds the lock of its row until its commit.
 */
import { type Id, idTimestamp } from '../../../core/ids.ts';
import type { NewEvent } from '../../../ports/event-log/event-log.ts';

export const REACTIONS_TOPIC = 'reactions';

export interface Like {
  readonly likeId: Id;
  readonly userId: Id;
  readonly postId: Id;
  /** Of the post. */
  readonly authorId: Id;
}

export function likeEvent(kind: 'liked' | 'unliked', like: Like): NewEvent {
  return {
    topic: REACTIONS_TOPIC,
    key: like.postId,
    kind,
    payload: {
      like_id: String(like.likeId),
      user_id: String(like.userId),
      post_id: String(like.postId),
      author_id: String(like.authorId),
      created_at: idTimestamp(like.likeId),
    },
    ownerId: like.userId,
  };
}

export interface Bookmark {
  readonly bookmarkId: Id;
  readonly userId: Id;
  readonly postId: Id;
}

/** Nobody else may learn of it, not even the author of the post. */
export function bookmarkEvent(kind: 'bookmarked' | 'unbookmarked', bookmark: Bookmark): NewEvent {
  return {
    topic: REACTIONS_TOPIC,
    key: bookmark.postId,
    kind,
    payload: {
      bookmark_id: String(bookmark.bookmarkId),
      user_id: String(bookmark.userId),
      post_id: String(bookmark.postId),
      created_at: idTimestamp(bookmark.bookmarkId),
    },
    ownerId: bookmark.userId,
  };
}
