/** What has moved by the provider's books. */
import type { ProviderRecord } from '../../../ports/payment-provider/payment-provider.ts';

/** In one currency, in minor units. */
export interface Total {
  readonly currency: string;
  readonly charged: number;
  readonly refunded: number;
  readonly paidOut: number;
}

export interface Totals {
  add(record: ProviderRecord): void;
  orders(): number;
  all(): readonly Total[];
}

export function createTotals(): Totals {
  const sums = new Map<string, { charge: number; refund: number; payout: number }>();
  let orders = 0;
  return {
    add({ kind, currency, amount, outcome }) {
      orders += 1;
      const sum = sums.get(currency) ?? { charge: 0, refund: 0, payout: 0 };
      if (outcome.state === 'succeeded') sum[kind] += amount;
      sums.set(currency, sum);
    },
    orders: () => orders,
    all: () =>
      [...sums]
        .map(([currency, { charge, refund, payout }]) => ({
          ...{ currency, charged: charge, refunded: refund, paidOut: payout },
        }))
        .sort((one, other) => (one.currency < other.currency ? -1 : 1)),
  };
}
