import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { createPaymentsSetting, type PaymentsSetting } from '../../../../test/support/payments-setting.ts';
import type { Id } from '../../../core/ids.ts';
import { AMOUNT_MAX } from '../ledger/ledger.ts';
import { PAYOUT_MIN } from './payouts.ts';

describe('payouts', () => {
  let setting: PaymentsSetting;
  let rider: Id;
  let driver: Id;
  before(async () => {
    setting = await createPaymentsSetting();
    rider = await setting.addRider();
    await setting.startWorker();
  });
  beforeEach(() => {
    driver = setting.addPerson();
  });
  after(() => setting.close());

  const earn = async (amount: number, currency = 'USD') => {
    await setting.settledChargeOf(
      await setting.endRide(rider, driver, { total: amount, toDriver: amount, currency }),
    );
    await setting.runJob('fold-ledger-balances');
  };
  const sums = async () => (await setting.call('GET', '/drivers/me/earnings', driver)).body.sums;
  const begun = async (minimum?: number) =>
    (await setting.payments.payouts.begin(minimum)).map(({ driver_id: id, amount, currency }) => [
      id,
      amount,
      currency,
    ]);

  it('pay all that a driver is owed, from the minimum on and not one below it', async () => {
    await earn(PAYOUT_MIN - 1);
    assert.deepEqual(await begun(), []);
    await earn(1);
    assert.deepEqual(await begun(), [[driver, PAYOUT_MIN, 'USD']]);
    await setting.untilSettled();
    assert.deepEqual(await sums(), [
      { currency: 'USD', earned: PAYOUT_MIN, payable: 0, in_transit: 0, paid: PAYOUT_MIN },
    ]);
    assert.deepEqual(await begun(), []);
  });

  it('pay what was earned a moment ago too, in each currency by itself', async () => {
    await earn(3_000);
    await earn(4_000, 'EUR');
    // Not summed up yet.
    await setting.settledChargeOf(await setting.endRide(rider, driver, { total: 500, toDriver: 500 }));
    assert.deepEqual((await begun()).sort(), [
      [driver, 3_500, 'USD'],
      [driver, 4_000, 'EUR'],
    ]);
    await setting.untilSettled();
  });

  it('are begun once, however many begin them at the same time', async () => {
    await earn(5_000);
    const other = await setting.openOther();
    const both = await Promise.all(
      [setting, other, setting, other].map(({ payments }) => payments.payouts.begin()),
    );
    assert.deepEqual(
      both.flat().map(({ amount }) => amount),
      [5_000],
    );
    await setting.untilSettled();
    assert.deepEqual(await begun(1), []);
    assert.equal((await sums())[0].paid, 5_000);
  });

  it('are not begun while one is under way, and are then of the rest', async () => {
    await earn(2_500);
    await setting.payments.payouts.begin();
    await setting.settledChargeOf(await setting.endRide(rider, driver, { total: 2_600, toDriver: 2_600 }));
    await setting.untilSettled();
    await setting.runJob('fold-ledger-balances');
    assert.deepEqual(await begun(), [[driver, 2_600, 'USD']]);
    await setting.untilSettled();
    assert.equal((await sums())[0].paid, 5_100);
  });

  it('pay whom more is owed than one payout may be in several, and keep nobody else waiting', async () => {
    const rich = driver;
    await earn(AMOUNT_MAX);
    await earn(PAYOUT_MIN);
    driver = setting.addPerson();
    await earn(PAYOUT_MIN);
    assert.deepEqual(await begun(), [
      [rich, AMOUNT_MAX, 'USD'],
      [driver, PAYOUT_MIN, 'USD'],
    ]);
    await setting.untilSettled();
    await setting.runJob('fold-ledger-balances');
    assert.deepEqual(await begun(), [[rich, PAYOUT_MIN, 'USD']]);
    await setting.untilSettled();
  });

  it('leave the provider with what riders have paid less what drivers have had', async () => {
    const { faults, nets } = await setting.payments.verification.verify();
    assert.deepEqual([faults, nets.map(({ amount }) => amount)], [[], [0, 0]]);
    const { differences, totals } = await setting.payments.reconciliation.reconcile({ mend: false });
    assert.deepEqual(differences, []);
    const usd = totals.find(({ currency }) => currency === 'USD');
    const [clearing] = await setting.payments.ledger
      .balances(setting.sql, [{ kind: 'provider_clearing', ownerId: 0 }])
      .then((all) => all.filter(({ currency }) => currency === 'USD'));
    assert.equal(
      (clearing?.debits ?? 0) - (clearing?.credits ?? 0),
      (usd?.charged ?? 0) - (usd?.paidOut ?? 0),
    );
  });
});
