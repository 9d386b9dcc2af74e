/** The accounts of the ledger. One is of a kind, an owner and a currency, and exists by being named in a transfer. */
import type { Id } from '../../../core/ids.ts';

/** Each with the side on which it grows: what it is worth is that side less the other. */
export const ACCOUNTS = {
  /** What a rider owes. */
  rider_receivable: 'debit',
  /** What a rider is being given back. */
  refund_payable: 'credit',
  /** What a driver has earned and was not paid yet. */
  driver_payable: 'credit',
  /** What is on its way to a driver. */
  payout_transit: 'credit',
  /** What the platform has earned. */
  platform_revenue: 'credit',
  /** What the platform has given back. */
  platform_refunds: 'debit',
  /** What the provider has of ours. */
  provider_clearing: 'debit',
} as const;

export type AccountKind = keyof typeof ACCOUNTS;

/** The owner of what belongs to nobody else. */
export const PLATFORM: Id = 0;

export interface Account {
  readonly kind: AccountKind;
  /** A rider, a driver, or PLATFORM. */
  readonly ownerId: Id;
}

export interface Balance extends Account {
  readonly currency: string;
  readonly debits: number;
  readonly credits: number;
}

/** What the account is worth, on the side on which it grows, in minor units. */
export function worthOf({ kind, debits, credits }: Balance): number {
  return ACCOUNTS[kind] === 'debit' ? debits - credits : credits - debits;
}
