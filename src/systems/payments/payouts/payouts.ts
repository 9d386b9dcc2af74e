/** Paying drivers what they have earned, whether or not the riders have paid yet: that is the platform's business. */
import { type IdGenerator, shardOf } from '../../../core/ids.ts';
import type { Job } from '../../../core/job.ts';
import type { SqlStore } from '../../../ports/sql-store/sql-store.ts';
import { AMOUNT_MAX, type Ledger } from '../ledger/ledger.ts';
import { payoutStarted } from '../ledger/transfer.ts';
import type { PaymentObserver } from '../payment-observer.ts';
import { insertPayouts, listPayable, lockPayouts, type PayableRow } from './payouts-queries.ts';

/** Less waits for more: each payout costs a fee at most providers. In minor units. */
export const PAYOUT_MIN = 2_000;
/** Begun in one transaction. */
export const PAYOUTS_MAX = 500;
const PAY_EVERY_MS = 60 * 60_000;

export interface Payouts {
  /** Begins payouts to at most PAYOUTS_MAX drivers who are owed `minimum` or more; all that one of them is owed, up to AMOUNT_MAX. Answers them. */
  begin(minimum?: number): Promise<readonly PayableRow[]>;
  readonly job: Job;
}

export interface PayoutsDeps {
  readonly sql: SqlStore;
  readonly ids: IdGenerator;
  readonly ledger: Pick<Ledger, 'post'>;
  readonly observer: PaymentObserver;
  readonly onDue: () => void;
}

export function createPayouts({ sql, ids, ledger, observer, onDue }: PayoutsDeps): Payouts {
  function begin(minimum = PAYOUT_MIN): Promise<readonly PayableRow[]> {
    return sql.transaction(async (transaction) => {
      // In a statement of its own: the one after it sees all that was begun before.
      await transaction.query(lockPayouts, []);
      const payable = await transaction.query(listPayable, [minimum, PAYOUTS_MAX, AMOUNT_MAX]);
      if (payable.length === 0) return payable;
      const payouts = payable.map((row) => ({
        ...{ causeId: ids.next(), shard: shardOf(row.driver_id), driverId: row.driver_id },
        ...{ currency: row.currency, amount: row.amount },
      }));
      await transaction.query(insertPayouts, [
        payouts.map(({ causeId }) => causeId),
        payouts.map(({ shard }) => shard),
        payouts.map(({ driverId }) => driverId),
        payouts.map(({ currency }) => currency),
        payouts.map(({ amount }) => amount),
      ]);
      await ledger.post(
        transaction,
        payouts.map(({ driverId, ...of }) => payoutStarted(of, driverId)),
      );
      transaction.afterCommit(() => {
        observer.made('payout', payouts.length);
        onDue();
      });
      return payable;
    });
  }

  return {
    begin,
    job: {
      name: 'pay-drivers',
      everyMs: PAY_EVERY_MS,
      run: async () => ((await begin()).length === PAYOUTS_MAX ? 'more' : 'done'),
    },
  };
}
