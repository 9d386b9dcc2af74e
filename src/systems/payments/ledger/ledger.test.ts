import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import pg from 'pg';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/database.ts';
import { systemClock } from '../../../core/clock.ts';
import { hasCode } from '../../../core/errors.ts';
import { composeId, type Id, shardOf } from '../../../core/ids.ts';
import { createPostgresSqlStore } from '../../../ports/sql-store/postgres-sql-store.ts';
import type { SqlStore } from '../../../ports/sql-store/sql-store.ts';
import { createLog } from '../../../telemetry/log.ts';
import { ACCOUNTS, type AccountKind, PLATFORM, worthOf } from './account.ts';
import { AMOUNT_MAX, createLedger, type Ledger, TRANSFERS_MAX } from './ledger.ts';
import { charged, driverShare, payoutStarted, platformShare, type Transfer } from './transfer.ts';

const EPOCH_MS = Date.UTC(2025, 0, 1);
const id = (number: number): Id => composeId(EPOCH_MS + number, 1, 0);
const OWNERS = [1, 2, 3].map(id);
const CURRENCIES = ['USD', 'EUR'];

describe('the ledger', () => {
  let database: TestDatabase;
  let sql: SqlStore;
  let ledger: Ledger;
  let client: pg.Client;
  let causes = 1_000;
  const nextCause = (): Id => {
    causes += 1;
    return id(causes);
  };
  before(async () => {
    database = await createTestDatabase();
    const log = createLog({ level: 'silent', pretty: false });
    sql = createPostgresSqlStore({ connection: database.connection, poolSize: 8, clock: systemClock, log });
    ledger = createLedger({ sql });
    client = new pg.Client({ connectionString: database.url });
    await client.connect();
  });
  after(async () => {
    await client.end();
    await sql.close();
    await database.close();
  });

  const post = (...transfers: Transfer[]) =>
    sql.transaction((transaction) => ledger.post(transaction, transfers));
  const fold = async () => {
    while ((await ledger.job.run()) === 'more');
  };
  const of = (changes: Partial<Transfer> = {}) => ({
    ...{ causeId: nextCause(), shard: shardOf(OWNERS[0] ?? 0), currency: 'USD', amount: 100 },
    ...changes,
  });
  const [rider = 0, driver = 0] = OWNERS;

  it('posts a transfer once for its cause and code, and says how many were new', async () => {
    const transfer = driverShare(of({ amount: 700 }), rider, driver);
    assert.equal(await post(transfer), 1);
    assert.equal(await post(transfer), 0);
    assert.equal(await post(transfer, platformShare(transfer, rider)), 1);
    const balances = await ledger.balances(sql, [{ kind: 'driver_payable', ownerId: driver }]);
    assert.deepEqual(balances, [
      { kind: 'driver_payable', ownerId: driver, currency: 'USD', debits: 0, credits: 700 },
    ]);
  });

  it('refuses another transfer under the same cause and code, whatever differs', async () => {
    const transfer = charged(of({ amount: 500 }), rider);
    await post(transfer);
    const others: Transfer[] = [
      { ...transfer, amount: 501 },
      { ...transfer, currency: 'EUR' },
      { ...transfer, credit: { kind: 'rider_receivable', ownerId: driver } },
      { ...transfer, debit: { kind: 'platform_refunds', ownerId: PLATFORM } },
    ];
    for (const other of others) {
      await assert.rejects(
        () => post(platformShare(of(), rider), other),
        (error) => hasCode(error, 'conflict'),
      );
    }
  });

  it('takes amounts and batches up to their limits and not one past them', async () => {
    await post(charged(of({ amount: AMOUNT_MAX }), rider));
    for (const amount of [AMOUNT_MAX + 1, 0, -1, 0.5, Number.NaN]) {
      await assert.rejects(() => post(charged(of({ amount }), rider)), /Assertion failed/, String(amount));
    }
    const many = Array.from({ length: TRANSFERS_MAX }, () => charged(of(), rider));
    assert.equal(await post(...many), TRANSFERS_MAX);
    await assert.rejects(() => post(...many, charged(of(), rider)), /Assertion failed/);
  });

  it('is changed by nobody afterwards, nor written wrongly, not even past this program', async () => {
    await post(charged(of(), rider));
    for (const text of ['UPDATE ledger_transfers SET amount = 1', 'DELETE FROM ledger_transfers']) {
      await assert.rejects(() => client.query(text), /immutable/);
    }
    const insert = (values: string) =>
      client.query(`INSERT INTO ledger_transfers (cause_id, code, shard, debit_account, debit_owner_id, credit_account,
        credit_owner_id, currency, amount) VALUES (1, 'charged', 0, ${values})`);
    await assert.rejects(() => insert(`'platform_revenue', 0, 'provider_clearing', 0, 'USD', 0`), /check/);
    await assert.rejects(() => insert(`'platform_revenue', 0, 'provider_clearing', 0, 'USD', -5`), /check/);
    await assert.rejects(() => insert(`'platform_revenue', 0, 'provider_clearing', 0, 'usd', 5`), /check/);
    await assert.rejects(() => insert(`'platform_revenue', 0, 'platform_revenue', 0, 'USD', 5`), /check/);
  });

  it('is rolled back with the transaction', async () => {
    const transfer = payoutStarted(of({ amount: 5 }), driver);
    await assert.rejects(
      () =>
        sql.transaction(async (transaction) => {
          await ledger.post(transaction, [transfer]);
          throw new Error('never mind');
        }),
      /never mind/,
    );
    assert.equal(await post(transfer), 1);
  });

  it('sums to zero in every currency, and its balances are the sums of its transfers, whatever is posted how often and at once', async () => {
    const account = fc.record({
      kind: fc.constantFrom('rider_receivable', 'driver_payable', 'provider_clearing', 'platform_revenue'),
      ownerId: fc.constantFrom(...OWNERS, PLATFORM),
    } as const);
    const transfer = fc
      .record({
        ...{ debit: account, credit: account, currency: fc.constantFrom(...CURRENCIES) },
        amount: fc.integer({ min: 1, max: 10_000 }),
      })
      .filter(({ debit, credit }) => debit.kind !== credit.kind || debit.ownerId !== credit.ownerId);
    const batches = fc.array(
      fc.record({
        transfers: fc.array(transfer, { minLength: 1, maxLength: 5 }),
        times: fc.integer({ min: 1, max: 3 }),
      }),
      { minLength: 1, maxLength: 6 },
    );
    await fc.assert(
      fc.asyncProperty(batches, fc.boolean(), async (drawn, folded) => {
        const before = await sumByAccount();
        const made = drawn.map(({ transfers, times }) => {
          const posted = transfers.map(
            (each): Transfer => ({ ...each, causeId: nextCause(), code: 'charged', shard: 0 }),
          );
          return { posted, times };
        });
        await Promise.all([
          ...made.flatMap(({ posted, times }) => Array.from({ length: times }, () => post(...posted))),
          ...(folded ? [fold(), fold()] : []),
        ]);
        const expected = new Map(before);
        for (const { debit, credit, currency, amount } of made.flatMap(({ posted }) => posted)) {
          add(expected, `${debit.kind} ${debit.ownerId} ${currency}`, amount, 0);
          add(expected, `${credit.kind} ${credit.ownerId} ${currency}`, 0, amount);
        }
        const found = await sumByAccount();
        assert.deepEqual(sorted(found), sorted(expected));
        for (const currency of CURRENCIES) {
          const net = [...found]
            .filter(([key]) => key.endsWith(currency))
            .reduce((sum, [, [debits, credits]]) => sum + debits - credits, 0);
          assert.equal(net, 0);
        }
      }),
      { numRuns: 25 },
    );
    await fold();
    const { rows } = await client.query('SELECT count(*)::int AS left FROM ledger_deltas');
    assert.equal(rows[0].left, 0);
  });

  it('tells what an account is worth by the side on which it grows', () => {
    const sides = { ownerId: rider, currency: 'USD', debits: 10, credits: 3 };
    assert.equal(worthOf({ ...sides, kind: 'rider_receivable' }), 7);
    assert.equal(worthOf({ ...sides, kind: 'driver_payable' }), -7);
  });

  async function sumByAccount(): Promise<Map<string, [number, number]>> {
    const kinds = Object.keys(ACCOUNTS) as AccountKind[]; // It has no others.
    const accounts = kinds.flatMap((kind) => [...OWNERS, PLATFORM].map((ownerId) => ({ kind, ownerId })));
    const balances = await ledger.balances(sql, accounts);
    return new Map(
      balances.map(({ kind, ownerId, currency, debits, credits }) => [
        `${kind} ${ownerId} ${currency}`,
        [debits, credits],
      ]),
    );
  }
});

function add(sums: Map<string, [number, number]>, key: string, debits: number, credits: number): void {
  const [oldDebits, oldCredits] = sums.get(key) ?? [0, 0];
  sums.set(key, [oldDebits + debits, oldCredits + credits]);
}

function sorted(sums: Map<string, [number, number]>): [string, [number, number]][] {
  return [...sums].sort(([one], [other]) => (one < other ? -1 : 1));
}
