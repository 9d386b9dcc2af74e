/** All payments, for administrators. */
import type { Page, PageRequest } from '../../../core/page.ts';
import type { SqlSession } from '../../../ports/sql-store/sql-store.ts';
import type { Payment, PaymentState } from '../payment.ts';
import { pagePayments, pagePaymentsOfState, paymentOf } from '../payments-queries.ts';

export interface PaymentList {
  /** The newest first; those of a state, if one is given. */
  page(session: SqlSession, request: PageRequest, state?: PaymentState): Promise<Page<Payment>>;
}

export function createPaymentList(): PaymentList {
  return {
    async page(session, { before, limit }, state) {
      const rows =
        state === undefined
          ? await session.query(pagePayments, [before, limit + 1])
          : await session.query(pagePaymentsOfState, [before, limit + 1, state]);
      const items = rows.slice(0, limit).map(paymentOf);
      return { items, nextBefore: rows.length > limit ? items.at(-1)?.paymentId : undefined };
    },
  };
}
