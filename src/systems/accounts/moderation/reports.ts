/** What users tell the moderators about other users and about posts. */

import type { Clock } from '../../../core/clock.ts';
import { AppError, invalidField, notFound } from '../../../core/errors.ts';
import { type Id, type IdGenerator, shardOf } from '../../../core/ids.ts';
import type { Page } from '../../../core/page.ts';
import type { SqlSession, SqlStore, SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import { pageFrom } from '../page.ts';
import { parseLine, parseLines } from '../text.ts';
import type { Users } from '../users/users.ts';
import type { AuditLog } from './audit-log.ts';
import {
  insertReport,
  lockReport,
  pageOpenReports,
  pageReports,
  pageResolvedReports,
  type ReportRow,
  resolveReport,
} from './reports-queries.ts';

export const REASON_GRAPHEMES_MAX = 100;
export const COMMENT_GRAPHEMES_MAX = 1_000;
export const NOTE_GRAPHEMES_MAX = 1_000;

export const REPORT_STATUSES = ['open', 'resolved'] as const;
export type ReportStatus = (typeof REPORT_STATUSES)[number];

/** About one user or one post. */
export interface NewReport {
  readonly userId?: Id | undefined;
  readonly postId?: Id | undefined;
  readonly reason: string;
  readonly comment?: string | undefined;
}

export interface Report {
  readonly reportId: Id;
  readonly reporterId: Id;
  readonly userId: Id | null;
  readonly postId: Id | null;
  readonly reason: string;
  readonly comment: string;
  readonly status: ReportStatus;
  readonly resolvedAt: Date | null;
  readonly resolvedById: Id | null;
  readonly note: string | null;
}

/** Whether the viewer can see such a post. */
export type PostExists = (viewerId: Id, postId: Id, session: SqlSession) => Promise<boolean>;

export interface Reports {
  /** Fails with `not_found` for what the reporter cannot see, with `invalid`. */
  create(transaction: SqlTransaction, reporterId: Id, report: NewReport): Promise<Report>;
  /** The newest first, those with ids below `before`; all, or those with one status. */
  page(status: ReportStatus | undefined, before: Id, limit: number): Promise<Page<Report>>;
  /** Fails with `not_found`, or with `conflict` for one that is resolved. */
  resolve(transaction: SqlTransaction, moderatorId: Id, reportId: Id, note: string): Promise<Report>;
}

export interface ReportsDeps {
  readonly sql: SqlStore;
  readonly users: Users;
  readonly auditLog: AuditLog;
  readonly ids: IdGenerator;
  readonly clock: Clock;
  readonly postExists: PostExists;
}

export function createReports({ sql, users, auditLog, ids, clock, postExists }: ReportsDeps): Reports {
  return {
    async create(transaction, reporterId, { userId, postId, reason, comment }) {
      if ((userId === undefined) === (postId === undefined)) {
        throw invalidField('user_id', 'send either the user_id or the post_id of what you report.');
      }
      if (userId === reporterId) throw invalidField('user_id', 'is your own. Report somebody else.');
      const reasonText = parseLine('reason', reason, REASON_GRAPHEMES_MAX);
      if (reasonText === '') throw invalidField('reason', 'must not be empty.');
      const commentText = parseLines('comment', comment ?? '', COMMENT_GRAPHEMES_MAX);
      if (userId !== undefined && (await users.getAccount(userId, transaction)) === undefined) {
        throw notFound('user');
      }
      if (postId !== undefined && !(await postExists(reporterId, postId, transaction)))
        throw notFound('post');
      const [row] = await transaction.query(insertReport, [
        ids.next(),
        shardOf(reporterId),
        reporterId,
        userId ?? null,
        postId ?? null,
        reasonText,
        commentText,
      ]);
      return reportOf(row);
    },

    async page(status, before, limit) {
      const statement = { open: pageOpenReports, resolved: pageResolvedReports, all: pageReports };
      const rows = await sql.query(statement[status ?? 'all'], [before, limit + 1]);
      return pageFrom(rows, limit, (row) => row.report_id, reportOf);
    },

    async resolve(transaction, moderatorId, reportId, note) {
      const text = parseLines('note', note, NOTE_GRAPHEMES_MAX);
      const [report] = await transaction.query(lockReport, [reportId]);
      if (report === undefined) throw notFound('report');
      if (report.resolved_at !== null) throw resolvedBefore();
      const [row] = await transaction.query(resolveReport, [
        reportId,
        new Date(clock.nowMs()),
        moderatorId,
        text,
      ]);
      const moderator = { userId: moderatorId, role: 'moderator' } as const;
      const entry = { action: 'report_resolved', userId: report.user_id, reportId, detail: text } as const;
      await auditLog.add(transaction, moderator, entry);
      return reportOf(row);
    },
  };
}

function resolvedBefore(): AppError {
  return new AppError('conflict', 'This report was resolved before.', { outcome: 'not_applied' });
}

function reportOf(row: ReportRow | undefined): Report {
  if (row === undefined) throw notFound('report');
  return {
    reportId: row.report_id,
    reporterId: row.reporter_id,
    userId: row.user_id,
    postId: row.post_id,
    reason: row.reason,
    comment: row.comment,
    status: row.resolved_at === null ? 'open' : 'resolved',
    resolvedAt: row.resolved_at,
    resolvedById: row.resolved_by,
    note: row.note,
  };
}
