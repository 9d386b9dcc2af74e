/** What moderators and administrators did, each act in the transaction of its effect. */

import { type Id, type IdGenerator, shardOf } from '../../../core/ids.ts';
import type { Page } from '../../../core/page.ts';
import type { UserRole } from '../../../core/principal.ts';
import type { SqlStore, SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import { pageFrom } from '../page.ts';
import { type AuditRow, insertAuditEntry, pageAuditEntries } from './audit-log-queries.ts';

/** Who acts. */
export interface Actor {
  /** Null for whoever has the command line of the server. */
  readonly userId: Id | null;
  readonly role: UserRole;
}

export const COMMAND_LINE: Actor = { userId: null, role: 'administrator' };

export type AuditAction =
  | 'user_created'
  | 'user_suspended'
  | 'user_restored'
  | 'role_changed'
  | 'password_reset_created'
  | 'report_resolved'
  | 'post_read'
  | 'post_deleted'
  | 'target_blocked'
  | 'target_warned'
  | 'target_unblocked'
  | 'link_disabled'
  | 'link_enabled'
  | 'link_warned'
  | 'link_unwarned'
  | 'service_level_forced'
  | 'payment_refunded';

export interface AuditEntry {
  readonly entryId: Id;
  readonly actorId: Id | null;
  readonly action: string;
  readonly userId: Id | null;
  readonly reportId: Id | null;
  readonly detail: string;
}

export interface NewAuditEntry {
  readonly action: AuditAction;
  readonly userId?: Id | null;
  readonly reportId?: Id;
  readonly detail?: string;
}

export interface AuditLog {
  add(transaction: SqlTransaction, actor: Actor, entry: NewAuditEntry): Promise<void>;
  /** The newest first, those with ids below `before`. */
  page(before: Id, limit: number): Promise<Page<AuditEntry>>;
}

export interface AuditLogDeps {
  readonly sql: SqlStore;
  readonly ids: IdGenerator;
}

export function createAuditLog({ sql, ids }: AuditLogDeps): AuditLog {
  return {
    async add(transaction, { userId: actorId }, { action, userId = null, reportId = null, detail = '' }) {
      const ownerId = actorId ?? userId;
      const entryId = ids.next();
      // What is about the whole server is about nobody.
      const shard = ownerId === null ? 0 : shardOf(ownerId);
      await transaction.query(insertAuditEntry, [entryId, shard, actorId, action, userId, reportId, detail]);
    },

    async page(before, limit) {
      const rows = await sql.query(pageAuditEntries, [before, limit + 1]);
      return pageFrom(rows, limit, (row) => row.entry_id, entryOf);
    },
  };
}

function entryOf(row: AuditRow): AuditEntry {
  return {
    entryId: row.entry_id,
    actorId: row.actor_id,
    action: row.action,
    userId: row.user_id,
    reportId: row.report_id,
    detail: row.detail,
  };
}
