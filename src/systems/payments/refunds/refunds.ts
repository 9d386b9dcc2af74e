/** Giving back what a rider has paid, or some of it. The platform bears it: the driver has driven. */
import { AppError, invalidField, notFound } from '../../../core/errors.ts';
import { type Id, type IdGenerator, shardOf } from '../../../core/ids.ts';
import type { SqlStore, SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { refundGranted } from '../ledger/transfer.ts';
import { type Charge, formatMoney, type Payment } from '../payment.ts';
import type { PaymentObserver } from '../payment-observer.ts';
import { chargeOf, paymentOf } from '../payments-queries.ts';
import { addRefunded, insertRefund, lockCharge } from './refunds-queries.ts';

export interface RefundAct {
  readonly action: 'payment_refunded';
  readonly userId: Id;
  readonly detail: string;
}

/** Written into the log of what the staff does, with the refund or not at all. */
export type RecordAct = (transaction: SqlTransaction, act: RefundAct) => Promise<void>;

export interface Refunds {
  /**
   * Gives back `amount`, in minor units; by default all that is left. It is on its way once this has resolved.
   * Fails with `not_found`; with `conflict` for a charge that did not succeed, or of which nothing is left; with `invalid` for an amount
   * above what is left.
   */
  refund(chargeId: Id, amount: number | undefined): Promise<Payment>;
}

export interface RefundsDeps {
  readonly sql: SqlStore;
  readonly ids: IdGenerator;
  readonly ledger: Pick<Ledger, 'post'>;
  readonly recordAct: RecordAct;
  readonly observer: PaymentObserver;
  readonly onDue: () => void;
}

export function createRefunds(deps: RefundsDeps): Refunds {
  const { sql, ids, ledger, recordAct, observer, onDue } = deps;
  return {
    refund: (chargeId, asked) =>
      sql.transaction(async (transaction) => {
        const [row] = await transaction.query(lockCharge, [chargeId]);
        if (row === undefined) throw notFound('charge');
        const charge = chargeOf(row);
        const { userId: riderId, currency } = charge;
        const amount = refundable(charge, asked);
        const shard = shardOf(riderId);
        await transaction.query(addRefunded, [chargeId, amount]);
        const [made] = await transaction.query(insertRefund, [
          ...([ids.next(), shard, riderId, currency, amount, chargeId] as const),
        ]);
        if (made === undefined) throw new Error('a refund was inserted, and is not there');
        await ledger.post(transaction, [
          refundGranted({ causeId: made.payment_id, shard, currency, amount }, riderId),
        ]);
        const detail = `charge ${chargeId}: ${formatMoney({ amount, currency })}`;
        await recordAct(transaction, { action: 'payment_refunded', userId: riderId, detail });
        transaction.afterCommit(() => {
          observer.made('refund', 1);
          onDue();
        });
        return paymentOf(made);
      }),
  };
}

function refundable(charge: Charge, asked: number | undefined): number {
  if (charge.state !== 'succeeded') {
    throw new AppError(
      'conflict',
      `The charge is ${charge.state}: nothing was paid that could be given back.`,
      {
        outcome: 'not_applied',
      },
    );
  }
  const left = charge.amount - charge.refunded;
  if (left === 0) {
    throw new AppError('conflict', 'All of the charge was given back already.', { outcome: 'not_applied' });
  }
  const amount = asked ?? left;
  if (!Number.isInteger(amount) || amount < 1 || amount > left) {
    throw invalidField(
      'amount',
      `must be from 1 to ${left} minor units, which is what is left of the charge.`,
    );
  }
  return amount;
}
