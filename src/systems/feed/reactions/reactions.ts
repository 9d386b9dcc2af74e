/**
 * Liking, reposting and bookmarking a post, and taking it back. What is so already stays as it is and is no event.
 * The answer counts the caller's own change. Each fails with `not_found` for a post that the user may not see.
 */
import { AppError, notFound } from '../../../core/errors.ts';
import { type Id, type IdGenerator, shardOf } from '../../../core/ids.ts';
import type { EventLog, NewEvent } from '../../../ports/event-log/event-log.ts';
import type { SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import type { Hydration } from '../posts/hydration.ts';
import { isRepostable, NO_REACTIONS, type PostReactions } from '../posts/post.ts';
import { repostEvent } from '../posts/post-events.ts';
import { bookmarkEvent, likeEvent } from './reaction-events.ts';
import {
  addBookmark,
  addLike,
  addRepost,
  type ReactionRow,
  removeBookmark,
  removeLike,
  removeRepost,
} from './reactions-queries.ts';

export interface ReactionsDeps {
  readonly ids: IdGenerator;
  readonly eventLog: EventLog;
  readonly hydration: Hydration;
}

export type React = (transaction: SqlTransaction, userId: Id, postId: Id) => Promise<PostReactions>;

export interface Reactions {
  readonly like: React;
  readonly unlike: React;
  /** Fails with `forbidden` for a post that not everyone may see. */
  readonly repost: React;
  readonly unrepost: React;
  readonly bookmark: React;
  readonly unbookmark: React;
}

export function createReactions({ ids, eventLog, hydration }: ReactionsDeps): Reactions {
  /** `change` answers what became of the post, `announce` tells of a change that was one. */
  function reaction(
    change: (transaction: SqlTransaction, userId: Id, postId: Id) => Promise<ReactionRow[]>,
    announce: (reactionId: Id, userId: Id, postId: Id, authorId: Id) => NewEvent,
  ): React {
    return async (transaction, userId, postId) => {
      const [row] = await change(transaction, userId, postId);
      if (row === undefined) throw notFound('post');
      if (row.reaction_id !== null) {
        await eventLog.append(transaction, [announce(row.reaction_id, userId, postId, row.author_id)]);
      }
      const reactions = await hydration.reactions(userId, [postId], transaction);
      return reactions.get(postId) ?? NO_REACTIONS;
    };
  }

  return {
    like: reaction(
      (transaction, userId, postId) =>
        transaction.query(addLike, [userId, postId, ids.next(), shardOf(userId)]),
      (likeId, userId, postId, authorId) => likeEvent('liked', { likeId, userId, postId, authorId }),
    ),
    unlike: reaction(
      (transaction, userId, postId) => transaction.query(removeLike, [userId, postId]),
      (likeId, userId, postId, authorId) => likeEvent('unliked', { likeId, userId, postId, authorId }),
    ),
    repost: reaction(
      async (transaction, userId, postId) => {
        const rows = await transaction.query(addRepost, [userId, postId, ids.next(), shardOf(userId)]);
        if (rows.some((row) => !isRepostable(row.visibility))) throw notRepostable();
        return rows;
      },
      (repostId, userId, postId, authorId) => repostEvent('reposted', { repostId, userId, postId, authorId }),
    ),
    unrepost: reaction(
      (transaction, userId, postId) => transaction.query(removeRepost, [userId, postId]),
      (repostId, userId, postId, authorId) =>
        repostEvent('unreposted', { repostId, userId, postId, authorId }),
    ),
    bookmark: reaction(
      (transaction, userId, postId) =>
        transaction.query(addBookmark, [userId, postId, ids.next(), shardOf(userId)]),
      (bookmarkId, userId, postId) => bookmarkEvent('bookmarked', { bookmarkId, userId, postId }),
    ),
    unbookmark: reaction(
      (transaction, userId, postId) => transaction.query(removeBookmark, [userId, postId]),
      (bookmarkId, userId, postId) => bookmarkEvent('unbookmarked', { bookmarkId, userId, postId }),
    ),
  };
}

function notRepostable(): AppError {
  return new AppError('forbidden', 'Only public and unlisted posts can be reposted.');
}
