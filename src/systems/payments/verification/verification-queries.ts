/** What holds of the ledger and the payments, asked of all of them. Each statement is of one moment. */
import type { Id } from '../../../core/ids.ts';
import { readStatement } from '../../../ports/sql-store/sql-store.ts';
import type { ChargeCause } from '../payment.ts';

export interface AccountSums {
  readonly account: string;
  readonly owner_id: Id;
  readonly currency: string;
  readonly debits: number;
  readonly credits: number;
  /** By the transfers. */
  readonly posted_debits: number;
  readonly posted_credits: number;
}

export const sumAccounts = readStatement<[], AccountSums>(
  'ledger_sum_accounts',
  `SELECT account, owner_id, currency, sum(debits)::bigint AS debits, sum(credits)::bigint AS credits,
     sum(posted_debits)::bigint AS posted_debits, sum(posted_credits)::bigint AS posted_credits
   FROM (
     SELECT account, owner_id, currency, debits, credits, 0, 0 FROM ledger_balances
     UNION ALL
     SELECT account, owner_id, currency, debits, credits, 0, 0 FROM ledger_deltas
     UNION ALL
     SELECT debit_account, debit_owner_id, currency, 0, 0, amount, 0 FROM ledger_transfers
     UNION ALL
     SELECT credit_account, credit_owner_id, currency, 0, 0, 0, amount FROM ledger_transfers
   ) AS parts (account, owner_id, currency, debits, credits, posted_debits, posted_credits)
   GROUP BY account, owner_id, currency ORDER BY account, owner_id, currency`,
);

/** What a payment should have posted by its kind and state, beside what it has. */
export const findTransfersOff = readStatement<[limit: number], { cause_id: Id; detail: string }>(
  'ledger_find_transfers_off',
  `WITH wanted AS (
     SELECT payment_id AS cause_id, 'driver_share' AS code, driver_amount AS amount, currency FROM payments
     WHERE kind = 'charge' AND driver_amount > 0
     UNION ALL
     SELECT payment_id, 'platform_share', amount - driver_amount, currency FROM payments
     WHERE kind = 'charge' AND amount > driver_amount
     UNION ALL
     SELECT payment_id, 'charged', amount, currency FROM payments WHERE kind = 'charge' AND state = 'succeeded'
     UNION ALL
     SELECT payment_id, CASE kind WHEN 'refund' THEN 'refund_granted' ELSE 'payout_started' END, amount, currency
     FROM payments WHERE kind <> 'charge'
     UNION ALL
     SELECT payment_id, CASE kind WHEN 'refund' THEN 'refund_' ELSE 'payout_' END
       || CASE state WHEN 'succeeded' THEN 'paid' ELSE 'returned' END, amount, currency
     FROM payments WHERE kind <> 'charge' AND state <> 'due')
   SELECT cause_id, format('%s of %s %s should be posted, %s %s is', code, coalesce(wanted.amount, 0), wanted.currency,
     coalesce(posted.amount, 0), posted.currency) AS detail
   FROM wanted FULL JOIN ledger_transfers AS posted USING (cause_id, code)
   WHERE wanted.amount IS DISTINCT FROM posted.amount OR wanted.currency IS DISTINCT FROM posted.currency
   ORDER BY cause_id, code LIMIT $1`,
);

export const findRefundsOff = readStatement<
  [limit: number],
  { payment_id: Id; refunded: number; refunds: number }
>(
  'payments_find_refunds_off',
  `SELECT charge.payment_id, charge.refunded, coalesce(sum(refund.amount), 0)::bigint AS refunds
   FROM payments AS charge
   LEFT JOIN payments AS refund ON refund.charge_id = charge.payment_id AND refund.kind = 'refund'
     AND refund.state <> 'declined'
   WHERE charge.kind = 'charge'
   GROUP BY charge.payment_id HAVING charge.refunded <> coalesce(sum(refund.amount), 0)
   ORDER BY charge.payment_id LIMIT $1`,
);

export interface ChargeToVerify {
  readonly payment_id: Id;
  readonly ride_id: Id;
  readonly user_id: Id;
  readonly cause: ChargeCause;
  readonly amount: number;
  readonly currency: string;
  readonly erased: boolean;
}

export const pageChargesToVerify = readStatement<[after: Id, limit: number], ChargeToVerify>(
  'payments_page_to_verify',
  `SELECT payment_id, ride_id, user_id, cause, amount, currency, erased FROM payments
   WHERE kind = 'charge' AND payment_id > $1 ORDER BY payment_id LIMIT $2`,
);

export const getChargesOfRides = readStatement<[rideIds: readonly Id[]], { ride_id: Id }>(
  'payments_get_of_rides',
  `SELECT ride_id FROM payments WHERE kind = 'charge' AND ride_id = ANY ($1::bigint[])`,
);

export const countVerified = readStatement<[], { transfers: number; charges: number }>(
  'ledger_count_verified',
  `SELECT (SELECT count(*) FROM ledger_transfers)::int AS transfers,
     (SELECT count(*) FROM payments WHERE kind = 'charge')::int AS charges`,
);
