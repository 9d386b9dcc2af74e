import type { Id } from '../../../core/ids.ts';
import { writeStatement } from '../../../ports/sql-store/sql-store.ts';

/** No row: it was there already. */
export const insertMute = writeStatement<
  [userId: Id, mutedId: Id, muteId: Id, shard: number],
  { mute_id: Id }
>(
  'mutes_insert',
  `INSERT INTO mutes (user_id, muted_id, mute_id, shard) VALUES ($1, $2, $3, $4)
   ON CONFLICT DO NOTHING RETURNING mute_id`,
);

/** No row: there was none. */
export const deleteMute = writeStatement<[userId: Id, mutedId: Id], { mute_id: Id }>(
  'mutes_delete',
  `DELETE FROM mutes WHERE user_id = $1 AND muted_id = $2 RETURNING mute_id`,
);
