/** Payouts, and what drivers have earned. */
import type { Id } from '../../../core/ids.ts';
import { readStatement, writeStatement } from '../../../ports/sql-store/sql-store.ts';
import type { ChargeCause } from '../payment.ts';

/** Any fixed number: the lock of whoever begins payouts. */
const PAYOUTS_LOCK = 4_702_111_937;

/** Payouts begin in one transaction at a time: the next one reads what this one has left. */
export const lockPayouts = writeStatement<[], { locked: string }>(
  'payouts_lock',
  `SELECT pg_advisory_xact_lock(${PAYOUTS_LOCK})::text AS locked`,
);

export interface PayableRow {
  readonly driver_id: Id;
  readonly currency: string;
  readonly amount: number;
}

/**
 * Whom at least `minimum` is owed, by what was summed up, with what they are owed at this moment, or the `most` that one payout may be;
 * not those of whom a payout is under way.
 */
export const listPayable = readStatement<[minimum: number, limit: number, most: number], PayableRow>(
  'payouts_list_payable',
  `SELECT due.driver_id, due.currency, least(due.amount, $3) AS amount FROM (
     SELECT balance.owner_id AS driver_id, balance.currency, (balance.credits - balance.debits + coalesce((
       SELECT sum(delta.credits - delta.debits) FROM ledger_deltas AS delta
       WHERE delta.account = 'driver_payable' AND delta.owner_id = balance.owner_id
         AND delta.currency = balance.currency), 0))::bigint AS amount
     FROM ledger_balances AS balance
     WHERE balance.account = 'driver_payable' AND balance.credits - balance.debits >= $1
       AND NOT EXISTS (
         SELECT FROM payments WHERE payments.user_id = balance.owner_id AND payments.currency = balance.currency
           AND payments.kind = 'payout' AND payments.state = 'due')
     ORDER BY balance.credits - balance.debits DESC, balance.owner_id LIMIT $2) AS due
   WHERE due.amount >= $1`,
);

export const insertPayouts = writeStatement<
  [
    payoutIds: readonly Id[],
    shards: readonly number[],
    driverIds: readonly Id[],
    currencies: readonly string[],
    amounts: readonly number[],
  ]
>(
  'payouts_insert',
  `INSERT INTO payments (kind, due_at, payment_id, shard, user_id, currency, amount)
   SELECT 'payout', now(), * FROM unnest($1::bigint[], $2::smallint[], $3::bigint[], $4::text[], $5::bigint[])`,
);

export interface EarningsSumRow {
  readonly currency: string;
  readonly payable: number;
  readonly in_transit: number;
  readonly paid: number;
}

/** Of one moment: what is settled meanwhile is not in two places. */
export const sumEarnings = readStatement<[driverId: Id], EarningsSumRow>(
  'payouts_sum_earnings',
  `SELECT currency, coalesce(sum(credits - debits) FILTER (WHERE account = 'driver_payable'), 0)::bigint AS payable,
     coalesce(sum(credits - debits) FILTER (WHERE account = 'payout_transit'), 0)::bigint AS in_transit,
     coalesce(sum(credits) FILTER (WHERE account = 'paid'), 0)::bigint AS paid
   FROM (
     SELECT account, currency, debits, credits FROM ledger_balances
     WHERE account IN ('driver_payable', 'payout_transit') AND owner_id = $1
     UNION ALL
     SELECT account, currency, debits, credits FROM ledger_deltas
     WHERE account IN ('driver_payable', 'payout_transit') AND owner_id = $1
     UNION ALL
     SELECT 'paid', currency, 0, amount FROM payments
     WHERE user_id = $1 AND kind = 'payout' AND state = 'succeeded') AS parts
   GROUP BY currency ORDER BY currency`,
);

export interface EarningDayRow {
  /** `2026-11-22`. */
  readonly day: string;
  readonly currency: string;
  readonly rides: number;
  readonly earned: number;
  readonly paid_out: number;
}

/** By the time in the ids: of rides their ends, of payouts their beginnings. Ids from `first` to below `end`. */
export const sumEarningDays = readStatement<
  [driverId: Id, first: Id, end: Id, offsetMinutes: number],
  EarningDayRow
>(
  'payouts_sum_earning_days',
  `SELECT to_char(to_timestamp(1420070400 + payment_id / 4096 / 1000.0 + $4::int * 60) AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day,
     currency, sum(rides)::int AS rides, sum(earned)::bigint AS earned, sum(paid_out)::bigint AS paid_out
   FROM (
     SELECT payment_id, currency, 1, driver_amount, 0 FROM payments
     WHERE driver_id = $1 AND kind = 'charge' AND driver_amount > 0 AND payment_id >= $2 AND payment_id < $3
     UNION ALL
     SELECT payment_id, currency, 0, 0, amount FROM payments
     WHERE user_id = $1 AND kind = 'payout' AND state <> 'declined' AND payment_id >= $2 AND payment_id < $3
   ) AS parts (payment_id, currency, rides, earned, paid_out)
   GROUP BY day, currency ORDER BY day, currency`,
);

export interface EarningRow {
  readonly payment_id: Id;
  readonly ride_id: Id;
  readonly cause: ChargeCause;
  readonly currency: string;
  readonly driver_amount: number;
}

export const pageEarnings = readStatement<[driverId: Id, before: Id, limit: number], EarningRow>(
  'payouts_page_earnings',
  `SELECT payment_id, ride_id, cause, currency, driver_amount FROM payments
   WHERE driver_id = $1 AND kind = 'charge' AND driver_amount > 0 AND payment_id < $2
   ORDER BY payment_id DESC LIMIT $3`,
);
