/**
 * Links that so many people have reported that whoever opens one is warned, until the staff has closed their reports: judged
 * anew with every report that is made or closed, and when somebody who has reported links is suspended, restored or deleted.
 */
import { composeId, ID_TIME_MIN_MS, type Id } from '../../../core/ids.ts';
import type { LoggedEvent, Subscription } from '../../../ports/event-log/event-log.ts';
import type { SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import { USERS_TOPIC } from '../users/user-events.ts';
import { findReportedLinks, pageLinksReportedBy } from './reported-links-queries.ts';

/** Accounts that are made to put a warning on somebody's link are younger. */
export const REPORTER_AGE_DAYS_MIN = 7;
const AGE_MS = REPORTER_AGE_DAYS_MIN * 86_400_000;
/** As ids count it: of two that are so far apart, the later one was made so much later. */
const AGE = composeId(ID_TIME_MIN_MS + AGE_MS, 0, 0) - composeId(ID_TIME_MIN_MS, 0, 0);
const LINKS_PAGE = 500;
const CHANGES_WHO_COUNTS = new Set(['suspended', 'restored', 'deleted']);

/** Locks the links, asks which are reported, and sees to it that these are warned of, and the others not for that. */
export type MarkReportedLinks = (
  transaction: SqlTransaction,
  linkIds: readonly Id[],
  findReported: () => Promise<ReadonlySet<Id>>,
) => Promise<void>;

export interface ReportedLinks {
  /** To be called after what was written about a report of the link, in its transaction. */
  judge(transaction: SqlTransaction, linkId: Id): Promise<void>;
  readonly subscription: Subscription;
}

export interface ReportedLinksDeps {
  readonly markReportedLinks: MarkReportedLinks;
  /** From so many people on; 0: never. What is marked stays so until the next report of it is made or closed. */
  readonly warnReports: number;
}

export function createReportedLinks({ markReportedLinks, warnReports }: ReportedLinksDeps): ReportedLinks {
  async function judgeMany(transaction: SqlTransaction, linkIds: readonly Id[]): Promise<void> {
    await markReportedLinks(transaction, linkIds, async () => {
      if (warnReports === 0) return new Set<Id>();
      const rows = await transaction.query(findReportedLinks, [linkIds, AGE, warnReports]);
      return new Set(rows.map((row) => row.link_id));
    });
  }

  async function handle(events: readonly LoggedEvent[], transaction: SqlTransaction): Promise<void> {
    const changed = events.filter(({ kind }) => CHANGES_WHO_COUNTS.has(kind)).map(({ key }) => key);
    if (changed.length === 0) return;
    const reporterIds = [...new Set(changed)];
    for (let after: Id = 0; ; ) {
      const rows = await transaction.query(pageLinksReportedBy, [reporterIds, after, LINKS_PAGE]);
      const linkIds = rows.map((row) => row.link_id);
      if (linkIds.length > 0) await judgeMany(transaction, linkIds);
      const last = linkIds.at(-1);
      if (last === undefined || linkIds.length < LINKS_PAGE) return;
      after = last;
    }
  }

  return {
    judge: (transaction, linkId) => judgeMany(transaction, [linkId]),
    subscription: { group: 'reported-links', topics: [USERS_TOPIC], from: 'beginning', handle },
  };
}
