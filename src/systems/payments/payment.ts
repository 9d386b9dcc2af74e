/** Payments: what the provider is asked to do, and what became of it. */
import type { Id } from '../../core/ids.ts';
import type { DeclineReason, OrderKind } from '../../ports/payment-provider/payment-provider.ts';

export type PaymentKind = OrderKind;
export const PAYMENT_KINDS = ['charge', 'refund', 'payout'] as const satisfies readonly PaymentKind[];

/** `due`: it is not known yet what becomes of it. The others are final for the attempt; a charge that was declined may have another one. */
export const PAYMENT_STATES = ['due', 'succeeded', 'declined'] as const;
export type PaymentState = (typeof PAYMENT_STATES)[number];

/** `no_method`: the rider has named none. The others are the provider's. */
export type PaymentReason = DeclineReason | 'no_method';

export const CHARGE_CAUSES = ['ride', 'cancellation'] as const;
export type ChargeCause = (typeof CHARGE_CAUSES)[number];

/** In minor units, such as cents. */
export interface Money {
  readonly amount: number;
  /** ISO 4217. */
  readonly currency: string;
}

export interface Payment extends Money {
  readonly paymentId: Id;
  readonly kind: PaymentKind;
  /** The rider, or the driver of a payout. */
  readonly userId: Id;
  readonly state: PaymentState;
  readonly reason: PaymentReason | null;
  readonly attempt: number;
  /** How the rider knows what they paid with; null: it is not settled, or the account is deleted. */
  readonly method: string | null;
  readonly settledAt: Date | null;
}

export interface Charge extends Payment {
  readonly rideId: Id;
  readonly cause: ChargeCause;
  readonly driverId: Id | null;
  readonly driverAmount: number;
  readonly refunded: number;
  /** As the event of the ride announced it. */
  readonly fare: Readonly<Record<string, unknown>>;
}

/** The key under which the provider does it once: another for each attempt, the same in every process. */
export function orderKey({
  kind,
  paymentId,
  attempt,
}: Pick<Payment, 'kind' | 'paymentId' | 'attempt'>): string {
  return `${kind}-${paymentId}-${attempt}`;
}

export interface OrderName {
  readonly kind: PaymentKind;
  readonly paymentId: Id;
  readonly attempt: number;
}

/** What a key of ours stands for; undefined for any other text. */
export function parseOrderKey(key: string): OrderName | undefined {
  const [, word, paymentId, attempt] = /^([a-z]+)-([1-9][0-9]{15})-([1-9][0-9]{0,5})$/.exec(key) ?? [];
  const kind = PAYMENT_KINDS.find((known) => known === word);
  return kind && { kind, paymentId: Number(paymentId), attempt: Number(attempt) };
}

/** `12.34 USD`, `1234 JPY`: for people, without a fraction on the way. */
export function formatMoney({ amount, currency }: Money): string {
  const minorDigits = minorDigitsOf(currency);
  const digits = String(Math.abs(amount)).padStart(minorDigits + 1, '0');
  const whole = digits.slice(0, digits.length - minorDigits);
  const minor = minorDigits === 0 ? '' : `.${digits.slice(-minorDigits)}`;
  return `${amount < 0 ? '-' : ''}${whole}${minor} ${currency}`;
}

function minorDigitsOf(currency: string): number {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency });
  return format.resolvedOptions().maximumFractionDigits ?? 2;
}
