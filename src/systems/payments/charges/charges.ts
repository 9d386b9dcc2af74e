/** What riders see of their charges, and what those who owe may not do. */
import { AppError } from '../../../core/errors.ts';
import type { Id } from '../../../core/ids.ts';
import type { Page, PageRequest } from '../../../core/page.ts';
import type { SqlSession } from '../../../ports/sql-store/sql-store.ts';
import { type Charge, formatMoney } from '../payment.ts';
import { chargeOf, listDebts, pageCharges } from '../payments-queries.ts';

export interface Charges {
  /** Of the rider, the newest first. */
  page(session: SqlSession, riderId: Id, request: PageRequest): Promise<Page<Charge>>;
  /**
   * Fails with `conflict`, saying what and how to pay, for a rider of whom a payment was declined; also while that is being tried with
   * another method. Else resolves: what is not settled yet is no debt.
   */
  checkDebt(session: SqlSession, riderId: Id): Promise<void>;
}

export function createCharges(): Charges {
  return {
    async page(session, riderId, { before, limit }) {
      const rows = await session.query(pageCharges, [riderId, before, limit + 1]);
      const items = rows.slice(0, limit).map(chargeOf);
      return { items, nextBefore: rows.length > limit ? items.at(-1)?.paymentId : undefined };
    },

    async checkDebt(session, riderId) {
      const [row] = await session.query(listDebts, [riderId, 1]);
      if (row !== undefined) throw owes(chargeOf(row));
    },
  };
}

/** 402 would say it in one word; it is no code of ours, and no client knows what to do by it. */
function owes(charge: Charge): AppError {
  const what = `${formatMoney(charge)} for the ride ${charge.rideId}`;
  if (charge.state === 'due') {
    return new AppError(
      'conflict',
      `You owe ${what}, which is being charged to your other method. Ask again shortly.`,
      {
        outcome: 'not_applied',
        retryAfterS: 2,
      },
    );
  }
  const why = charge.reason === 'no_method' ? 'you have no payment method' : 'the payment was declined';
  return new AppError(
    'conflict',
    `You owe ${what}: ${why}. Name a payment method with PUT /api/v1/payments/method; it is charged at once. Then ask for the ride again.`,
    { outcome: 'not_applied' },
  );
}
