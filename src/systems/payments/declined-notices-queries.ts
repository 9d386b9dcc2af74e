/** Riders who are to be told that a payment was declined. */
import type { Id } from '../../core/ids.ts';
import { readStatement, writeStatement } from '../../ports/sql-store/sql-store.ts';
import { CHARGE_COLUMNS, type ChargeRow } from './payments-queries.ts';

export const getDueNotice = readStatement<[], ChargeRow>(
  'payments_get_due_notice',
  `SELECT ${CHARGE_COLUMNS} FROM payments WHERE notice_due ORDER BY payment_id LIMIT 1`,
);

/** Of the attempt: a later one that is declined is another notice. */
export const markNoticed = writeStatement<[paymentId: Id, attempt: number]>(
  'payments_mark_noticed',
  'UPDATE payments SET notice_due = false WHERE payment_id = $1 AND attempt = $2',
);
