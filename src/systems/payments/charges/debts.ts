/** What riders owe because it was declined, and the second try that they ask for. */
import type { Clock } from '../../../core/clock.ts';
import { AppError } from '../../../core/errors.ts';
import type { Id } from '../../../core/ids.ts';
import type { SqlSession, SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import { getMethod } from '../methods/methods-queries.ts';
import type { Charge, Money } from '../payment.ts';
import { chargeOf, listDebts } from '../payments-queries.ts';
import { retryDeclined } from './charges-queries.ts';

/** Charges that are named. Nobody comes to so many: each keeps from the next ride. */
export const DEBTS_MAX = 100;

export interface Debts {
  /** By currency, of all charges below. */
  readonly sums: readonly Money[];
  /** Declined, or being tried again; the oldest first. */
  readonly charges: readonly Charge[];
}

export interface DebtDesk {
  of(session: SqlSession, riderId: Id): Promise<Debts>;
  /**
   * Charges all of it again, to the method that the rider has. What is being tried is left alone, so that a second call does no more;
   * nothing is owed: nothing happens. Fails with `conflict` where there is no method.
   */
  pay(transaction: SqlTransaction, riderId: Id): Promise<Debts>;
}

export interface DebtDeskDeps {
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly onDue: () => void;
}

export function createDebtDesk({ clock, onDue }: DebtDeskDeps): DebtDesk {
  async function of(session: SqlSession, riderId: Id): Promise<Debts> {
    const charges = (await session.query(listDebts, [riderId, DEBTS_MAX])).map(chargeOf);
    return { charges, sums: sumsOf(charges) };
  }

  return {
    of,

    async pay(transaction, riderId) {
      const before = await of(transaction, riderId);
      if (!before.charges.some(({ state }) => state === 'declined')) return before;
      const [method] = await transaction.query(getMethod, [riderId]);
      if (method === undefined) throw noMethod();
      await transaction.query(retryDeclined, [riderId, new Date(clock.nowMs())]);
      transaction.afterCommit(onDue);
      return of(transaction, riderId);
    },
  };
}

function sumsOf(charges: readonly Charge[]): Money[] {
  const sums = new Map<string, number>();
  for (const { currency, amount } of charges) sums.set(currency, (sums.get(currency) ?? 0) + amount);
  return [...sums].map(([currency, amount]) => ({ currency, amount }));
}

function noMethod(): AppError {
  return new AppError(
    'conflict',
    'You have no payment method. Name one with PUT /api/v1/payments/method: what you owe is charged to it at once.',
    { outcome: 'not_applied' },
  );
}
