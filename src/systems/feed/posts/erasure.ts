/**
 * Erasing what is out of sight already: everything that a deleted user wrote and did, and the reactions to a
 * deleted post. In bounded pieces, because a celebrity's may be millions.
 */
import { type Id, shardOf } from '../../../core/ids.ts';
import type { EventLog, LoggedEvent, Subscription } from '../../../ports/event-log/event-log.ts';
import type { SqlStore, SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import { likeEvent } from '../reactions/reaction-events.ts';
import { USERS_TOPIC } from '../relationships/hidden-users.ts';
import {
  beginUserErasures,
  claimErasure,
  deleteTombstones,
  endErasure,
  eraseBookmarksOf,
  eraseLikesOf,
  eraseReactionsTo,
  eraseRepostsOf,
  getOwnPostIds,
  getRemainsOf,
} from './erasure-queries.ts';
import { deleteOwnPosts } from './post-deletion.ts';
import { repostEvent } from './post-events.ts';
import { lockOwnPosts } from './posts-queries.ts';

/** Of each kind of row in one call of `erase`: some 50 ms. At most what the event log takes at once. */
export const ERASE_LIMIT = 500;
/** Tombstones to which nothing replies stay this long, for answers that were being written. */
export const TOMBSTONE_DAYS = 30;
const TOMBSTONES_LIMIT = 1_000;

export interface Erasure {
  /** Of the topic `users`: who is deleted. All its effects are in the transaction. */
  readonly subscription: Subscription;
  /**
   * Erases a piece of what is to be erased, in a transaction of its own, and answers whether there may be more.
   * Call it until there is not. Any number of workers may call it at any time; one that stops half-way is taken up
   * by the next.
   */
  erase(limit?: number): Promise<boolean>;
  /** Removes tombstones that no thread needs any more, and answers whether there may be more. */
  deleteTombstones(): Promise<boolean>;
}

export function createErasure(deps: { readonly sql: SqlStore; readonly eventLog: EventLog }): Erasure {
  const { sql, eventLog } = deps;

  return {
    subscription: { group: 'feed-erasure', topics: [USERS_TOPIC], from: 'beginning', handle: beginErasures },

    erase: (limit = ERASE_LIMIT) =>
      sql.transaction(async (transaction) => {
        const [claimed] = await transaction.query(claimErasure, []);
        if (claimed === undefined) return false;
        const { subject, subject_id: subjectId } = claimed;
        const remains =
          subject === 'user'
            ? await eraseUser(transaction, eventLog, subjectId, limit)
            : await erasePost(transaction, subjectId, limit);
        if (!remains) await transaction.query(endErasure, [subject, subjectId]);
        return true;
      }),

    async deleteTombstones() {
      const [row] = await sql.query(deleteTombstones, [TOMBSTONE_DAYS, TOMBSTONES_LIMIT]);
      return row?.deleted === TOMBSTONES_LIMIT;
    },
  };
}

async function beginErasures(events: readonly LoggedEvent[], transaction: SqlTransaction): Promise<void> {
  const userIds = [...new Set(events.filter(({ kind }) => kind === 'deleted').map(({ key }) => key))];
  if (userIds.length === 0) return;
  await transaction.query(beginUserErasures, [userIds, userIds.map(shardOf)]);
}

/** Whether anything is left of the user. */
async function eraseUser(
  transaction: SqlTransaction,
  eventLog: EventLog,
  userId: Id,
  limit: number,
): Promise<boolean> {
  const postIds = await transaction.query(getOwnPostIds, [userId, limit]);
  if (postIds.length > 0) {
    const posts = await transaction.query(lockOwnPosts, [userId, postIds.map((row) => row.post_id)]);
    await deleteOwnPosts(transaction, eventLog, posts);
  }
  const likes = await transaction.query(eraseLikesOf, [userId, limit]);
  const unliked = likes.map(({ reaction_id: likeId, post_id: postId, author_id: authorId }) =>
    likeEvent('unliked', { likeId, userId, postId, authorId }),
  );
  if (unliked.length > 0) await eventLog.append(transaction, unliked);
  const reposts = await transaction.query(eraseRepostsOf, [userId, limit]);
  const unreposted = reposts.map(({ reaction_id: repostId, post_id: postId, author_id: authorId }) =>
    repostEvent('unreposted', { repostId, userId, postId, authorId }),
  );
  if (unreposted.length > 0) await eventLog.append(transaction, unreposted);
  await transaction.query(eraseBookmarksOf, [userId, limit]);
  const [row] = await transaction.query(getRemainsOf, [userId]);
  return row?.remains ?? false;
}

/** Whether there may be reactions left. */
async function erasePost(transaction: SqlTransaction, postId: Id, limit: number): Promise<boolean> {
  const [row] = await transaction.query(eraseReactionsTo, [postId, limit]);
  return row !== undefined && row.erased > 0;
}
