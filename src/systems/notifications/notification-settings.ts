/** Of whom a user wants to be notified, by kind. It decides about what happens from then on. */
import { type Id, shardOf } from '../../core/ids.ts';
import type { SqlStore, SqlTransaction } from '../../ports/sql-store/sql-store.ts';
import { changeSettings, getSettings } from './inboxes-queries.ts';
import { NOTIFICATION_KINDS, type NotificationKind } from './notification.ts';

export const AUDIENCES = ['everyone', 'following', 'none'] as const;
/** Whoever it is, only those whom the user follows, or nobody. */
export type Audience = (typeof AUDIENCES)[number];

export type NotificationSettings = Readonly<Record<NotificationKind, Audience>>;

export interface Settings {
  get(userId: Id): Promise<NotificationSettings>;
  /** What is left out stays. */
  change(
    transaction: SqlTransaction,
    userId: Id,
    changes: Partial<NotificationSettings>,
  ): Promise<NotificationSettings>;
}

export function createSettings({ sql }: { readonly sql: SqlStore }): Settings {
  return {
    async get(userId) {
      const [row] = await sql.query(getSettings, [userId]);
      return settingsOf(row?.settings);
    },

    async change(transaction, userId, changes) {
      const params = [userId, shardOf(userId), JSON.stringify(changes)] as const;
      const [row] = await transaction.query(changeSettings, [...params]);
      return settingsOf(row?.settings);
    },
  };
}

/** Those of a row of `notification_inboxes`. */
export function settingsOf(stored: Readonly<Record<string, unknown>> = {}): NotificationSettings {
  const audiences = NOTIFICATION_KINDS.map((kind) => [kind, audienceOf(stored[kind])]);
  // The cast is what fromEntries forgets: every kind is there.
  return Object.fromEntries(audiences) as NotificationSettings;
}

function audienceOf(stored: unknown): Audience {
  return AUDIENCES.find((audience) => audience === stored) ?? 'everyone';
}
