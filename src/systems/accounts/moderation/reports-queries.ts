/** The table `reports`. */
import type { Id } from '../../../core/ids.ts';
import { readStatement, writeStatement } from '../../../ports/sql-store/sql-store.ts';

/** As it was when it was reported. */
export interface ReportedLinkRow {
  readonly owner_id: string;
  readonly short_url: string;
  readonly targets: readonly string[];
}

export interface ReportRow {
  readonly report_id: Id;
  readonly reporter_id: Id | null;
  readonly user_id: Id | null;
  readonly post_id: Id | null;
  readonly link_id: Id | null;
  readonly link: ReportedLinkRow | null;
  readonly reason: string;
  readonly comment: string;
  readonly resolved_at: Date | null;
  readonly resolved_by: Id | null;
  readonly note: string | null;
}

const COLUMNS =
  'report_id, reporter_id, user_id, post_id, link_id, link, reason, comment, resolved_at, resolved_by, note';

export const insertReport = writeStatement<
  [
    reportId: Id,
    shard: number,
    reporterId: Id | null,
    userId: Id | null,
    postId: Id | null,
    linkId: Id | null,
    /** JSON. */
    link: string | null,
    reason: string,
    comment: string,
  ],
  ReportRow
>(
  'reports_insert',
  `INSERT INTO reports (report_id, shard, reporter_id, user_id, post_id, link_id, link, reason, comment)
   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING ${COLUMNS}`,
);

/** Of people who were not signed in; at most `limit`, which is enough to know that there are too many. */
export const countOpenAnonymousReports = readStatement<[linkId: Id, limit: number], { count: number }>(
  'reports_count_open_anonymous',
  `SELECT count(*)::integer AS count FROM (
     SELECT FROM reports WHERE link_id = $1 AND resolved_at IS NULL AND reporter_id IS NULL LIMIT $2) AS counted`,
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

export const getReport = readStatement<[reportId: Id], ReportRow>(
  'reports_get',
  `SELECT ${COLUMNS} FROM reports WHERE report_id = $1`,
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
