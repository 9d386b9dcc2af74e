/**
 * Links that several people have reported are warned of until the staff has closed the reports. Who counts among the people
 * is for the system that has the reports; what has come of it is announced in the topic `links`, as any change.
 */
import type { Id } from '../../../core/ids.ts';
import type { EventLog } from '../../../ports/event-log/event-log.ts';
import type { SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import { linkUpdated } from '../link-events.ts';
import { announcedOf } from '../link-rows.ts';
import { lockLinks, setReported } from './reported-links-queries.ts';

/**
 * Locks the links, at most APPEND_EVENTS_MAX, and then asks which of them are to be warned of: so whoever asks at the same
 * time because of another report counts this one, or is counted here. Leaves out those that are deleted.
 */
export type MarkReportedLinks = (
  transaction: SqlTransaction,
  linkIds: readonly Id[],
  findReported: () => Promise<ReadonlySet<Id>>,
) => Promise<void>;

export function createReportedLinks({ eventLog }: { readonly eventLog: EventLog }): MarkReportedLinks {
  return async (transaction, linkIds, findReported) => {
    const links = await transaction.query(lockLinks, [linkIds]);
    const reported = await findReported();
    const changed = links
      .filter((link) => link.reported !== reported.has(link.link_id))
      .map((link) => ({ ...link, reported: !link.reported }));
    if (changed.length === 0) return;
    await transaction.query(setReported, [
      changed.map((link) => link.link_id),
      changed.map((link) => link.reported),
    ]);
    await eventLog.append(
      transaction,
      changed.map((link) => linkUpdated(announcedOf(link))),
    );
  };
}
