/** What the system `accounts` announces of users, for tests of what other systems make of it. */
import type { Id } from '../../src/core/ids.ts';
import type { EventLog } from '../../src/ports/event-log/event-log.ts';
import type { SqlStore } from '../../src/ports/sql-store/sql-store.ts';

interface Setting {
  readonly sql: SqlStore;
  readonly eventLog: EventLog;
}

export function userStateEvent(
  setting: Setting,
  kind: 'suspended' | 'restored' | 'deleted',
  userId: Id,
): Promise<void> {
  const event = { topic: 'users', kind, key: userId, ownerId: userId, payload: { user_id: String(userId) } };
  return setting.sql.transaction((transaction) => setting.eventLog.append(transaction, [event]));
}

export function userDeletedEvent(setting: Setting, userId: Id): Promise<void> {
  return userStateEvent(setting, 'deleted', userId);
}
