/** The table `payments`, as people and the rest of the system read it. */
import type { Id } from '../../core/ids.ts';
import { readStatement } from '../../ports/sql-store/sql-store.ts';
import type { Charge, ChargeCause, Payment, PaymentKind, PaymentReason, PaymentState } from './payment.ts';

export interface PaymentRow {
  readonly payment_id: Id;
  readonly kind: PaymentKind;
  readonly user_id: Id;
  readonly currency: string;
  readonly amount: number;
  readonly state: PaymentState;
  readonly reason: PaymentReason | null;
  readonly attempt: number;
  readonly method: string | null;
  readonly settled_at: Date | null;
}

export const PAYMENT_COLUMNS =
  'payment_id, kind, user_id, currency, amount, state, reason, attempt, method, settled_at';

export interface ChargeRow extends PaymentRow {
  readonly ride_id: Id;
  readonly cause: ChargeCause;
  readonly driver_id: Id | null;
  readonly driver_amount: number;
  readonly refunded: number;
  readonly fare: Readonly<Record<string, unknown>>;
}

export const CHARGE_COLUMNS = `${PAYMENT_COLUMNS}, ride_id, cause, driver_id, driver_amount, refunded, fare`;

export const pageCharges = readStatement<[riderId: Id, before: Id, limit: number], ChargeRow>(
  'payments_page_charges',
  `SELECT ${CHARGE_COLUMNS} FROM payments
   WHERE user_id = $1 AND kind = 'charge' AND payment_id < $2 ORDER BY payment_id DESC LIMIT $3`,
);

export const getChargeOfRide = readStatement<[rideId: Id], ChargeRow>(
  'payments_get_charge_of_ride',
  `SELECT ${CHARGE_COLUMNS} FROM payments WHERE ride_id = $1 AND kind = 'charge'`,
);

export const listRefunds = readStatement<[chargeId: Id], PaymentRow>(
  'payments_list_refunds',
  `SELECT ${PAYMENT_COLUMNS} FROM payments WHERE charge_id = $1 AND kind = 'refund' ORDER BY payment_id`,
);

/** For the staff: all of them, those of a state, or those of a user. */
export const pagePayments = readStatement<[before: Id, limit: number], PaymentRow>(
  'payments_page',
  `SELECT ${PAYMENT_COLUMNS} FROM payments WHERE payment_id < $1 ORDER BY payment_id DESC LIMIT $2`,
);

export const pagePaymentsOfState = readStatement<
  [before: Id, limit: number, state: PaymentState],
  PaymentRow
>(
  'payments_page_of_state',
  `SELECT ${PAYMENT_COLUMNS} FROM payments WHERE state = $3 AND payment_id < $1
   ORDER BY payment_id DESC LIMIT $2`,
);

/** What a rider owes since it was declined, also while it is tried with another method. The oldest first. */
export const listDebts = readStatement<[riderId: Id, limit: number], ChargeRow>(
  'payments_list_debts',
  `SELECT ${CHARGE_COLUMNS} FROM payments
   WHERE user_id = $1 AND kind = 'charge' AND (state = 'declined' OR (state = 'due' AND attempt > 1))
   ORDER BY payment_id LIMIT $2`,
);

export function paymentOf(row: PaymentRow): Payment {
  return {
    ...{ paymentId: row.payment_id, kind: row.kind, userId: row.user_id },
    ...{ currency: row.currency, amount: row.amount, state: row.state, reason: row.reason },
    ...{ attempt: row.attempt, method: row.method, settledAt: row.settled_at },
  };
}

export function chargeOf(row: ChargeRow): Charge {
  return {
    ...paymentOf(row),
    ...{ rideId: row.ride_id, cause: row.cause, driverId: row.driver_id },
    ...{ driverAmount: row.driver_amount, refunded: row.refunded, fare: row.fare },
  };
}
