import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createPaymentsSetting, type PaymentsSetting } from '../../../test/support/payments-setting.ts';
import { until } from '../../../test/support/until.ts';
import { userDeletedEvent } from '../../../test/support/user-events.ts';
import { hasCode } from '../../core/errors.ts';
import type { Id } from '../../core/ids.ts';
import { type AccountKind, PLATFORM, worthOf } from './ledger/account.ts';
import { formatMoney, orderKey, parseOrderKey } from './payment.ts';

describe('payments', () => {
  let setting: PaymentsSetting;
  let driver: Id;
  before(async () => {
    setting = await createPaymentsSetting();
    driver = setting.addPerson();
    await setting.startWorker();
  });
  after(() => setting.close());

  const worth = async (kind: AccountKind, ownerId: Id) => {
    const balances = await setting.payments.ledger.balances(setting.sql, [{ kind, ownerId }]);
    return balances.reduce((sum, balance) => sum + worthOf(balance), 0);
  };
  const providerHas = async (rideId: Id) => {
    const rows = await setting.read<{ amount: number; outcome: string }>(
      'test_read_orders',
      `SELECT amount, outcome FROM sandbox_payments WHERE reference = $1 AND outcome = 'succeeded'`,
      [`ride ${rideId}`],
    );
    return rows.map(({ amount }) => amount);
  };
  const verified = async () => (await setting.payments.verification.verify()).faults;

  it('charge the fare of a ride once, though its event comes often and in two processes', async () => {
    const alice = await setting.addRider();
    const other = await setting.openOther();
    await other.startWorker();
    const ride = setting.makeRide(alice, driver, { total: 2_000, toDriver: 1_500 });
    await Promise.all(Array.from({ length: 5 }, () => setting.append(ride)));
    const {
      charge_id: id,
      created_at: _,
      settled_at: settledAt,
      ...charge
    } = await setting.settledChargeOf(ride);
    assert.match(String(id), /^[0-9]{16}$/);
    assert.notEqual(settledAt, null);
    assert.deepEqual(charge, {
      ...{ ride_id: String(ride.rideId), cause: 'ride', currency: 'USD', amount: 2_000, refunded: 0 },
      ...{ state: 'succeeded', reason: null, method: 'Sandbox card (ok)' },
    });
    await setting.append(ride);
    await setting.settledChargeOf(await setting.endRide(alice, driver, { total: 1, toDriver: 1 }));
    assert.deepEqual(await providerHas(ride.rideId), [2_000]);
    assert.equal(await worth('rider_receivable', alice), 0);
    assert.equal(await worth('driver_payable', driver), 1_501);
    assert.equal(await worth('platform_revenue', PLATFORM), 500);
    assert.equal(await worth('provider_clearing', PLATFORM), 2_001);
    await other.close();
  });

  it('take nothing for a ride that cost nothing, and the fee and not the fare of one that was cancelled', async () => {
    const alice = await setting.addRider();
    const free = await setting.endRide(alice, driver, { total: 0, toDriver: 0 });
    const late = await setting.endRide(alice, driver, { total: 500, toDriver: 375, cause: 'cancellation' });
    const charge = await setting.settledChargeOf(late);
    assert.deepEqual([charge['cause'], charge['amount'], charge.state], ['cancellation', 500, 'succeeded']);
    const { items } = (await setting.call('GET', '/payments', alice)).body;
    assert.equal(items.length, 1);
    setting.rides.delete(free.rideId);
  });

  for (const conduct of ['timeout', 'lost', 'unavailable', 'twice', 'late', 'late_unheard']) {
    it(`charge once where the provider is ${conduct}`, async () => {
      const alice = await setting.addRider(conduct);
      const ride = await setting.endRide(alice, driver);
      const charge = await setting.settledChargeOf(ride);
      assert.equal(charge.state, 'succeeded');
      assert.deepEqual(await providerHas(ride.rideId), [1_840]);
      assert.equal(await worth('rider_receivable', alice), 0);
    });
  }

  it('that are declined are owed and told, and keep from the next ride until another method has paid', async () => {
    const bob = await setting.addRider('insufficient');
    const ride = await setting.endRide(bob, driver);
    const declined = await setting.settledChargeOf(ride);
    assert.deepEqual([declined.state, declined['reason']], ['declined', 'insufficient_funds']);
    assert.equal(await worth('rider_receivable', bob), 1_840);
    await until(() => setting.mails.some(({ to }) => to === `user${bob}@example.org`));
    const mail = setting.mails.find(({ to }) => to === `user${bob}@example.org`);
    assert.match(mail?.subject ?? '', /18\.40 USD/);
    assert.match(mail?.text ?? '', /Sandbox card \(insufficient\) was declined/);
    const check = () => setting.payments.charges.checkDebt(setting.sql, bob);
    await assert.rejects(
      check,
      (error) => hasCode(error, 'conflict') && /18\.40 USD.*payments\/method/.test(error.message),
    );

    // Another bad one: declined again, told again, and not free in between.
    await setting.call('PUT', '/payments/method', bob, { token: 'sandbox_late_declined' });
    await assert.rejects(check, (error) => hasCode(error, 'conflict') && /being charged/.test(error.message));
    assert.equal((await setting.settledChargeOf(ride)).state, 'declined');
    await until(() => setting.mails.filter(({ to }) => to === `user${bob}@example.org`).length === 2);

    await setting.call('PUT', '/payments/method', bob, { token: 'sandbox_ok' });
    assert.equal((await setting.settledChargeOf(ride)).state, 'succeeded');
    await check();
    assert.deepEqual(await providerHas(ride.rideId), [1_840]);
    assert.equal(await worth('rider_receivable', bob), 0);
  });

  it('without a method are owed, and made as soon as one is named', async () => {
    const carol = setting.addPerson();
    const ride = await setting.endRide(carol, driver);
    assert.equal((await setting.settledChargeOf(ride))['reason'], 'no_method');
    await assert.rejects(
      () => setting.payments.charges.checkDebt(setting.sql, carol),
      (error) => hasCode(error, 'conflict') && /no payment method/.test(error.message),
    );
    await setting.call('PUT', '/payments/method', carol, { token: 'sandbox_ok' });
    assert.equal((await setting.settledChargeOf(ride)).state, 'succeeded');
  });

  it('go on with the method that they were begun with, whatever is named meanwhile', async () => {
    const alice = await setting.addRider('late');
    const ride = await setting.endRide(alice, driver);
    await until(async () => {
      const [row] = await setting.read<{ token: string | null }>(
        'test_read_token',
        'SELECT token FROM payments WHERE ride_id = $1',
        [ride.rideId],
      );
      return row?.token === 'sandbox_late';
    });
    await setting.call('PUT', '/payments/method', alice, { token: 'sandbox_declined' });
    const charge = await setting.settledChargeOf(ride);
    assert.deepEqual([charge.state, charge['method']], ['succeeded', 'Sandbox card (late)']);
    const rows = await setting.read(
      'test_read_tokens',
      'SELECT FROM payments WHERE token IS NOT NULL AND state <> $1',
      ['due'],
    );
    assert.equal(rows.length, 0, 'a settled payment keeps no token');
  });

  it('stay when an account is deleted, under a number and without what they were made with', async () => {
    const alice = await setting.addRider();
    const ride = await setting.endRide(alice, driver);
    await setting.settledChargeOf(ride);
    await userDeletedEvent(setting, alice);
    setting.rides.delete(ride.rideId);
    await until(async () => (await setting.call('GET', '/payments/method', alice)).status === 404);
    const { items } = (await setting.call('GET', '/payments', alice)).body;
    assert.deepEqual([items.length, items[0].method, items[0].amount], [1, null, 1_840]);
    // One that is settled afterwards, too.
    const bob = await setting.addRider('late');
    const late = await setting.endRide(bob, driver);
    await until(async () => (await setting.call('GET', '/payments', bob)).body.items.length === 1);
    await userDeletedEvent(setting, bob);
    setting.rides.delete(late.rideId);
    assert.equal((await setting.settledChargeOf(late))['method'], null);
    // And one whose ride is heard of only then.
    const carol = await setting.addRider();
    await userDeletedEvent(setting, carol);
    await until(async () => (await setting.call('GET', '/payments/method', carol)).status === 404);
    assert.equal((await setting.call('PUT', '/payments/method', carol, { token: 'sandbox_ok' })).status, 401);
    const last = await setting.endRide(carol, driver);
    setting.rides.delete(last.rideId);
    const charge = await setting.settledChargeOf(last);
    assert.deepEqual([charge.state, charge['reason'], charge['method']], ['declined', 'no_method', null]);
    assert.deepEqual(await verified(), []);
    assert.ok(
      !setting.mails.some(({ to }) => to === `user${carol}@example.org`),
      'nobody is left to be told',
    );
  });

  it('leave a ledger that sums to zero, with nobody charged twice or for a ride that did not happen', async () => {
    await setting.untilSettled();
    assert.deepEqual(await verified(), []);
    const { differences } = await setting.payments.reconciliation.reconcile({ mend: false });
    assert.deepEqual(differences, []);
  });
});

describe('the words of payments', () => {
  it('are keys that say which attempt of what they are', () => {
    const name = { kind: 'refund', paymentId: 1_500_000_000_000_000, attempt: 3 } as const;
    assert.deepEqual(parseOrderKey(orderKey(name)), name);
    for (const text of [
      '',
      'charge',
      'gift-1500000000000000-1',
      'charge-15-1',
      'charge-1500000000000000-0',
    ]) {
      assert.equal(parseOrderKey(text), undefined, text);
    }
  });

  it('are amounts that people read', () => {
    const shown = [0, 5, 1_840, -1_840].map((amount) => formatMoney({ amount, currency: 'USD' }));
    assert.deepEqual(shown, ['0.00 USD', '0.05 USD', '18.40 USD', '-18.40 USD']);
    assert.equal(formatMoney({ amount: 1_840, currency: 'JPY' }), '1840 JPY');
    assert.equal(formatMoney({ amount: 1_840, currency: 'KWD' }), '1.840 KWD');
  });
});
