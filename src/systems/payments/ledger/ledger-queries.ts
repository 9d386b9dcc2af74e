/** The tables of the ledger: transfers, and the balances that are their sums. */
import type { Id } from '../../../core/ids.ts';
import { readStatement, writeStatement } from '../../../ports/sql-store/sql-store.ts';
import type { AccountKind } from './account.ts';
import type { TransferCode } from './transfer.ts';

export interface TransferRow {
  readonly cause_id: Id;
  readonly code: TransferCode;
  readonly debit_account: AccountKind;
  readonly debit_owner_id: Id;
  readonly credit_account: AccountKind;
  readonly credit_owner_id: Id;
  readonly currency: string;
  readonly amount: number;
}

/** Those that are new, with what they add to the balances of both of their accounts. In the order of their keys, so that nobody waits in a circle. */
export const insertTransfers = writeStatement<
  [
    causeIds: readonly Id[],
    codes: readonly TransferCode[],
    shards: readonly number[],
    debitAccounts: readonly AccountKind[],
    debitOwnerIds: readonly Id[],
    creditAccounts: readonly AccountKind[],
    creditOwnerIds: readonly Id[],
    currencies: readonly string[],
    amounts: readonly number[],
    debitShards: readonly number[],
    creditShards: readonly number[],
  ],
  { posted: number }
>(
  'ledger_transfers_insert',
  `WITH wanted AS (
     SELECT * FROM unnest($1::bigint[], $2::text[], $3::smallint[], $4::text[], $5::bigint[], $6::text[], $7::bigint[],
       $8::text[], $9::bigint[], $10::smallint[], $11::smallint[])
     AS wanted (cause_id, code, shard, debit_account, debit_owner_id, credit_account, credit_owner_id, currency, amount,
       debit_shard, credit_shard)),
   posted AS (
     INSERT INTO ledger_transfers (cause_id, code, shard, debit_account, debit_owner_id, credit_account, credit_owner_id,
       currency, amount)
     SELECT cause_id, code, shard, debit_account, debit_owner_id, credit_account, credit_owner_id, currency, amount
     FROM wanted ORDER BY cause_id, code
     ON CONFLICT (cause_id, code) DO NOTHING
     RETURNING cause_id, code),
   added AS (
     INSERT INTO ledger_deltas (account, owner_id, currency, cause_id, code, shard, debits, credits)
     SELECT side.account, side.owner_id, currency, cause_id, code, side.shard, side.debits, side.credits
     FROM posted JOIN wanted USING (cause_id, code)
     CROSS JOIN LATERAL (VALUES
       (debit_account, debit_owner_id, debit_shard, amount, 0),
       (credit_account, credit_owner_id, credit_shard, 0, amount)) AS side (account, owner_id, shard, debits, credits))
   SELECT count(*)::int AS posted FROM posted`,
);

export const getTransfers = readStatement<[causeIds: readonly Id[]], TransferRow>(
  'ledger_transfers_get',
  `SELECT cause_id, code, debit_account, debit_owner_id, credit_account, credit_owner_id, currency, amount
   FROM ledger_transfers WHERE cause_id = ANY ($1::bigint[])`,
);

export interface BalanceRow {
  readonly account: AccountKind;
  readonly owner_id: Id;
  readonly currency: string;
  readonly debits: number;
  readonly credits: number;
}

export const getBalances = readStatement<
  [accounts: readonly AccountKind[], ownerIds: readonly Id[]],
  BalanceRow
>(
  'ledger_balances_get',
  `SELECT account, owner_id, currency, sum(debits)::bigint AS debits, sum(credits)::bigint AS credits
   FROM (
     SELECT account, owner_id, currency, debits, credits
     FROM unnest($1::text[], $2::bigint[]) AS wanted (account, owner_id)
     JOIN ledger_balances USING (account, owner_id)
     UNION ALL
     SELECT account, owner_id, currency, debits, credits
     FROM unnest($1::text[], $2::bigint[]) AS wanted (account, owner_id)
     JOIN ledger_deltas USING (account, owner_id)
   ) AS parts
   GROUP BY account, owner_id, currency ORDER BY account, owner_id, currency`,
);

/**
 * Moves up to `limit` deltas into the balances; those that another worker is moving are left to it. Balances are locked in the
 * order of their keys, so that two workers never wait in a circle.
 */
export const foldDeltas = writeStatement<[limit: number], { folded: number }>(
  'ledger_deltas_fold',
  `WITH picked AS MATERIALIZED (
     SELECT account, owner_id, currency, cause_id, code FROM ledger_deltas
     ORDER BY account, owner_id, currency, cause_id, code LIMIT $1 FOR UPDATE SKIP LOCKED),
   removed AS (
     DELETE FROM ledger_deltas AS delta USING picked
     WHERE (delta.account, delta.owner_id, delta.currency, delta.cause_id, delta.code)
       = (picked.account, picked.owner_id, picked.currency, picked.cause_id, picked.code)
     RETURNING delta.*),
   added AS (
     INSERT INTO ledger_balances AS balance (account, owner_id, currency, shard, debits, credits)
     SELECT account, owner_id, currency, min(shard), sum(debits), sum(credits)
     FROM removed GROUP BY account, owner_id, currency ORDER BY account, owner_id, currency
     ON CONFLICT (account, owner_id, currency) DO UPDATE SET
       debits = balance.debits + excluded.debits, credits = balance.credits + excluded.credits)
   SELECT count(*)::int AS folded FROM removed`,
);
