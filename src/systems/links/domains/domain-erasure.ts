/** The end of domains: of those that their owners delete, and of those of owners who are deleted. */
import type { Clock } from '../../../core/clock.ts';
import type { Id } from '../../../core/ids.ts';
import type { Job } from '../../../core/job.ts';
import type { EventLog, LoggedEvent, Subscription } from '../../../ports/event-log/event-log.ts';
import type { SqlStore, SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import { linkDeleted } from '../link-events.ts';
import {
  claimDeletedDomain,
  deleteDomainsOf,
  eraseDomain,
  eraseLinksOfDomain,
} from './domain-erasure-queries.ts';
import { domainEvent } from './domain-events.ts';

/** Announced by the system that has the users. */
const USERS_TOPIC = 'users';
/** Longer than a request takes: after it, no link is left that was being made when the domain was deleted. */
export const ERASE_AFTER_MS = 60_000;
const ERASE_EVERY_MS = 60_000;
/** Links of one transaction: some 50 ms. */
export const DOMAIN_LINKS_ERASED_MAX = 500;

export interface DomainErasure {
  readonly subscription: Subscription;
  readonly job: Job;
}

export interface DomainErasureDeps {
  readonly sql: SqlStore;
  readonly eventLog: EventLog;
  readonly clock: Clock;
}

export function createDomainErasure({ sql, eventLog, clock }: DomainErasureDeps): DomainErasure {
  async function handle(events: readonly LoggedEvent[], transaction: SqlTransaction): Promise<void> {
    const ownerIds = events.filter(({ kind }) => kind === 'deleted').map(({ key }) => key);
    if (ownerIds.length === 0) return;
    const domains = await transaction.query(deleteDomainsOf, [ownerIds, new Date(clock.nowMs())]);
    if (domains.length === 0) return;
    await eventLog.append(
      transaction,
      domains.map((domain) => domainEvent('deleted', domain)),
    );
  }

  async function eraseLinks(transaction: SqlTransaction, domainId: Id): Promise<number> {
    const links = await transaction.query(eraseLinksOfDomain, [domainId, DOMAIN_LINKS_ERASED_MAX]);
    const deleted = links.flatMap(({ link_id: linkId, owner_id: ownerId, code, was_deleted }) =>
      was_deleted || ownerId === null ? [] : [linkDeleted({ linkId, ownerId, domainId, code })],
    );
    if (deleted.length > 0) await eventLog.append(transaction, deleted);
    return links.length;
  }

  async function erase(): Promise<'more' | 'done'> {
    return sql.transaction(async (transaction) => {
      const before = new Date(clock.nowMs() - ERASE_AFTER_MS);
      const [domain] = await transaction.query(claimDeletedDomain, [before]);
      if (domain === undefined) return 'done';
      const { domain_id: domainId } = domain;
      if ((await eraseLinks(transaction, domainId)) > 0) return 'more';
      const erased = await transaction.query(eraseDomain, [domainId]);
      // Links of it are locked: they come next time.
      return erased.length > 0 ? 'more' : 'done';
    });
  }

  return {
    subscription: { group: 'deleted-link-domains', topics: [USERS_TOPIC], from: 'beginning', handle },
    job: { name: 'erase-link-domains', everyMs: ERASE_EVERY_MS, run: erase },
  };
}
