import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createPaymentsSetting, type PaymentsSetting } from '../../../../test/support/payments-setting.ts';
import type { Id } from '../../../core/ids.ts';
import type { PaymentOrder } from '../../../ports/payment-provider/payment-provider.ts';

describe('reconciliation', () => {
  let setting: PaymentsSetting;
  let driver: Id;
  let worker: { close(): Promise<void> };
  before(async () => {
    setting = await createPaymentsSetting();
    driver = setting.addPerson();
    worker = await setting.startWorker();
  });
  after(() => setting.close());

  const charge = async (conduct = 'ok') => {
    const rider = await setting.addRider(conduct);
    const ride = await setting.endRide(rider, driver);
    const { charge_id: id } = await setting.settledChargeOf(ride);
    return { rider, ride, key: `charge-${id}-1`, chargeId: Number(id) };
  };
  const order = (changes: Partial<PaymentOrder>): PaymentOrder => ({
    ...{ idempotencyKey: 'x', kind: 'charge', source: 'sandbox_ok', amount: 1_840, currency: 'USD' },
    ...{ reference: 'ride 1', ...changes },
  });
  const reconcile = (mend = true) => setting.payments.reconciliation.reconcile({ mend });
  const found = async (key: string) => {
    const { differences } = await reconcile();
    return differences
      .filter((difference) => difference.key === key)
      .map(({ kind, mended }) => [kind, mended]);
  };
  /** Changes our books, or the provider's, behind the back of both; and back again. */
  const planting = async (change: string, back: string, id: Id | string, check: () => Promise<void>) => {
    await setting.sabotage(change, [id]);
    await check();
    await setting.sabotage(back, [id]);
  };

  it('finds nothing where nothing differs, however the provider behaved', async () => {
    for (const conduct of ['ok', 'declined', 'timeout', 'lost', 'late', 'hostile_3']) await charge(conduct);
    const report = await reconcile();
    assert.deepEqual(report.differences, []);
    assert.equal(report.orders >= 6 && report.payments > 0, true);
    assert.deepEqual(
      report.totals.map(({ currency }) => currency),
      ['USD'],
    );
  });

  it('names an order that we never made, and one of an attempt that we never began', async () => {
    const { chargeId } = await charge();
    for (const idempotencyKey of ['made-by-hand', 'charge-1500000000000000-1', `charge-${chargeId}-2`]) {
      await setting.paymentProvider.submit(order({ idempotencyKey, reference: `stray ${idempotencyKey}` }));
      assert.deepEqual(await found(idempotencyKey), [['unknown_order', false]]);
      await setting.sabotage('DELETE FROM sandbox_payments WHERE idempotency_key = $1', [idempotencyKey]);
    }
  });

  it('names another amount, currency or kind', async () => {
    const { key } = await charge();
    const set = (what: string) => `UPDATE sandbox_payments SET ${what} WHERE idempotency_key = $1`;
    for (const [there, back] of [
      ['amount = 1', 'amount = 1840'],
      [`currency = 'EUR'`, `currency = 'USD'`],
      [`kind = 'payout'`, `kind = 'charge'`],
    ] as const) {
      await planting(set(there), set(back), key, async () =>
        assert.deepEqual(await found(key), [['order_differs', false]]),
      );
    }
  });

  it('names what was paid there and declined here, and the other way round', async () => {
    const { key } = await charge();
    const refused = await charge('declined');
    const set = (what: string) => `UPDATE sandbox_payments SET ${what} WHERE idempotency_key = $1`;
    await planting(set(`outcome = 'declined'`), set(`outcome = 'succeeded'`), key, async () => {
      assert.deepEqual(await found(key), [['declined_but_paid', false]]);
    });
    await planting(set(`outcome = 'succeeded'`), set(`outcome = 'declined'`), refused.key, async () => {
      assert.deepEqual(await found(refused.key), [['paid_but_declined', false]]);
    });
  });

  it('names a ride that was paid for twice', async () => {
    const { rider, ride, key } = await charge('declined');
    await setting.call('PUT', '/payments/method', rider, { token: 'sandbox_ok' });
    assert.equal((await setting.settledChargeOf(ride)).state, 'succeeded');
    assert.deepEqual(await found(key), [], 'a declined attempt before it is no difference');
    const set = (what: string) => `UPDATE sandbox_payments SET ${what} WHERE idempotency_key = $1`;
    await planting(set(`outcome = 'succeeded'`), set(`outcome = 'declined'`), key, async () => {
      assert.deepEqual(await found(key), [['paid_twice', false]]);
    });
  });

  it('names what the provider does not have at all', async () => {
    const { key } = await charge();
    const rename = 'UPDATE sandbox_payments SET idempotency_key = $1 WHERE idempotency_key = $2';
    await setting.sabotage(rename, ['lost', key]);
    assert.deepEqual(await found(key), [['missing_at_provider', false]]);
    assert.deepEqual(await found('lost'), [['unknown_order', false]]);
    await setting.sabotage(rename, [key, 'lost']);
  });

  it('writes down what the provider knows and we do not yet, once, unless it is only to look', async () => {
    await worker.close();
    for (const [conduct, state] of [
      ['ok', 'succeeded'],
      ['declined', 'declined'],
    ] as const) {
      const rider = await setting.addRider(conduct);
      const ride = setting.makeRide(rider, driver);
      const [intake] = setting.payments.subscriptions;
      const { topic, key, kind, payload } = ride.event;
      const event = {
        ...{ topic, key, kind, payload: payload as Record<string, unknown>, partition: 0, offset: 0 },
        ...{ createdAt: new Date(), traceparent: undefined },
      };
      await setting.sql.transaction(async (transaction) => intake?.handle([event], transaction));
      const [row] = await setting.read<{ payment_id: Id }>(
        'test_read_charge',
        'SELECT payment_id FROM payments WHERE ride_id = $1',
        [ride.rideId],
      );
      const idempotencyKey = `charge-${row?.payment_id}-1`;
      // The call whose answer the process did not live to hear.
      const source = `sandbox_${conduct}`;
      await setting.paymentProvider.submit(
        order({ idempotencyKey, source, reference: `ride ${ride.rideId}` }),
      );
      const looked = await reconcile(false);
      assert.deepEqual(
        looked.differences.map(({ key: at, kind: what, mended }) => [at, what, mended]),
        [[idempotencyKey, 'unsettled', false]],
      );
      const [one, other] = await Promise.all([reconcile(), reconcile()]);
      assert.equal(one.mendedCount + other.mendedCount, 1);
      assert.deepEqual((await reconcile()).differences, []);
      assert.equal((await setting.settledChargeOf(ride)).state, state);
    }
    assert.deepEqual((await setting.payments.verification.verify()).faults, []);
  });
});
