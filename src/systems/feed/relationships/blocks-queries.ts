import type { Id } from '../../../core/ids.ts';
import { writeStatement } from '../../../ports/sql-store/sql-store.ts';

/** No row: it was there already. */
export const insertBlock = writeStatement<
  [userId: Id, blockedId: Id, blockId: Id, shard: number],
  { block_id: Id }
>(
  'blocks_insert',
  `INSERT INTO blocks (user_id, blocked_id, block_id, shard) VALUES ($1, $2, $3, $4)
   ON CONFLICT DO NOTHING RETURNING block_id`,
);

/** No row: there was none. */
export const deleteBlock = writeStatement<[userId: Id, blockedId: Id], { block_id: Id }>(
  'blocks_delete',
  `DELETE FROM blocks WHERE user_id = $1 AND blocked_id = $2 RETURNING block_id`,
);
