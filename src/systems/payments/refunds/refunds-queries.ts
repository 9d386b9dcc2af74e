/** Refunds, and the charges that they are of. */
import type { Id } from '../../../core/ids.ts';
import { writeStatement } from '../../../ports/sql-store/sql-store.ts';
import { CHARGE_COLUMNS, type ChargeRow, PAYMENT_COLUMNS, type PaymentRow } from '../payments-queries.ts';

/** One refund of a charge at a time. */
export const lockCharge = writeStatement<[chargeId: Id], ChargeRow>(
  'payments_lock_charge',
  `SELECT ${CHARGE_COLUMNS} FROM payments WHERE payment_id = $1 AND kind = 'charge' FOR UPDATE`,
);

export const addRefunded = writeStatement<[chargeId: Id, amount: number]>(
  'payments_add_refunded',
  'UPDATE payments SET refunded = refunded + $2 WHERE payment_id = $1',
);

export const insertRefund = writeStatement<
  [refundId: Id, shard: number, riderId: Id, currency: string, amount: number, chargeId: Id],
  PaymentRow
>(
  'payments_insert_refund',
  `INSERT INTO payments (payment_id, shard, kind, user_id, currency, amount, charge_id, due_at)
   VALUES ($1, $2, 'refund', $3, $4, $5, $6, now()) RETURNING ${PAYMENT_COLUMNS}`,
);
