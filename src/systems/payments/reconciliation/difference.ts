/** What can differ between an order of the provider and the payment that it should be of. */
import type { Id } from '../../../core/ids.ts';
import type { ProviderRecord } from '../../../ports/payment-provider/payment-provider.ts';
import { formatMoney, type OrderName } from '../payment.ts';
import type { PaymentToCompare } from './reconciliation-queries.ts';

/** What each means, and what to do about it. */
export const DIFFERENCES = {
  unknown_order: 'The provider has an order that we never made. Ask the provider who did.',
  order_differs:
    'The provider has another kind, amount or currency. Ask the provider, and correct by a refund.',
  unsettled: 'The provider knows what became of it, and we do not yet. Mended by writing it down.',
  paid_but_declined:
    'We have it as declined, and the provider as paid. Give it back at the provider, or take it as paid by hand.',
  declined_but_paid: 'We have it as paid, and the provider as declined. Ask the provider.',
  paid_twice: 'An earlier attempt was paid too. Give one of the two back at the provider.',
  missing_at_provider: 'We have it as paid, and the provider does not have it at all. Ask the provider.',
} as const;

export type DifferenceKind = keyof typeof DIFFERENCES;

export interface Difference {
  readonly kind: DifferenceKind;
  /** Of the order. */
  readonly key: string;
  readonly paymentId: Id | undefined;
  readonly detail: string;
  /** It is none any more. */
  readonly mended: boolean;
}

/** Undefined: they agree, as far as anything is known for good. */
export function comparePayment(
  record: ProviderRecord,
  name: OrderName | undefined,
  payment: PaymentToCompare | undefined,
): Difference | undefined {
  const { idempotencyKey: key, outcome } = record;
  const differs = (kind: DifferenceKind, detail: string): Difference => {
    return { kind, key, paymentId: payment?.payment_id, detail, mended: false };
  };
  if (name === undefined || payment === undefined || name.attempt > payment.attempt) {
    return differs(
      'unknown_order',
      `${record.kind} of ${formatMoney(record)} for "${record.reference}", ${outcome.state}`,
    );
  }
  if (
    payment.kind !== record.kind ||
    payment.amount !== record.amount ||
    payment.currency !== record.currency
  ) {
    return differs(
      'order_differs',
      `${payment.kind} of ${formatMoney(payment)} here, ${record.kind} of ${formatMoney(record)} there`,
    );
  }
  if (outcome.state === 'pending') return undefined;
  if (name.attempt < payment.attempt) {
    if (outcome.state === 'declined') return undefined;
    return differs(
      'paid_twice',
      `attempt ${name.attempt} was paid, and attempt ${payment.attempt} is ${payment.state}`,
    );
  }
  if (payment.state === outcome.state) return undefined;
  const both = `${payment.state} here, ${outcome.state} there: ${formatMoney(payment)}`;
  if (payment.state === 'due') return differs('unsettled', both);
  return differs(payment.state === 'declined' ? 'paid_but_declined' : 'declined_but_paid', both);
}
