/** Charges that are made from events, and what riders do about them. */
import type { Id } from '../../../core/ids.ts';
import { writeStatement } from '../../../ports/sql-store/sql-store.ts';
import type { ChargeCause } from '../payment.ts';

export interface InsertedCharge {
  readonly payment_id: Id;
  readonly shard: number;
  readonly user_id: Id;
  readonly currency: string;
  readonly amount: number;
  readonly driver_id: Id | null;
  readonly driver_amount: number;
}

/** Those of rides that have none. A rider may be gone by then: nobody says in which order it is heard of. */
export const insertCharges = writeStatement<
  [
    paymentIds: readonly Id[],
    shards: readonly number[],
    riderIds: readonly Id[],
    currencies: readonly string[],
    amounts: readonly number[],
    causes: readonly ChargeCause[],
    rideIds: readonly Id[],
    driverIds: readonly (Id | null)[],
    driverAmounts: readonly number[],
    fares: readonly string[],
  ],
  InsertedCharge
>(
  'payments_insert_charges',
  `INSERT INTO payments (kind, due_at, payment_id, shard, user_id, currency, amount, cause, ride_id, driver_id, driver_amount, fare,
     erased)
   SELECT 'charge', now(), payment_id, shard, user_id, currency, amount, cause, ride_id, driver_id, driver_amount, fare::jsonb,
     EXISTS (SELECT FROM erased_payers WHERE erased_payers.user_id = wanted.user_id)
   FROM unnest($1::bigint[], $2::smallint[], $3::bigint[], $4::text[], $5::bigint[], $6::text[], $7::bigint[], $8::bigint[],
     $9::bigint[], $10::text[])
     AS wanted (payment_id, shard, user_id, currency, amount, cause, ride_id, driver_id, driver_amount, fare)
   ORDER BY ride_id
   ON CONFLICT (ride_id) WHERE kind = 'charge' DO NOTHING
   RETURNING payment_id, shard, user_id, currency, amount, driver_id, driver_amount`,
);

/** All that a rider owes after it was declined is tried again, with the method that they have now. */
export const retryDeclined = writeStatement<[riderId: Id, now: Date], { payment_id: Id }>(
  'payments_retry_declined',
  `UPDATE payments SET state = 'due', attempt = attempt + 1, calls = 0, token = NULL, reason = NULL, provider_id = NULL,
     method = NULL, settled_at = NULL, notice_due = false, due_at = $2
   WHERE user_id = $1 AND kind = 'charge' AND state = 'declined' RETURNING payment_id`,
);
