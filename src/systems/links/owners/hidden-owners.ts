/**
 * Owners who are suspended or deleted: their links lead nowhere. Told by the topic `users`; what has come of it is announced
 * in the topic `links`, so that every process forgets what it has in memory only when the database is so.
 */
import type { Clock } from '../../../core/clock.ts';
import { type Id, shardOf } from '../../../core/ids.ts';
import type { EventLog, LoggedEvent, Subscription } from '../../../ports/event-log/event-log.ts';
import type { SqlStore, SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import { linkDeleted, ownerHidden } from '../link-events.ts';
import {
  claimDeletedOwner,
  disownLinks,
  hideOwners,
  markOwnerErased,
  showOwners,
} from './hidden-owners-queries.ts';

/** What happens to users: announced by the system that has them. */
const USERS_TOPIC = 'users';
/** Links that one call of `erase` disowns at most. */
export const ERASE_LIMIT = 500;

export interface HiddenOwners {
  readonly subscription: Subscription;
  /**
   * Erases up to `limit` links of one deleted owner, each but for its code, and answers whether there may be more to erase.
   * Any number of workers may call it; one that stops half-way is taken up by the next.
   */
  erase(limit?: number): Promise<boolean>;
}

export interface HiddenOwnersDeps {
  readonly sql: SqlStore;
  readonly eventLog: EventLog;
  readonly clock: Clock;
}

export function createHiddenOwners({ sql, eventLog, clock }: HiddenOwnersDeps): HiddenOwners {
  async function handle(events: readonly LoggedEvent[], transaction: SqlTransaction): Promise<void> {
    const latest = [...latestStates(events)];
    const hidden = latest.flatMap(([userId, state]) => (state === 'restored' ? [] : [{ userId, state }]));
    const restored = latest.filter(([, state]) => state === 'restored').map(([userId]) => userId);
    if (hidden.length > 0) {
      const userIds = hidden.map(({ userId }) => userId);
      const states = hidden.map(({ state }) => state);
      const changed = await transaction.query(hideOwners, [userIds, userIds.map(shardOf), states]);
      await announce(transaction, 'owner_hidden', changed);
    }
    if (restored.length > 0) {
      await announce(transaction, 'owner_shown', await transaction.query(showOwners, [restored]));
    }
  }

  async function announce(
    transaction: SqlTransaction,
    kind: 'owner_hidden' | 'owner_shown',
    owners: readonly { readonly user_id: Id }[],
  ): Promise<void> {
    if (owners.length === 0) return;
    await eventLog.append(
      transaction,
      owners.map((owner) => ownerHidden(kind, owner.user_id)),
    );
  }

  return {
    subscription: { group: 'hidden-link-owners', topics: [USERS_TOPIC], from: 'beginning', handle },

    async erase(limit = ERASE_LIMIT) {
      return sql.transaction(async (transaction) => {
        const [claimed] = await transaction.query(claimDeletedOwner, []);
        if (claimed === undefined) return false;
        const { user_id: ownerId } = claimed;
        const disowned = await transaction.query(disownLinks, [ownerId, limit, new Date(clock.nowMs())]);
        if (disowned.length === 0) {
          await transaction.query(markOwnerErased, [ownerId]);
          return true;
        }
        const deleted = disowned.filter((link) => !link.was_deleted);
        if (deleted.length > 0) {
          await eventLog.append(
            transaction,
            deleted.map((link) =>
              linkDeleted({ linkId: link.link_id, domainId: link.domain_id, code: link.code, ownerId }),
            ),
          );
        }
        return true;
      });
    },
  };
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
