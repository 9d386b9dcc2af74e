/**
 * Suspended and deleted users: nobody sees them in a list, nor their posts. Told by the topic `users`, so that
 * the queries of the feed need not ask the accounts.
 */
import { type Id, shardOf } from '../../../core/ids.ts';
import type { LoggedEvent, Subscription } from '../../../ports/event-log/event-log.ts';
import type { SqlStore, SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import {
  claimDeletedUser,
  eraseFollows,
  eraseOthers,
  hideUsers,
  markErased,
  restoreUsers,
} from './hidden-users-queries.ts';
import { followDeltas } from './user-counts.ts';
import { insertFollowDeltas } from './user-counts-queries.ts';

/** What happens to users: announced by the system that has them. */
export const USERS_TOPIC = 'users';

/** Follows that one call of `erase` ends at most: their locks and their counts are held for some 40 ms. */
export const ERASE_LIMIT = 1_000;

export interface HiddenUsers {
  /** Of the topic `users`: who is suspended, restored or deleted. All its effects are in the transaction. */
  readonly subscription: Subscription;
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
    subscription: { group: 'hidden-users', topics: [USERS_TOPIC], from: 'beginning', handle },

    async erase(limit = ERASE_LIMIT) {
      return sql.transaction(async (transaction) => {
        const [claimed] = await transaction.query(claimDeletedUser, []);
        if (claimed === undefined) return false;
        const { user_id: userId } = claimed;
        const follows = await transaction.query(eraseFollows, [userId, limit]);
        if (follows.length > 0) await transaction.query(insertFollowDeltas, followDeltas(follows, -1));
        const [others] = await transaction.query(eraseOthers, [userId, limit]);
        if (follows.length === 0 && others?.erased === 0) await transaction.query(markErased, [userId]);
        return true;
      });
    },
  };
}

async function handle(events: readonly LoggedEvent[], transaction: SqlTransaction): Promise<void> {
  const latest = [...latestStates(events)];
  const hidden = latest.flatMap(([userId, state]) => (state === 'restored' ? [] : [{ userId, state }]));
  const restored = latest.filter(([, state]) => state === 'restored').map(([userId]) => userId);
  if (hidden.length > 0) {
    const userIds = hidden.map(({ userId }) => userId);
    const states = hidden.map(({ state }) => state);
    await transaction.query(hideUsers, [userIds, userIds.map(shardOf), states]);
  }
  if (restored.length > 0) await transaction.query(restoreUsers, [restored]);
}

type State = 'suspended' | 'restored' | 'deleted';

/** What is so after all the events; other kinds say nothing here. */
function latestStates(events: readonly LoggedEvent[]): Map<Id, State> {
  const latest = new Map<Id, State>();
  for (const { key, kind } of events) {
    if (latest.get(key) === 'deleted') continue;
    if (kind === 'suspended' || kind === 'restored' || kind === 'deleted') latest.set(key, kind);
  }
  return latest;
}
