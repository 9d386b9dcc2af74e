/**
 * Suspended and deleted users: nobody sees them in a list, nor their posts. Told by the topic `users`, so that
 * the queries of the feed need not ask the accounts.
 */
import { type Id, shardOf } from '../../../core/ids.ts';
import type { SqlStore, SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import {
  claimDeletedUser,
  type ErasedFollowRow,
  eraseFollows,
  eraseOthers,
  hideUsers,
  insertFollowDeltas,
  markErased,
  restoreUsers,
} from './hidden-users-queries.ts';

/** The part of an event of the topic `users` that is read here; its key is the user. */
export interface UserEvent {
  readonly key: Id;
  readonly kind: string;
}

/** Follows that one call of `erase` ends at most: their locks and their counts are held for some 20 ms. */
export const ERASE_LIMIT = 1_000;

export interface HiddenUsers {
  /** Takes events of the topic `users`, in their order, inside the consumer's transaction. Idempotent. */
  consume(transaction: SqlTransaction, events: readonly UserEvent[]): Promise<void>;
  /**
   * Erases up to `limit` relationships of one deleted user, in a transaction of its own, and answers whether
   * there may be more to erase, of this user or another. Call it until there is not. Any number of workers may
   * call it at any time; one that stops half-way is taken up by the next.
   *
   * No `unfollowed` events: a celebrity has a million followers, and `deleted` has said it all.
   */
  erase(limit?: number): Promise<boolean>;
}

export function createHiddenUsers({ sql }: { readonly sql: SqlStore }): HiddenUsers {
  return {
    async consume(transaction, events) {
      const latest = latestStates(events);
      const hidden = [...latest].flatMap(([userId, state]) =>
        state === 'restored' ? [] : [{ userId, state }],
      );
      const restored = [...latest].filter(([, state]) => state === 'restored').map(([userId]) => userId);
      if (hidden.length > 0) {
        const userIds = hidden.map(({ userId }) => userId);
        const states = hidden.map(({ state }) => state);
        await transaction.query(hideUsers, [userIds, userIds.map(shardOf), states]);
      }
      if (restored.length > 0) await transaction.query(restoreUsers, [restored]);
    },

    async erase(limit = ERASE_LIMIT) {
      return sql.transaction(async (transaction) => {
        const [claimed] = await transaction.query(claimDeletedUser, []);
        if (claimed === undefined) return false;
        const { user_id: userId } = claimed;
        const follows = await transaction.query(eraseFollows, [userId, limit]);
        if (follows.length > 0) await countErased(transaction, follows);
        const [others] = await transaction.query(eraseOthers, [userId, limit]);
        if (follows.length === 0 && others?.erased === 0) await transaction.query(markErased, [userId]);
        return true;
      });
    },
  };
}

type State = 'suspended' | 'restored' | 'deleted';

/** What is so after all the events; other kinds say nothing here. */
function latestStates(events: readonly UserEvent[]): Map<Id, State> {
  const latest = new Map<Id, State>();
  for (const { key, kind } of events) {
    if (latest.get(key) === 'deleted') continue;
    if (kind === 'suspended' || kind === 'restored' || kind === 'deleted') latest.set(key, kind);
  }
  return latest;
}

/** One delta a user, not a follow: the deleted user is in every row. */
async function countErased(transaction: SqlTransaction, follows: readonly ErasedFollowRow[]): Promise<void> {
  const followers = new Map<Id, number>();
  const followings = new Map<Id, number>();
  for (const { follower_id: followerId, followee_id: followeeId } of follows) {
    followings.set(followerId, (followings.get(followerId) ?? 0) - 1);
    followers.set(followeeId, (followers.get(followeeId) ?? 0) - 1);
  }
  const userIds = [...new Set([...followers.keys(), ...followings.keys()])];
  await transaction.query(insertFollowDeltas, [
    userIds,
    userIds.map(shardOf),
    userIds.map((userId) => followers.get(userId) ?? 0),
    userIds.map((userId) => followings.get(userId) ?? 0),
  ]);
}
