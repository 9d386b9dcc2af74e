/** What is known of money, each by somebody who did not ask the others: the log of rides, the provider, riders, drivers. */

/** In minor units of a currency. */
export interface Sum {
  readonly amount: number;
  readonly currency: string;
}

/** A ride that has ended and costs something, by the event log: its fare, or the fee of its cancellation. */
export interface RideCost extends Sum {
  readonly rideId: string;
  readonly driverId: string | undefined;
  /** Of the amount, the driver's. */
  readonly toDriver: number;
}

/** By the provider's own book. */
export interface ProviderOrder extends Sum {
  readonly key: string;
  readonly kind: 'charge' | 'refund' | 'payout';
  /** refund: the key of the charge. payout: `driver-<id>`. */
  readonly source: string;
  /** charge: `ride <id>`. */
  readonly reference: string;
  readonly state: 'succeeded' | 'declined' | 'pending';
}

/** What a rider was shown. */
export interface SeenReceipt extends Sum {
  readonly rideId: string;
  readonly state: string;
  /** What was, or is being, given back. */
  readonly refunded: number;
}

/** What a driver was shown, in one currency. */
export interface SeenEarnings {
  readonly driverId: string;
  readonly currency: string;
  readonly earned: number;
  readonly paid: number;
}

/** When all is quiet: nothing is due any more. */
export interface PaymentFacts {
  readonly costs: readonly RideCost[];
  readonly orders: readonly ProviderOrder[];
  readonly receipts: readonly SeenReceipt[];
  readonly earnings: readonly SeenEarnings[];
}

export function groupedBy<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
): ReadonlyMap<string, readonly Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}

export function total(items: readonly Sum[]): number {
  return items.reduce((sum, { amount }) => sum + amount, 0);
}

export function sumText({ amount, currency }: Sum): string {
  return `${amount} ${currency}`;
}
