/** The table `reports`. */
import type { Id } from '../../../core/ids.ts';
import { readStatement, writeStatement } from '../../../ports/sql-store/sql-store.ts';

export interface ReportRow {
  readonly report_id: Id;
  readonly reporter_id: Id;
  readonly user_id: Id | null;
  readonly post_id: Id | null;
  readonly reason: string;
  readonly comment: string;
  readonly resolved_at: Date | null;
  readonly resolved_by: Id | null;
  readonly note: string | null;
}

const COLUMNS = 'report_id, reporter_id, user_id, post_id, reason, comment, resolved_at, resolved_by, note';

export const insertReport = writeStatement<
  [
    reportId: Id,
    shard: number,
    reporterId: Id,
    userId: Id | null,
    postId: Id | null,
    reason: string,
    comment: string,
  ],
  ReportRow
>(
  'reports_insert',
  `INSERT INTO reports (report_id, shard, reporter_id, user_id, post_id, reason, comment)
   VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING ${COLUMNS}`,
);

export const pageReports = readStatement<[before: Id, limit: number], ReportRow>(
  'reports_page',
  `SELECT ${COLUMNS} FROM reports WHERE report_id < $1 ORDER BY report_id DESC LIMIT $2`,
);

export const pageOpenReports = readStatement<[before: Id, limit: number], ReportRow>(
  'reports_page_open',
  `SELECT ${COLUMNS} FROM reports WHERE report_id < $1 AND resolved_at IS NULL
   ORDER BY report_id DESC LIMIT $2`,
);

export const pageResolvedReports = readStatement<[before: Id, limit: number], ReportRow>(
  'reports_page_resolved',
  `SELECT ${COLUMNS} FROM reports WHERE report_id < $1 AND resolved_at IS NOT NULL
   ORDER BY report_id DESC LIMIT $2`,
);

export const lockReport = writeStatement<[reportId: Id], ReportRow>(
  'reports_lock',
  `SELECT ${COLUMNS} FROM reports WHERE report_id = $1 FOR UPDATE`,
);

export const resolveReport = writeStatement<
  [reportId: Id, resolvedAt: Date, resolvedBy: Id, note: string],
  ReportRow
>(
  'reports_resolve',
  `UPDATE reports SET resolved_at = $2, resolved_by = $3, note = $4 WHERE report_id = $1 RETURNING ${COLUMNS}`,
);
