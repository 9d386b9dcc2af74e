/** The table `payment_methods`. */
import type { Id } from '../../../core/ids.ts';
import { readStatement, writeStatement } from '../../../ports/sql-store/sql-store.ts';

export interface MethodRow {
  readonly label: string;
  readonly created_at: Date;
}

/** Nothing for one whose account is deleted. */
export const putMethod = writeStatement<
  [userId: Id, shard: number, token: string, label: string, now: Date],
  MethodRow
>(
  'payment_methods_put',
  `INSERT INTO payment_methods (user_id, shard, token, label, created_at)
   SELECT $1::bigint, $2::smallint, $3, $4, $5::timestamptz
   WHERE NOT EXISTS (SELECT FROM erased_payers WHERE user_id = $1::bigint)
   ON CONFLICT (user_id) DO UPDATE SET token = excluded.token, label = excluded.label, created_at = excluded.created_at
   RETURNING label, created_at`,
);

export const getMethod = readStatement<[userId: Id], MethodRow>(
  'payment_methods_get',
  'SELECT label, created_at FROM payment_methods WHERE user_id = $1',
);

/** Nothing while a charge is being made, which would then be made to nothing. */
export const removeMethod = writeStatement<[userId: Id], { removed: boolean; has_due: boolean }>(
  'payment_methods_remove',
  `WITH due AS MATERIALIZED (
     SELECT EXISTS (SELECT FROM payments WHERE user_id = $1 AND kind = 'charge' AND state = 'due') AS has_due),
   gone AS (
     DELETE FROM payment_methods WHERE user_id = $1 AND NOT (SELECT has_due FROM due) RETURNING user_id)
   SELECT EXISTS (SELECT FROM gone) AS removed, has_due FROM due`,
);

export const insertErased = writeStatement<[userIds: readonly Id[], shards: readonly number[]]>(
  'erased_payers_insert',
  `INSERT INTO erased_payers (user_id, shard)
   SELECT user_id, shard FROM unnest($1::bigint[], $2::smallint[]) AS gone (user_id, shard) ORDER BY user_id
   ON CONFLICT (user_id) DO NOTHING`,
);

export const deleteMethods = writeStatement<[userIds: readonly Id[]]>(
  'payment_methods_delete',
  'DELETE FROM payment_methods WHERE user_id = ANY ($1::bigint[])',
);

/** What is kept of them has no more than their numbers; what is still due keeps its token until it is settled. */
export const erasePayments = writeStatement<[userIds: readonly Id[]]>(
  'payments_erase',
  `UPDATE payments SET erased = true, notice_due = false, method = CASE WHEN state = 'due' THEN method END
   WHERE user_id = ANY ($1::bigint[])`,
);
