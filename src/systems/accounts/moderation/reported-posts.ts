/** Posts that are reported: moderators read and delete them through the report, and each such act is in the audit log. */
import { notFound } from '../../../core/errors.ts';
import type { Id } from '../../../core/ids.ts';
import type { SqlSession, SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import { parseLines } from '../text.ts';
import type { Actor, AuditLog } from './audit-log.ts';
import type { Moderation } from './moderation.ts';
import { getReport } from './reports-queries.ts';

export const DELETION_REASON_GRAPHEMES_MAX = 1_000;

export interface PostForStaff {
  readonly authorId: Id;
  readonly visibility: string;
  /** As answers show a post. */
  readonly shown: object;
}

/** Whoever may see it. `undefined`: it is deleted, or its author is suspended. */
export type ReadPost = (postId: Id, session: SqlSession) => Promise<PostForStaff | undefined>;

/** Answers whose it was; `undefined`: there is none. */
export type DeletePost = (transaction: SqlTransaction, postId: Id) => Promise<Id | undefined>;

/**
 * Both fail with `not_found` for a report that is not there or about no post, and for a post that is gone; and with
 * `forbidden` for one of the staff, unless the actor is an administrator, and for one's own.
 */
export interface ReportedPosts {
  /** Also what is for followers only, or for those it names: who reported it could see it. */
  read(transaction: SqlTransaction, actor: Actor, reportId: Id): Promise<object>;
  /** Fails with `invalid` for a reason beyond its limit, too. The report stays open. */
  delete(transaction: SqlTransaction, actor: Actor, reportId: Id, reason: string): Promise<void>;
}

export interface ReportedPostsDeps {
  readonly moderation: Pick<Moderation, 'checkSubject'>;
  readonly auditLog: AuditLog;
  readonly readPost: ReadPost;
  readonly deletePost: DeletePost;
}

export function createReportedPosts(deps: ReportedPostsDeps): ReportedPosts {
  const { moderation, auditLog, readPost, deletePost } = deps;
  return {
    async read(transaction, actor, reportId) {
      const postId = await reportedPostId(transaction, reportId);
      const post = await readPost(postId, transaction);
      if (post === undefined) throw notFound('post');
      const { authorId: userId, visibility, shown } = post;
      await moderation.checkSubject(transaction, actor, userId);
      const detail = `post ${postId}, ${visibility}`;
      await auditLog.add(transaction, actor, { action: 'post_read', userId, reportId, detail });
      return shown;
    },

    async delete(transaction, actor, reportId, text) {
      const reason = parseLines('reason', text, DELETION_REASON_GRAPHEMES_MAX);
      const postId = await reportedPostId(transaction, reportId);
      const userId = await deletePost(transaction, postId);
      if (userId === undefined) throw notFound('post');
      // Whose it is, is known only now; a refusal undoes the deletion with the transaction.
      await moderation.checkSubject(transaction, actor, userId);
      const detail = reason === '' ? `post ${postId}` : `post ${postId}: ${reason}`;
      await auditLog.add(transaction, actor, { action: 'post_deleted', userId, reportId, detail });
    },
  };
}

async function reportedPostId(session: SqlSession, reportId: Id): Promise<Id> {
  const [report] = await session.query(getReport, [reportId]);
  if (report === undefined) throw notFound('report');
  if (report.post_id === null) throw notFound('post');
  return report.post_id;
}
