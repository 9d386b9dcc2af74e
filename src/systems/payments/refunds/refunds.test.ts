import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createPaymentsSetting, type PaymentsSetting } from '../../../../test/support/payments-setting.ts';
import { type ErrorCode, hasCode } from '../../../core/errors.ts';
import type { Id } from '../../../core/ids.ts';
import { type AccountKind, PLATFORM, worthOf } from '../ledger/account.ts';

describe('refunds', () => {
  let setting: PaymentsSetting;
  let driver: Id;
  before(async () => {
    setting = await createPaymentsSetting();
    driver = setting.addPerson();
    await setting.startWorker();
  });
  after(() => setting.close());

  const charge = async (conduct = 'ok') => {
    const rider = await setting.addRider(conduct);
    const ride = await setting.endRide(rider, driver, { total: 1_000, toDriver: 800 });
    const { charge_id: id } = await setting.settledChargeOf(ride);
    return { rider, ride, chargeId: Number(id) };
  };
  const refund = (chargeId: Id, amount?: number) => setting.payments.refunds.refund(chargeId, amount);
  const fails = (what: () => Promise<unknown>, code: ErrorCode) =>
    assert.rejects(what, (error) => hasCode(error, code));
  const worth = async (kind: AccountKind, ownerId: Id) => {
    const [balance] = await setting.payments.ledger.balances(setting.sql, [{ kind, ownerId }]);
    return balance === undefined ? 0 : worthOf(balance);
  };
  const receipt = async (rider: Id, rideId: Id) =>
    (await setting.call('GET', `/rides/${rideId}/receipt`, rider)).body;

  it('give back some of a charge, then the rest, and nothing after that', async () => {
    const { rider, ride, chargeId } = await charge();
    const clearing = await worth('provider_clearing', PLATFORM);
    const made = await refund(chargeId, 300);
    assert.deepEqual([made.kind, made.amount, made.state], ['refund', 300, 'due']);
    await fails(() => refund(chargeId, 701), 'invalid');
    for (const amount of [0, -1, 1.5]) await fails(() => refund(chargeId, amount), 'invalid');
    assert.equal((await refund(chargeId)).amount, 700);
    await fails(() => refund(chargeId), 'conflict');
    await setting.untilSettled();
    const { charge: shown, refunds } = await receipt(rider, ride.rideId);
    assert.equal(shown.refunded, 1_000);
    assert.deepEqual(
      refunds.map(({ amount, state }: { amount: number; state: string }) => [amount, state]),
      [
        [300, 'succeeded'],
        [700, 'succeeded'],
      ],
    );
    assert.equal(await worth('provider_clearing', PLATFORM), clearing - 1_000);
    assert.equal(await worth('refund_payable', rider), 0);
    assert.equal(await worth('rider_receivable', rider), 0);
    assert.deepEqual(
      setting.acts.filter(({ userId }) => userId === rider),
      [300, 700].map((amount) => ({
        ...{ action: 'payment_refunded', userId: rider },
        detail: `charge ${chargeId}: ${amount / 100}.00 USD`,
      })),
    );
  });

  it('never give back more than was paid, however many ask at once', async () => {
    const { chargeId } = await charge();
    const asked = await Promise.allSettled(Array.from({ length: 6 }, () => refund(chargeId, 300)));
    assert.equal(asked.filter(({ status }) => status === 'fulfilled').length, 3);
    await setting.untilSettled();
  });

  it('are of charges that succeeded, and of nothing else', async () => {
    const { chargeId } = await charge('declined');
    await fails(() => refund(chargeId), 'conflict');
    await fails(() => refund(1_500_000_000_000_000), 'not_found');
    const good = await charge();
    const { paymentId } = await refund(good.chargeId);
    await fails(() => refund(paymentId), 'not_found');
    await setting.untilSettled();
  });

  it('that the provider declines are taken back, in the ledger and in the charge', async () => {
    const { rider, chargeId } = await charge();
    // Somebody has given it back at the provider itself.
    await setting.paymentProvider.submit({
      ...{ idempotencyKey: `by-hand-${chargeId}`, kind: 'refund', source: `charge-${chargeId}-1` },
      ...{ amount: 1_000, currency: 'USD', reference: 'by hand' },
    });
    await refund(chargeId);
    await setting.untilSettled();
    const [row] = await setting.read<{ state: string; reason: string }>(
      'test_read_refund',
      `SELECT state, reason FROM payments WHERE charge_id = $1`,
      [chargeId],
    );
    assert.deepEqual(row, { state: 'declined', reason: 'charge_not_refundable' });
    assert.equal((await setting.call('GET', '/payments', rider)).body.items[0].refunded, 0);
    assert.equal(await worth('refund_payable', rider), 0);
  });

  it('leave a ledger without faults', async () => {
    assert.deepEqual((await setting.payments.verification.verify()).faults, []);
  });
});
