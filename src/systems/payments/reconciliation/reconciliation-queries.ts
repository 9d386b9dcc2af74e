/** Payments, as they are compared with what the provider has. */
import type { Id } from '../../../core/ids.ts';
import { readStatement } from '../../../ports/sql-store/sql-store.ts';
import type { PaymentKind, PaymentState } from '../payment.ts';

export interface PaymentToCompare {
  readonly payment_id: Id;
  readonly kind: PaymentKind;
  readonly currency: string;
  readonly amount: number;
  readonly state: PaymentState;
  readonly attempt: number;
}

const COLUMNS = 'payment_id, kind, currency, amount, state, attempt';

export const getPaymentsToCompare = readStatement<[paymentIds: readonly Id[]], PaymentToCompare>(
  'payments_get_to_compare',
  `SELECT ${COLUMNS} FROM payments WHERE payment_id = ANY ($1::bigint[])`,
);

export const pageSucceeded = readStatement<[after: Id, limit: number], PaymentToCompare>(
  'payments_page_succeeded',
  `SELECT ${COLUMNS} FROM payments WHERE state = 'succeeded' AND payment_id > $1 ORDER BY payment_id LIMIT $2`,
);
