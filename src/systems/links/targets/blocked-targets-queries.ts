/** What no link may lead to. */
import type { Id } from '../../../core/ids.ts';
import { readStatement, writeStatement } from '../../../ports/sql-store/sql-store.ts';

export interface BlockedTargetRow {
  readonly block_id: Id;
  readonly target: string;
  readonly action: 'block' | 'warn';
  readonly reason: string;
  readonly blocked_by: Id;
}

export const insertBlockedTarget = writeStatement<
  [blockId: Id, target: string, action: string, reason: string, blockedBy: Id]
>(
  'blocked_targets_insert',
  'INSERT INTO blocked_targets (block_id, target, action, reason, blocked_by) VALUES ($1, $2, $3, $4, $5)',
);

/** Null: as it was. */
export const updateBlockedTarget = writeStatement<
  [blockId: Id, action: string | null, reason: string | null, blockedBy: Id],
  BlockedTargetRow
>(
  'blocked_targets_update',
  `UPDATE blocked_targets SET action = coalesce($2, action), reason = coalesce($3, reason), blocked_by = $4
   WHERE block_id = $1 RETURNING block_id, target, action, reason, blocked_by`,
);

export const deleteBlockedTarget = writeStatement<[blockId: Id], BlockedTargetRow>(
  'blocked_targets_delete',
  'DELETE FROM blocked_targets WHERE block_id = $1 RETURNING block_id, target, action, reason, blocked_by',
);

export const pageBlockedTargets = readStatement<[before: Id, limit: number], BlockedTargetRow>(
  'blocked_targets_page',
  `SELECT block_id, target, action, reason, blocked_by FROM blocked_targets WHERE block_id < $1
   ORDER BY block_id DESC LIMIT $2`,
);

/** At most `limit`, which is enough to know that there are too many. */
export const countBlockedTargets = readStatement<[limit: number], { count: number }>(
  'blocked_targets_count',
  'SELECT count(*)::integer AS count FROM (SELECT FROM blocked_targets LIMIT $1) AS counted',
);
