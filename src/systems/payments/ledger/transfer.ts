/** Transfers between accounts: what may happen to money, and between whom. */
import type { Id } from '../../../core/ids.ts';
import { type Account, PLATFORM } from './account.ts';

export type TransferCode =
  | 'driver_share'
  | 'platform_share'
  | 'charged'
  | 'refund_granted'
  | 'refund_paid'
  | 'refund_returned'
  | 'payout_started'
  | 'payout_paid'
  | 'payout_returned';

/** One amount of one currency from one account to another: debited here, credited there. */
export interface Transfer {
  /** The payment that it belongs to, and what it is of it: posted once, however often it is asked for. */
  readonly causeId: Id;
  readonly code: TransferCode;
  /** Of the payment. */
  readonly shard: number;
  readonly debit: Account;
  readonly credit: Account;
  readonly currency: string;
  /** In minor units, above 0. */
  readonly amount: number;
}

/** What every transfer of a payment has in common. */
export type TransferOf = Pick<Transfer, 'causeId' | 'shard' | 'currency' | 'amount'>;

const receivable = (riderId: Id): Account => ({ kind: 'rider_receivable', ownerId: riderId });
const refundable = (riderId: Id): Account => ({ kind: 'refund_payable', ownerId: riderId });
const payable = (driverId: Id): Account => ({ kind: 'driver_payable', ownerId: driverId });
const transit = (driverId: Id): Account => ({ kind: 'payout_transit', ownerId: driverId });
const revenue: Account = { kind: 'platform_revenue', ownerId: PLATFORM };
const refunds: Account = { kind: 'platform_refunds', ownerId: PLATFORM };
const clearing: Account = { kind: 'provider_clearing', ownerId: PLATFORM };

export function driverShare(of: TransferOf, riderId: Id, driverId: Id): Transfer {
  return { ...of, code: 'driver_share', debit: receivable(riderId), credit: payable(driverId) };
}

export function platformShare(of: TransferOf, riderId: Id): Transfer {
  return { ...of, code: 'platform_share', debit: receivable(riderId), credit: revenue };
}

export function charged(of: TransferOf, riderId: Id): Transfer {
  return { ...of, code: 'charged', debit: clearing, credit: receivable(riderId) };
}

/** The platform bears it: the driver has driven. */
export function refundGranted(of: TransferOf, riderId: Id): Transfer {
  return { ...of, code: 'refund_granted', debit: refunds, credit: refundable(riderId) };
}

export function refundPaid(of: TransferOf, riderId: Id): Transfer {
  return { ...of, code: 'refund_paid', debit: refundable(riderId), credit: clearing };
}

export function refundReturned(of: TransferOf, riderId: Id): Transfer {
  return { ...of, code: 'refund_returned', debit: refundable(riderId), credit: refunds };
}

export function payoutStarted(of: TransferOf, driverId: Id): Transfer {
  return { ...of, code: 'payout_started', debit: payable(driverId), credit: transit(driverId) };
}

export function payoutPaid(of: TransferOf, driverId: Id): Transfer {
  return { ...of, code: 'payout_paid', debit: transit(driverId), credit: clearing };
}

export function payoutReturned(of: TransferOf, driverId: Id): Transfer {
  return { ...of, code: 'payout_returned', debit: transit(driverId), credit: payable(driverId) };
}
