/** What users tell the moderators about other users and about posts, and anybody about links. */

import type { Clock } from '../../../core/clock.ts';
import { AppError, invalidField, notFound } from '../../../core/errors.ts';
import { type Id, type IdGenerator, shardOf } from '../../../core/ids.ts';
import type { Page } from '../../../core/page.ts';
import type { SqlSession, SqlStore, SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import { pageFrom } from '../page.ts';
import { parseLine, parseLines } from '../text.ts';
import type { Users } from '../users/users.ts';
import type { AuditLog } from './audit-log.ts';
import type { ReportedLinks } from './reported-links.ts';
import {
  countOpenAnonymousReports,
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

/** Of people who are not signed in, about one link. More would tell the moderators nothing new. */
export const OPEN_ANONYMOUS_REPORTS_MAX = 10;

/** About one user, post or link. */
export interface NewReport {
  readonly userId?: Id | undefined;
  readonly postId?: Id | undefined;
  readonly link?: NamedLink | undefined;
  readonly reason: string;
  readonly comment?: string | undefined;
}

/** By its id, or by its code or short URL, as whoever was given it has it. */
export interface NamedLink {
  readonly linkId?: Id | undefined;
  readonly code?: string | undefined;
}

export interface ReportedLink {
  readonly linkId: Id;
  readonly ownerId: Id;
  readonly shortUrl: string;
  /** All that it may lead to. */
  readonly targets: readonly string[];
}

export interface Report {
  readonly reportId: Id;
  /** Null: not signed in. */
  readonly reporterId: Id | null;
  readonly userId: Id | null;
  readonly postId: Id | null;
  /** As it was when it was reported. */
  readonly link: ReportedLink | null;
  readonly reason: string;
  readonly comment: string;
  readonly status: ReportStatus;
  readonly resolvedAt: Date | null;
  readonly resolvedById: Id | null;
  readonly note: string | null;
}

/** Whether the viewer can see such a post. */
export type PostExists = (viewerId: Id, postId: Id, session: SqlSession) => Promise<boolean>;

/** `undefined`: there is no such link. */
export type FindLink = (link: NamedLink, session: SqlSession) => Promise<ReportedLink | undefined>;

export interface Reports {
  /**
   * Fails with `not_found` for what the reporter cannot see, with `invalid`. Whoever is not signed in (`undefined`) can
   * report links alone: else `unauthenticated`; and past OPEN_ANONYMOUS_REPORTS_MAX `conflict`.
   */
  create(transaction: SqlTransaction, reporterId: Id | undefined, report: NewReport): Promise<Report>;
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
  readonly findLink: FindLink;
  readonly reportedLinks: Pick<ReportedLinks, 'judge'>;
}

export function createReports(deps: ReportsDeps): Reports {
  const { sql, users, auditLog, ids, clock, postExists, findLink, reportedLinks } = deps;

  /** Fails with `not_found` where there is none that the reporter can see. */
  async function checkExists(
    transaction: SqlTransaction,
    reporterId: Id,
    { userId, postId }: NewReport,
  ): Promise<void> {
    if (userId === reporterId) throw invalidField('user_id', 'is your own. Report somebody else.');
    if (userId !== undefined && (await users.getAccount(userId, transaction)) === undefined)
      throw notFound('user');
    if (postId !== undefined && !(await postExists(reporterId, postId, transaction))) throw notFound('post');
  }

  async function getLink(
    transaction: SqlTransaction,
    reporterId: Id | undefined,
    named: NamedLink,
  ): Promise<ReportedLink> {
    const link = await findLink(named, transaction);
    if (link === undefined) throw notFound('link');
    if (link.ownerId === reporterId)
      throw invalidField('link_id', 'is your own. Report that of somebody else.');
    if (reporterId !== undefined) return link;
    const [counted] = await transaction.query(countOpenAnonymousReports, [
      link.linkId,
      OPEN_ANONYMOUS_REPORTS_MAX,
    ]);
    if ((counted?.count ?? 0) >= OPEN_ANONYMOUS_REPORTS_MAX) throw knownAlready();
    return link;
  }

  return {
    async create(transaction, reporterId, report) {
      const { userId, postId, reason, comment } = report;
      checkSubject(report);
      const reasonText = parseLine('reason', reason, REASON_GRAPHEMES_MAX);
      if (reasonText === '') throw invalidField('reason', 'must not be empty.');
      const commentText = parseLines('comment', comment ?? '', COMMENT_GRAPHEMES_MAX);
      const link = report.link && (await getLink(transaction, reporterId, report.link));
      if (link === undefined) await checkExists(transaction, signedIn(reporterId), report);
      const [row] = await transaction.query(insertReport, [
        ids.next(),
        shardOf(reporterId ?? link?.ownerId ?? 0),
        reporterId ?? null,
        userId ?? null,
        postId ?? null,
        link?.linkId ?? null,
        link === undefined ? null : storedLink(link),
        reasonText,
        commentText,
      ]);
      if (link !== undefined) await reportedLinks.judge(transaction, link.linkId);
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
      const userId = report.user_id ?? reportOf(report).link?.ownerId ?? null;
      const entry = { action: 'report_resolved', userId, reportId, detail: text } as const;
      await auditLog.add(transaction, moderator, entry);
      if (report.link_id !== null) await reportedLinks.judge(transaction, report.link_id);
      return reportOf(row);
    },
  };
}

function checkSubject({ userId, postId, link }: NewReport): void {
  const named = [userId, postId, link?.linkId, link?.code].filter((each) => each !== undefined);
  if (named.length === 1) return;
  throw invalidField('user_id', 'send one of user_id, post_id, link_id and code, for what you report.');
}

function signedIn(reporterId: Id | undefined): Id {
  if (reporterId !== undefined) return reporterId;
  throw new AppError('unauthenticated', 'Sign in first: without that only links can be reported.');
}

function storedLink({ ownerId, shortUrl, targets }: ReportedLink): string {
  return JSON.stringify({ owner_id: String(ownerId), short_url: shortUrl, targets });
}

function knownAlready(): AppError {
  return new AppError('conflict', 'The moderators have been told of this link, and will look at it.', {
    outcome: 'not_applied',
  });
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
    link: linkOf(row),
    reason: row.reason,
    comment: row.comment,
    status: row.resolved_at === null ? 'open' : 'resolved',
    resolvedAt: row.resolved_at,
    resolvedById: row.resolved_by,
    note: row.note,
  };
}

function linkOf({ link_id: linkId, link }: ReportRow): ReportedLink | null {
  if (linkId === null || link === null) return null;
  return { linkId, ownerId: Number(link.owner_id), shortUrl: link.short_url, targets: link.targets };
}
