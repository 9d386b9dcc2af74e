/** Ends the statistics of links and owners that are deleted, a bounded piece at a time. */
import type { Clock } from '../../../core/clock.ts';
import { type Id, shardOf } from '../../../core/ids.ts';
import type { Job } from '../../../core/job.ts';
import type { LoggedEvent, Subscription } from '../../../ports/event-log/event-log.ts';
import type { SqlStore, SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import { LINKS_TOPIC } from '../link-events.ts';
import {
  addErasures,
  claimErasure,
  endErasure,
  eraseCounts,
  eraseTotals,
  listOwnedTotals,
} from './erasure-queries.ts';

/** Announced by the system that has the users. */
const USERS_TOPIC = 'users';
/** Longer than a transaction that counts clicks may take: after it, none is left that saw the link alive. */
export const ERASE_AFTER_MS = 60_000;
const ERASE_EVERY_MS = 10_000;
/** Links of an owner at a time, and rows of them: some 50 ms. */
const LINKS_MAX = 100;
const ROWS_MAX = 2_000;

export interface Erasure {
  readonly subscription: Subscription;
  readonly job: Job;
}

export function createErasure(deps: {
  readonly sql: SqlStore;
  readonly clock: Pick<Clock, 'nowMs'>;
}): Erasure {
  const { sql, clock } = deps;

  async function handle(events: readonly LoggedEvent[], transaction: SqlTransaction): Promise<void> {
    const subjects = events.filter(({ kind }) => kind === 'deleted').map(subjectOf);
    if (subjects.length === 0) return;
    const dueAt = new Date(clock.nowMs() + ERASE_AFTER_MS);
    await transaction.query(addErasures, [
      subjects.map(({ subjectId }) => subjectId),
      subjects.map(({ isOwner }) => isOwner),
      subjects.map(({ ownerId }) => shardOf(ownerId)),
      dueAt,
    ]);
  }

  async function erase(): Promise<'more' | 'done'> {
    return sql.transaction(async (transaction) => {
      const [claimed] = await transaction.query(claimErasure, [new Date(clock.nowMs())]);
      if (claimed === undefined) return 'done';
      const { subject_id: subjectId, is_owner: isOwner } = claimed;
      const linkIds = isOwner ? await ownedBy(subjectId, transaction) : [subjectId];
      const [counts] = await transaction.query(eraseCounts, [linkIds, ROWS_MAX]);
      // Some are left, maybe: the totals, by which an owner's links are found, go last.
      if ((counts?.erased ?? 0) > 0) return 'more';
      await transaction.query(eraseTotals, [linkIds]);
      if (!isOwner || linkIds.length < LINKS_MAX) await transaction.query(endErasure, [subjectId]);
      return 'more';
    });
  }

  return {
    subscription: {
      ...{ group: 'link-statistics-erasure', topics: [LINKS_TOPIC, USERS_TOPIC], from: 'beginning' },
      handle,
    },
    job: { name: 'erase-link-statistics', everyMs: ERASE_EVERY_MS, run: erase },
  };
}

async function ownedBy(ownerId: Id, transaction: SqlTransaction): Promise<Id[]> {
  const rows = await transaction.query(listOwnedTotals, [ownerId, LINKS_MAX]);
  return rows.map(({ link_id: linkId }) => linkId);
}

/** The key of both topics is a user: the owner of the link, or who was deleted. */
function subjectOf({ topic, key, payload }: LoggedEvent) {
  const isOwner = topic === USERS_TOPIC;
  return { isOwner, ownerId: key, subjectId: isOwner ? key : Number(payload['link_id']) };
}
