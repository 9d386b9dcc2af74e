/** What an owner does to many of their links at once. By ids alone: nobody deletes what they have not seen. */
import { batchesOf } from '../../../core/batches.ts';
import type { Clock } from '../../../core/clock.ts';
import { AppError } from '../../../core/errors.ts';
import type { Id } from '../../../core/ids.ts';
import type { EventLog } from '../../../ports/event-log/event-log.ts';
import type { SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import { applyChanges, checkExpiry, checkTags } from '../link-draft.ts';
import { linkDeleted, linkUpdated } from '../link-events.ts';
import { announcedOf, linkOf } from '../link-rows.ts';
import { arrayText } from '../link-writer.ts';
import { buryLinks, type LinkRow } from '../links-queries.ts';
import type { TargetRules } from '../targets/target-url.ts';
import { lockOwnLinks, updateLinks } from './selected-links-queries.ts';

export const SELECTED_LINKS_MAX = 1_000;
/** Links, and their events, that are in memory at a time. */
const BATCH = 100;

/** What is absent stays. Tags go before others come. */
export interface SelectionChanges {
  readonly addTags?: readonly string[] | undefined;
  readonly removeTags?: readonly string[] | undefined;
  readonly enabled?: boolean | undefined;
  /** null: never. */
  readonly expiresAt?: Date | null | undefined;
}

/** `not_found`: there is none, or it is somebody else's. `refused`: this link cannot be changed so. */
export const SELECTION_OUTCOMES = ['deleted', 'updated', 'refused', 'not_found'] as const;
export type SelectionOutcome = (typeof SELECTION_OUTCOMES)[number];

export interface SelectionResult {
  readonly linkId: Id;
  readonly outcome: SelectionOutcome;
  /** Why it was refused. */
  readonly reason?: string | undefined;
}

/**
 * One result for each link that is named, in that order; what is named twice counts once. All at once, when the transaction
 * commits, and in every process within a second of that.
 */
export interface SelectedLinks {
  delete(transaction: SqlTransaction, ownerId: Id, linkIds: readonly Id[]): Promise<SelectionResult[]>;
  /** Fails with `invalid` for changes that no link could have. */
  update(
    transaction: SqlTransaction,
    ownerId: Id,
    linkIds: readonly Id[],
    changes: SelectionChanges,
  ): Promise<SelectionResult[]>;
}

export function createSelectedLinks(deps: {
  readonly clock: Clock;
  readonly eventLog: EventLog;
  readonly targets: TargetRules;
}): SelectedLinks {
  const { clock, eventLog, targets } = deps;

  async function each(
    transaction: SqlTransaction,
    ownerId: Id,
    linkIds: readonly Id[],
    work: (rows: readonly LinkRow[]) => Promise<readonly SelectionResult[]>,
  ): Promise<SelectionResult[]> {
    const asked = [...new Set(linkIds)];
    const results = new Map<Id, SelectionResult>();
    // From the lowest id to the highest, from one batch to the next, too.
    for await (const batch of batchesOf(asked.toSorted(ascending), BATCH)) {
      const rows = await transaction.query(lockOwnLinks, [ownerId, batch]);
      if (rows.length === 0) continue;
      for (const result of await work(rows)) results.set(result.linkId, result);
    }
    return asked.map((linkId) => results.get(linkId) ?? { linkId, outcome: 'not_found' });
  }

  return {
    delete: (transaction, ownerId, linkIds) =>
      each(transaction, ownerId, linkIds, async (rows) => {
        await transaction.query(buryLinks, [
          rows.map(({ link_id: linkId }) => linkId),
          new Date(clock.nowMs()),
        ]);
        const events = rows.map(({ link_id: linkId, domain_id: domainId, code }) =>
          linkDeleted({ linkId, ownerId, domainId, code }),
        );
        await eventLog.append(transaction, events);
        return rows.map(({ link_id: linkId }) => ({ linkId, outcome: 'deleted' }));
      }),

    async update(transaction, ownerId, linkIds, changes) {
      const nowMs = clock.nowMs();
      const checked = checkChanges(changes, nowMs);

      function changed(row: LinkRow): LinkRow {
        const link = linkOf(row, targets);
        const { tags, enabled, expiresAt } = applyChanges(link, checked.of(link.tags), { nowMs, targets });
        return { ...row, tags, enabled, expires_at: expiresAt, updated_at: new Date(nowMs) };
      }

      return each(transaction, ownerId, linkIds, async (rows) => {
        const { changeable, refused } = sorted(rows, changed);
        if (changeable.length > 0) {
          await transaction.query(updateLinks, [
            changeable.map(({ link_id: linkId }) => linkId),
            changeable.map(({ tags }) => arrayText(tags)),
            changeable.map(({ enabled }) => enabled),
            changeable.map(({ expires_at: expiresAt }) => expiresAt),
            new Date(nowMs),
          ]);
          await eventLog.append(
            transaction,
            changeable.map((row) => linkUpdated(announcedOf(row))),
          );
        }
        return [
          ...changeable.map(({ link_id: linkId }): SelectionResult => ({ linkId, outcome: 'updated' })),
          ...refused,
        ];
      });
    },
  };
}

/** What is wrong about them whichever the link is found out before any is looked at. */
function checkChanges({ addTags, removeTags, enabled, expiresAt }: SelectionChanges, nowMs: number) {
  const added = checkTags(addTags ?? [], 'changes.add_tags');
  const removed = new Set(checkTags(removeTags ?? [], 'changes.remove_tags'));
  if (expiresAt !== undefined) checkExpiry(expiresAt, nowMs, 'changes.expires_at');
  const changesTags = added.length > 0 || removed.size > 0;
  return {
    of: (tags: readonly string[]) => ({
      ...{ enabled, expiresAt },
      tags: changesTags ? [...tags.filter((tag) => !removed.has(tag)), ...added] : undefined,
    }),
  };
}

function sorted(rows: readonly LinkRow[], changed: (row: LinkRow) => LinkRow) {
  const changeable: LinkRow[] = [];
  const refused: SelectionResult[] = [];
  for (const row of rows) {
    try {
      changeable.push(changed(row));
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      refused.push({ linkId: row.link_id, outcome: 'refused', reason: error.message });
    }
  }
  return { changeable, refused };
}

function ascending(left: Id, right: Id): number {
  return left - right;
}
