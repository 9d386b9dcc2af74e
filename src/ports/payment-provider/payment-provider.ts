/**
 * The payment-provider port: whoever moves money for us. It charges the methods of riders, gives back, and pays drivers.
 *
 * Amounts are whole minor units (cents) of a currency of ISO 4217. Everything that moves money has an idempotency key: under
 * one key it happens once, however often and from however many processes it is asked for, for as long as the provider keeps its
 * records. So after a failure with outcome `unknown` the same call again, under the same key, is both the question what became of
 * it and the remedy.
 */

export type OrderKind = 'charge' | 'refund' | 'payout';

export const KEY_LENGTH_MAX = 100;
export const TOKEN_LENGTH_MAX = 200;
export const AMOUNT_MAX = 100_000_000;
export const FIND_MAX = 1_000;
export const RECORDS_PAGE_MAX = 1_000;

/** What money is to be moved. */
export interface PaymentOrder {
  /** 1 to KEY_LENGTH_MAX visible ASCII characters. */
  readonly idempotencyKey: string;
  readonly kind: OrderKind;
  /** charge: the token of a method. refund: the key of the charge. payout: whom, as the provider knows them. */
  readonly source: string;
  /** 1 to AMOUNT_MAX. */
  readonly amount: number;
  readonly currency: string;
  /** What it is for, as the provider's own lists show it. */
  readonly reference: string;
}

export type DeclineReason =
  | 'card_declined'
  | 'insufficient_funds'
  | 'method_unknown'
  | 'charge_not_refundable'
  | 'account_closed';

/**
 * `succeeded` and `declined` are final. `pending`: the provider has it and does not know yet; `onSettled` says when to ask
 * again, and asking now and then is right in any case.
 */
export type OrderOutcome =
  | { readonly state: 'succeeded' | 'pending'; readonly providerId: string }
  | { readonly state: 'declined'; readonly providerId: string; readonly reason: DeclineReason };

/** What the provider has written down of an order. */
export interface ProviderRecord extends PaymentOrder {
  /** In the order in which they were begun. */
  readonly number: number;
  readonly outcome: OrderOutcome;
}

export interface PaymentProvider {
  /** How a person knows the method, such as `Visa ending in 4242`. Fails with `invalid` (field `token`) for one it does not know. */
  describeMethod(token: string): Promise<string>;

  /**
   * Does what is ordered, once for a key. The same key again answers how the first one stands and moves nothing.
   *
   * A refusal is an outcome (`declined`), no error. Fails with `invalid` for an order beyond the limits above, or for a key
   * that was used for another order; with `unavailable` or `timeout`, after which it may have been done unless the outcome of
   * the error is `not_applied`.
   */
  submit(order: PaymentOrder): Promise<OrderOutcome>;

  /** What the provider has under the keys, at most FIND_MAX; what it has not heard of is not in the answer. */
  find(idempotencyKeys: readonly string[]): Promise<ReadonlyMap<string, ProviderRecord>>;

  /** All that it has, in the order of `number`, those above `after` (0 for the first page), at most `limit` (RECORDS_PAGE_MAX). */
  pageRecords(after: number, limit: number): Promise<readonly ProviderRecord[]>;

  /**
   * From now on, until the returned function is called, `listener` hears of keys whose orders have been settled. A hint and
   * nothing more: it may come twice, before the answer of `submit`, to another process, or never.
   */
  onSettled(listener: (idempotencyKey: string) => void): () => void;

  /** Resolves when it answers at all; moves and promises nothing. Fails with `unavailable` or `timeout`. */
  ping(): Promise<void>;

  /** Hints that were not given yet never are. */
  close(): Promise<void>;
}
