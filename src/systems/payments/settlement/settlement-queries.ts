/** Payments that are due: who looks at them, and what becomes of them. */
import type { Id } from '../../../core/ids.ts';
import { readStatement, writeStatement } from '../../../ports/sql-store/sql-store.ts';
import type { ChargeCause, PaymentKind, PaymentReason } from '../payment.ts';

/** A payment that one worker asks the provider for, until `until`. */
export interface DueRow {
  readonly payment_id: Id;
  readonly shard: number;
  readonly kind: PaymentKind;
  readonly user_id: Id;
  readonly currency: string;
  readonly amount: number;
  readonly attempt: number;
  readonly calls: number;
  /** Of the rider; null: they have no method. */
  readonly token: string | null;
  readonly method: string | null;
  readonly ride_id: Id | null;
  readonly cause: ChargeCause | null;
  readonly charge_id: Id | null;
  /** Of the charge that a refund is of. */
  readonly charge_attempt: number | null;
}

const COLUMNS = `due.payment_id, due.shard, due.kind, due.user_id, due.currency, due.amount, due.attempt, due.calls, due.token,
  due.method, due.ride_id, due.cause, due.charge_id,
  (SELECT charge.attempt FROM payments AS charge WHERE charge.payment_id = due.charge_id) AS charge_attempt`;

/**
 * Takes what is due, the oldest first, until `until`: then it is another's, as after a death. The method of an attempt is
 * fixed by its first call, whatever the rider names meanwhile: under one key there is one order.
 */
export const takeDue = writeStatement<[now: Date, until: Date, limit: number], DueRow>(
  'payments_take_due',
  `UPDATE payments AS due SET due_at = $2, calls = calls + 1,
     token = coalesce(token, (SELECT method.token FROM payment_methods AS method
       WHERE method.user_id = due.user_id AND due.kind = 'charge')),
     method = coalesce(method, (SELECT method.label FROM payment_methods AS method
       WHERE method.user_id = due.user_id AND due.kind = 'charge'))
   WHERE payment_id IN (
     SELECT payment_id FROM payments WHERE state = 'due' AND due_at <= $1
     ORDER BY due_at, payment_id LIMIT $3 FOR UPDATE SKIP LOCKED)
   RETURNING ${COLUMNS}`,
);

/** How those of the payments stand that are due, for whoever asks the provider about them by itself. */
export const getDue = readStatement<[paymentIds: readonly Id[]], DueRow>(
  'payments_get_due',
  `SELECT ${COLUMNS} FROM payments AS due WHERE payment_id = ANY ($1::bigint[]) AND state = 'due'`,
);

/** Also a charge that was made while the account was being deleted. */
const ERASED =
  '(erased OR EXISTS (SELECT FROM erased_payers WHERE erased_payers.user_id = payments.user_id))';

/** It is known what became of the attempt. Nothing for one that was settled before, or is over. */
export const settlePayment = writeStatement<
  [
    paymentId: Id,
    attempt: number,
    state: 'succeeded' | 'declined',
    reason: PaymentReason | null,
    providerId: string | null,
    now: Date,
    noticeDue: boolean,
  ],
  { payment_id: Id; erased: boolean }
>(
  'payments_settle',
  `UPDATE payments SET state = $3, reason = $4, provider_id = $5, settled_at = $6, due_at = NULL, token = NULL,
     erased = ${ERASED}, method = CASE WHEN ${ERASED} THEN NULL ELSE method END, notice_due = $7 AND NOT ${ERASED}
   WHERE payment_id = $1 AND attempt = $2 AND state = 'due' RETURNING payment_id, erased`,
);

/** It is not known yet. */
export const postponePayment = writeStatement<
  [paymentId: Id, attempt: number, dueAt: Date, providerId: string | null]
>(
  'payments_postpone',
  `UPDATE payments SET due_at = $3, provider_id = coalesce($4, provider_id)
   WHERE payment_id = $1 AND attempt = $2 AND state = 'due'`,
);

/** It was not asked for: as before it was taken, and due later. */
export const putBackPayment = writeStatement<[paymentId: Id, attempt: number, dueAt: Date]>(
  'payments_put_back',
  `UPDATE payments SET due_at = $3, calls = greatest(calls - 1, 0)
   WHERE payment_id = $1 AND attempt = $2 AND state = 'due'`,
);

/** The provider has said that it knows. Nothing for one that is not waiting. */
export const hastenPayment = writeStatement<[paymentId: Id, attempt: number, now: Date], { payment_id: Id }>(
  'payments_hasten',
  `UPDATE payments SET due_at = $3
   WHERE payment_id = $1 AND attempt = $2 AND state = 'due' AND provider_id IS NOT NULL AND due_at > $3
   RETURNING payment_id`,
);

/** What was declined is not given back. */
export const returnRefund = writeStatement<[chargeId: Id, amount: number]>(
  'payments_return_refund',
  'UPDATE payments SET refunded = refunded - $2 WHERE payment_id = $1',
);

export interface PaymentCounts {
  /** It is not known yet what becomes of them. */
  readonly due: number;
  /** Since when, of the oldest, in seconds. */
  readonly oldest_s: number;
  /** Charges that riders owe. */
  readonly owed: number;
}

export const countPayments = readStatement<[now: Date], PaymentCounts>(
  'payments_count',
  `SELECT
     (SELECT count(*) FROM payments WHERE state = 'due')::int AS due,
     coalesce((SELECT extract(epoch FROM $1 - to_timestamp(1420070400 + payment_id / 4096 / 1000.0))
       FROM payments WHERE state = 'due' ORDER BY payment_id LIMIT 1), 0)::double precision AS oldest_s,
     (SELECT count(*) FROM payments
       WHERE kind = 'charge' AND (state = 'declined' OR (state = 'due' AND attempt > 1)))::int AS owed`,
);
