/** The table `audit_log`. */
import type { Id } from '../../../core/ids.ts';
import { readStatement, writeStatement } from '../../../ports/sql-store/sql-store.ts';

export interface AuditRow {
  readonly entry_id: Id;
  readonly actor_id: Id | null;
  readonly action: string;
  readonly user_id: Id | null;
  readonly report_id: Id | null;
  readonly detail: string;
}

export const insertAuditEntry = writeStatement<
  [
    entryId: Id,
    shard: number,
    actorId: Id | null,
    action: string,
    userId: Id | null,
    reportId: Id | null,
    detail: string,
  ]
>(
  'audit_log_insert',
  `INSERT INTO audit_log (entry_id, shard, actor_id, action, user_id, report_id, detail)
   VALUES ($1, $2, $3, $4, $5, $6, $7)`,
);

export const pageAuditEntries = readStatement<[before: Id, limit: number], AuditRow>(
  'audit_log_page',
  `SELECT entry_id, actor_id, action, user_id, report_id, detail FROM audit_log
   WHERE entry_id < $1 ORDER BY entry_id DESC LIMIT $2`,
);
