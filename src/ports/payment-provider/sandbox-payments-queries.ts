/** The books of the sandbox provider. */
import { readStatement, writeStatement } from '../sql-store/sql-store.ts';
import type { DeclineReason, OrderKind } from './payment-provider.ts';

export interface SandboxRow {
  readonly payment_number: number;
  readonly idempotency_key: string;
  readonly kind: OrderKind;
  readonly source: string;
  readonly reference: string;
  readonly currency: string;
  readonly amount: number;
  readonly calls: number;
  readonly outcome: 'succeeded' | 'declined' | null;
  readonly reason: DeclineReason | null;
  readonly settles_at: Date | null;
}

const COLUMNS =
  'payment_number, idempotency_key, kind, source, reference, currency, amount, calls, outcome, reason, settles_at';

/** Counts the call, whatever becomes of it. Of a key that is known, the order is the first one's. */
export const countCall = writeStatement<
  [key: string, kind: OrderKind, source: string, reference: string, currency: string, amount: number],
  SandboxRow
>(
  'sandbox_payments_count_call',
  `INSERT INTO sandbox_payments AS known (idempotency_key, kind, source, reference, currency, amount)
   VALUES ($1, $2, $3, $4, $5, $6)
   ON CONFLICT (idempotency_key) DO UPDATE SET calls = known.calls + 1 RETURNING ${COLUMNS}`,
);

/** Of two calls at the same time, the first decides. */
export const decide = writeStatement<
  [number: number, outcome: 'succeeded' | 'declined', reason: DeclineReason | null, settlesAt: Date | null],
  SandboxRow
>(
  'sandbox_payments_decide',
  `UPDATE sandbox_payments SET outcome = coalesce(outcome, $2),
     reason = CASE WHEN outcome IS NULL THEN $3 ELSE reason END,
     settles_at = CASE WHEN outcome IS NULL THEN $4 ELSE settles_at END
   WHERE payment_number = $1 RETURNING ${COLUMNS}`,
);

/** One refund of a charge at a time, in the currency of the charge. */
export const lockCharge = writeStatement<[chargeKey: string, currency: string], { amount: number }>(
  'sandbox_payments_lock_charge',
  `SELECT amount FROM sandbox_payments
   WHERE idempotency_key = $1 AND currency = $2 AND kind = 'charge' AND outcome = 'succeeded' FOR UPDATE`,
);

export const sumRefunds = readStatement<[chargeKey: string], { refunded: number }>(
  'sandbox_payments_sum_refunds',
  `SELECT coalesce(sum(amount), 0)::bigint AS refunded FROM sandbox_payments
   WHERE kind = 'refund' AND source = $1 AND outcome = 'succeeded'`,
);

export const findPayments = readStatement<[keys: readonly string[]], SandboxRow>(
  'sandbox_payments_find',
  `SELECT ${COLUMNS} FROM sandbox_payments WHERE idempotency_key = ANY ($1::text[]) AND outcome IS NOT NULL`,
);

export const pagePayments = readStatement<[after: number, limit: number], SandboxRow>(
  'sandbox_payments_page',
  `SELECT ${COLUMNS} FROM sandbox_payments WHERE payment_number > $1 AND outcome IS NOT NULL
   ORDER BY payment_number LIMIT $2`,
);
