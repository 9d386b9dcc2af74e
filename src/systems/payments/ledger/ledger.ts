/**
 * The double-entry ledger (migration 0037, decision 31). A transfer is one row, so that debits and credits cannot differ; it is
 * posted once for its cause and code, and never changed. Balances are sums of transfers: what was summed up so far and
 * what was not, in one statement, which is exact at every moment and makes no transfer wait for another.
 */
import { AppError, assert } from '../../../core/errors.ts';
import { shardOf } from '../../../core/ids.ts';
import type { Job } from '../../../core/job.ts';
import type { SqlSession, SqlStore, SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import type { Account, Balance } from './account.ts';
import {
  foldDeltas,
  getBalances,
  getTransfers,
  insertTransfers,
  type TransferRow,
} from './ledger-queries.ts';
import type { Transfer } from './transfer.ts';

/** Rows of one statement: some 10 ms. */
export const TRANSFERS_MAX = 1_000;
export const AMOUNT_MAX = 100_000_000;
const FOLDED_MAX = 5_000;
const FOLD_EVERY_MS = 1_000;

export interface Ledger {
  /**
   * Posts those that were not posted before, all or none of them with the transaction. At most TRANSFERS_MAX. Answers how many
   * were new. Fails with `conflict` where one was posted under the same cause and code and is another: a defect of the caller.
   */
  post(transaction: SqlTransaction, transfers: readonly Transfer[]): Promise<number>;
  /** Of these accounts in every currency that they have, all of one moment. */
  balances(session: SqlSession, accounts: readonly Account[]): Promise<readonly Balance[]>;
  /** Sums up what was posted. */
  readonly job: Job;
}

export interface LedgerDeps {
  readonly sql: SqlStore;
}

export function createLedger({ sql }: LedgerDeps): Ledger {
  return {
    async post(transaction, transfers) {
      if (transfers.length === 0) return 0;
      assert(transfers.length <= TRANSFERS_MAX, `at most ${TRANSFERS_MAX} transfers are posted at once`);
      for (const { amount } of transfers) {
        assert(Number.isInteger(amount) && amount > 0 && amount <= AMOUNT_MAX, `an amount of ${amount}`);
      }
      const inserted = await transaction.query(insertTransfers, [
        transfers.map(({ causeId }) => causeId),
        transfers.map(({ code }) => code),
        transfers.map(({ shard }) => shard),
        transfers.map(({ debit }) => debit.kind),
        transfers.map(({ debit }) => debit.ownerId),
        transfers.map(({ credit }) => credit.kind),
        transfers.map(({ credit }) => credit.ownerId),
        transfers.map(({ currency }) => currency),
        transfers.map(({ amount }) => amount),
        transfers.map(({ debit }) => shardOf(debit.ownerId)),
        transfers.map(({ credit }) => shardOf(credit.ownerId)),
      ]);
      const posted = inserted[0]?.posted ?? 0;
      if (posted < transfers.length) await refuseOthers(transaction, transfers);
      return posted;
    },

    async balances(session, accounts) {
      const rows = await session.query(getBalances, [
        accounts.map(({ kind }) => kind),
        accounts.map(({ ownerId }) => ownerId),
      ]);
      return rows.map(({ account: kind, owner_id: ownerId, ...rest }) => ({ kind, ownerId, ...rest }));
    },

    job: {
      name: 'fold-ledger-balances',
      everyMs: FOLD_EVERY_MS,
      async run() {
        const [row] = await sql.query(foldDeltas, [FOLDED_MAX]);
        return row?.folded === FOLDED_MAX ? 'more' : 'done';
      },
    },
  };
}

/** What is there already has to be what was to be posted. */
async function refuseOthers(transaction: SqlTransaction, transfers: readonly Transfer[]): Promise<void> {
  const rows = await transaction.query(getTransfers, [[...new Set(transfers.map(({ causeId }) => causeId))]]);
  const known = new Map(rows.map((row) => [`${row.cause_id} ${row.code}`, row]));
  for (const transfer of transfers) {
    const row = known.get(`${transfer.causeId} ${transfer.code}`);
    if (row !== undefined && isSame(row, transfer)) continue;
    throw new AppError(
      'conflict',
      `The transfer ${transfer.code} of ${transfer.causeId} was posted before, and differs.`,
      { outcome: 'not_applied' },
    );
  }
}

function isSame(row: TransferRow, { debit, credit, currency, amount }: Transfer): boolean {
  return (
    row.debit_account === debit.kind &&
    row.debit_owner_id === debit.ownerId &&
    row.credit_account === credit.kind &&
    row.credit_owner_id === credit.ownerId &&
    row.currency === currency &&
    row.amount === amount
  );
}
