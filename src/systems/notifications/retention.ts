/** Drops notifications that are old, or too many of one user: a piece at a time, the oldest first. */
import type { Clock } from '../../core/clock.ts';
import { composeId, type Id, idTimeMs } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import type { SqlStore, SqlTransaction } from '../../ports/sql-store/sql-store.ts';
import { claimOverfullInbox, lockInboxes, subtractGroupCounts } from './inboxes-queries.ts';
import { GROUP_SPAN_MS } from './notification.ts';
import {
  dropEmptyGroups,
  dropNotes,
  dropRows,
  type GroupKeyRow,
  getAgedGroups,
  getOldestGroups,
} from './retention-queries.ts';

const DAY_MS = 24 * 60 * 60 * 1_000;
export const RETENTION_MS = 90 * DAY_MS;
/** Items that a user keeps; each counts once, however many did it. */
export const GROUPS_MAX = 10_000;
/** Ten times as long as events are kept. */
const NOTE_RETENTION_MS = 30 * DAY_MS;
const EXPIRE_EVERY_MS = 60_000;
/** In one transaction: some 20 ms in which the inboxes of those concerned are locked. */
const GROUPS_LIMIT = 200;
const ROWS_LIMIT = 1_000;

export interface RetentionDeps {
  readonly sql: SqlStore;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly groupsMax: number;
  /** Default ROWS_LIMIT. */
  readonly rowsLimit?: number;
}

export function createRetention(deps: RetentionDeps): { readonly job: Job } {
  const { sql, clock, groupsMax, rowsLimit = ROWS_LIMIT } = deps;

  /** Whole groups if they have no more than `rowsLimit` notifications together, otherwise a part of them. */
  async function drop(
    transaction: SqlTransaction,
    groups: readonly GroupKeyRow[],
    reason: 'age' | 'number',
  ): Promise<void> {
    const keys = [groups.map((row) => row.user_id), groups.map((row) => row.group_id)] as const;
    await transaction.query(dropRows, [...keys, rowsLimit]);
    const dropped = await transaction.query(dropEmptyGroups, [...keys]);
    if (dropped.length === 0) return;
    const lastMs = idTimeMs(Math.max(...dropped.map((row) => row.group_id)));
    const userIds = dropped.map((row) => row.user_id);
    const droppedUntil = reason === 'number' ? new Date(lastMs) : null;
    await transaction.query(subtractGroupCounts, [userIds, groupsMax, droppedUntil]);
  }

  async function dropAged(): Promise<boolean> {
    // Begun so long before that none can have joined since.
    const before: Id = composeId(clock.nowMs() - RETENTION_MS - GROUP_SPAN_MS, 0, 0);
    return sql.transaction(async (transaction) => {
      const groups = await transaction.query(getAgedGroups, [before, GROUPS_LIMIT]);
      if (groups.length === 0) return false;
      await transaction.query(lockInboxes, [groups.map((row) => row.user_id)]);
      await drop(transaction, groups, 'age');
      return true;
    });
  }

  async function dropTooMany(): Promise<boolean> {
    return sql.transaction(async (transaction) => {
      const [inbox] = await transaction.query(claimOverfullInbox, []);
      if (inbox === undefined) return false;
      const excess = Math.min(inbox.group_count - groupsMax, GROUPS_LIMIT);
      await drop(transaction, await transaction.query(getOldestGroups, [inbox.user_id, excess]), 'number');
      return true;
    });
  }

  async function dropOldNotes(): Promise<boolean> {
    const [row] = await sql.query(dropNotes, [NOTE_RETENTION_MS, ROWS_LIMIT]);
    return row?.dropped === ROWS_LIMIT;
  }

  return {
    job: {
      name: 'expire-notifications',
      everyMs: EXPIRE_EVERY_MS,
      async run() {
        const pieces = [await dropAged(), await dropTooMany(), await dropOldNotes()];
        return pieces.includes(true) ? 'more' : 'done';
      },
    },
  };
}
