/** What every payment provider promises, whoever moves the money. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { hasCode } from '../../core/errors.ts';
import {
  AMOUNT_MAX,
  FIND_MAX,
  KEY_LENGTH_MAX,
  type PaymentOrder,
  type PaymentProvider,
  RECORDS_PAGE_MAX,
  TOKEN_LENGTH_MAX,
} from './payment-provider.ts';

export interface PaymentProviderUnderTest {
  readonly provider: PaymentProvider;
  /** Tokens of methods that are good, and that are always declined; and one that nobody knows. */
  readonly tokens: { readonly good: string; readonly declined: string; readonly unknown: string };
  close(): Promise<void>;
}

export function paymentProviderContract(name: string, open: () => Promise<PaymentProviderUnderTest>): void {
  describe(`${name} is a payment provider`, () => {
    let subject: PaymentProviderUnderTest;
    let orders = 0;
    before(async () => {
      subject = await open();
    });
    after(() => subject.close());

    const order = (changes: Partial<PaymentOrder> = {}): PaymentOrder => {
      orders += 1;
      return {
        ...{ idempotencyKey: `contract-${orders}`, kind: 'charge', source: subject.tokens.good },
        ...{ amount: 1_250, currency: 'USD', reference: `ride ${orders}` },
        ...changes,
      };
    };
    const submit = (changes?: Partial<PaymentOrder>) => subject.provider.submit(order(changes));
    const refuses = (what: () => Promise<unknown>, field: string) =>
      assert.rejects(what, (error) => hasCode(error, 'invalid') && error.fields[0]?.field === field);

    it('describes methods that it knows, and refuses others', async () => {
      assert.match(await subject.provider.describeMethod(subject.tokens.good), /\S/);
      await refuses(() => subject.provider.describeMethod(subject.tokens.unknown), 'token');
    });

    it('does under one key what is ordered once, however often, and at the same time', async () => {
      const one = order();
      const outcomes = await Promise.all(Array.from({ length: 5 }, () => subject.provider.submit(one)));
      outcomes.push(await subject.provider.submit(one));
      assert.deepEqual(new Set(outcomes.map(({ state }) => state)), new Set(['succeeded']));
      assert.equal(new Set(outcomes.map(({ providerId }) => providerId)).size, 1);
      const records = await allRecords();
      assert.equal(records.filter(({ idempotencyKey }) => idempotencyKey === one.idempotencyKey).length, 1);
    });

    it('refuses a key for another order', async () => {
      const one = order();
      await subject.provider.submit(one);
      for (const change of [
        { amount: 1 },
        { currency: 'EUR' },
        { source: subject.tokens.declined },
        { kind: 'payout' },
      ] as const) {
        await refuses(() => subject.provider.submit({ ...one, ...change }), 'idempotencyKey');
      }
    });

    it('declines as an answer, the same one each time', async () => {
      const one = order({ source: subject.tokens.declined });
      const outcome = await subject.provider.submit(one);
      assert.equal(outcome.state, 'declined');
      assert.deepEqual(await subject.provider.submit(one), outcome);
      assert.equal((await submit({ source: subject.tokens.unknown })).state, 'declined');
    });

    it('gives back what was charged, and not more, however many ask at once', async () => {
      const charge = order({ amount: 1_000 });
      await subject.provider.submit(charge);
      const refund = (amount: number) => submit({ kind: 'refund', source: charge.idempotencyKey, amount });
      const other = await submit({
        kind: 'refund',
        source: charge.idempotencyKey,
        amount: 1,
        currency: 'EUR',
      });
      assert.equal(other.state, 'declined', 'in another currency');
      assert.equal((await refund(400)).state, 'succeeded');
      const both = await Promise.all([refund(600), refund(600)]);
      assert.deepEqual(both.map(({ state }) => state).sort(), ['declined', 'succeeded']);
      const declined = order({ source: subject.tokens.declined });
      await subject.provider.submit(declined);
      assert.equal((await submit({ kind: 'refund', source: declined.idempotencyKey })).state, 'declined');
      assert.equal((await submit({ kind: 'refund', source: 'nothing' })).state, 'declined');
    });

    it('pays out', async () => {
      assert.equal((await submit({ kind: 'payout', source: 'driver-1' })).state, 'succeeded');
    });

    it('finds what it has by key, and pages through all of it in order', async () => {
      const one = order();
      const outcome = await subject.provider.submit(one);
      const found = await subject.provider.find([one.idempotencyKey, 'never-ordered']);
      assert.deepEqual([...found.keys()], [one.idempotencyKey]);
      const { number, ...rest } = found.get(one.idempotencyKey) ?? { number: 0 };
      assert.deepEqual(rest, { ...one, outcome });
      const records = await allRecords();
      assert.deepEqual(records.at(-1), { number, ...rest });
      const numbers = records.map((record) => record.number);
      assert.deepEqual(
        numbers,
        [...numbers].sort((left, right) => left - right),
      );
      assert.deepEqual(await subject.provider.find([]), new Map());
    });

    it('answers a ping', () => subject.provider.ping());

    it('takes keys, amounts and pages up to their limits and not one past them', async () => {
      await submit({ idempotencyKey: 'k'.repeat(KEY_LENGTH_MAX) });
      await submit({ amount: 1 });
      await submit({ amount: AMOUNT_MAX });
      await submit({ kind: 'payout', source: 's'.repeat(TOKEN_LENGTH_MAX) });
      await refuses(() => submit({ idempotencyKey: 'k'.repeat(KEY_LENGTH_MAX + 1) }), 'idempotencyKey');
      await refuses(() => submit({ idempotencyKey: '' }), 'idempotencyKey');
      await refuses(() => submit({ idempotencyKey: 'a b' }), 'idempotencyKey');
      for (const amount of [0, -1, 1.5, AMOUNT_MAX + 1]) await refuses(() => submit({ amount }), 'amount');
      await refuses(() => submit({ currency: 'usd' }), 'currency');
      await refuses(() => submit({ source: '' }), 'source');
      await refuses(() => submit({ source: 's'.repeat(TOKEN_LENGTH_MAX + 1) }), 'source');
      const keys = Array.from({ length: FIND_MAX + 1 }, (_, index) => `key-${index}`);
      await subject.provider.find(keys.slice(1));
      await refuses(() => subject.provider.find(keys), 'idempotencyKeys');
      await subject.provider.pageRecords(0, RECORDS_PAGE_MAX);
      await refuses(() => subject.provider.pageRecords(0, RECORDS_PAGE_MAX + 1), 'limit');
      await refuses(() => subject.provider.pageRecords(0, 0), 'limit');
    });

    async function allRecords() {
      const records = [];
      for (let after = 0; ; ) {
        const page = await subject.provider.pageRecords(after, 3);
        records.push(...page);
        if (page.length < 3) return records;
        after = page.at(-1)?.number ?? 0;
      }
    }
  });
}
