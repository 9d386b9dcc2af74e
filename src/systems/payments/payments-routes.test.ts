import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  createPaymentsSetting,
  type EndedRide,
  type PaymentsSetting,
} from '../../../test/support/payments-setting.ts';
import { until } from '../../../test/support/until.ts';
import type { Id } from '../../core/ids.ts';
import { TOKEN_LENGTH_MAX } from '../../ports/payment-provider/payment-provider.ts';

describe('the calls of payments', () => {
  let setting: PaymentsSetting;
  let alice: Id;
  let driver: Id;
  let ride: EndedRide;
  before(async () => {
    setting = await createPaymentsSetting();
    await setting.startWorker();
    alice = await setting.addRider();
    driver = setting.addPerson();
    ride = await setting.endRide(alice, driver);
    await setting.settledChargeOf(ride);
  });
  after(() => setting.close());

  it('take a method in place of the one before, once under a key', async () => {
    const bob = setting.addPerson();
    assert.equal((await setting.call('GET', '/payments/method', bob)).status, 404);
    const put = (token: string, headers = {}) =>
      setting.call('PUT', '/payments/method', bob, { token }, headers);
    const first = await put('sandbox_ok', { 'idempotency-key': 'a' });
    assert.deepEqual([first.status, first.body.label], [200, 'Sandbox card (ok)']);
    assert.deepEqual(
      (await put('sandbox_ok', { 'idempotency-key': 'a' })).headers['idempotent-replayed'],
      'true',
    );
    assert.equal((await put('sandbox_late', { 'idempotency-key': 'a' })).status, 422);
    await put('sandbox_late');
    const { body } = await setting.call('GET', '/payments/method', bob);
    assert.deepEqual(Object.keys(body).sort(), ['created_at', 'label'], 'the token is shown to nobody');
    assert.equal(body.label, 'Sandbox card (late)');
    for (const token of ['', '4242424242424242', 'sandbox_', 's'.repeat(TOKEN_LENGTH_MAX + 1)]) {
      const refused = await put(token);
      assert.deepEqual([refused.status, refused.body.errors[0].field], [422, 'token'], token);
    }
    assert.equal((await put(`sandbox_ok_${'s'.repeat(TOKEN_LENGTH_MAX - 11)}`)).status, 200);
  });

  it('remove a method, but not while a ride is charged to it', async () => {
    const bob = await setting.addRider('late');
    const remove = (headers = {}) => setting.call('DELETE', '/payments/method', bob, undefined, headers);
    const charged = await setting.endRide(bob, driver);
    await until(async () => (await setting.call('GET', '/payments', bob)).body.items.length === 1);
    assert.equal((await remove()).status, 409);
    await setting.settledChargeOf(charged);
    assert.equal((await remove({ 'idempotency-key': 'gone' })).status, 204);
    assert.equal((await setting.call('GET', '/payments/method', bob)).status, 404);
    assert.equal((await remove({ 'idempotency-key': 'gone' })).headers['idempotent-replayed'], 'true');
    assert.equal((await remove()).status, 204, 'there is none: that is as good');
    assert.equal((await setting.call('DELETE', '/payments/method', undefined)).status, 401);
  });

  it('say what is owed, to who owes it, and charge it again as often as they ask, but not twice at once', async () => {
    const bob = await setting.addRider('insufficient');
    setting.told.set(bob, []);
    const told = () => setting.told.get(bob)?.map(({ state, attempt }) => [state, attempt]);
    const debts = async () => (await setting.call('GET', '/payments/debts', bob)).body;
    const pay = (headers = {}) => setting.call('POST', '/payments/debts/pay', bob, undefined, headers);
    assert.deepEqual((await pay()).body, { sums: [], charges: [] }, 'nothing is owed');
    // One after the other: events of two rides may be handled in any order.
    const rides = [];
    for (const currency of ['USD', 'EUR']) {
      const ride = await setting.endRide(bob, driver, { currency });
      await setting.settledChargeOf(ride);
      rides.push(ride);
    }
    assert.deepEqual((await debts()).sums, [
      { currency: 'USD', amount: 1_840 },
      { currency: 'EUR', amount: 1_840 },
    ]);
    await until(() => told()?.length === 2);
    assert.deepEqual(told(), [
      ['declined', 1],
      ['declined', 1],
    ]);
    assert.deepEqual(
      (await setting.payments.statesOf(bob)).map(({ event }) => event),
      ['charge'],
    );

    // Two taps: one try each.
    const taps = await Promise.all([pay({ 'idempotency-key': 'one' }), pay({ 'idempotency-key': 'two' })]);
    assert.deepEqual(
      taps.map(({ status }) => status),
      [200, 200],
    );
    for (const each of rides) await setting.settledChargeOf(each);
    await until(() => told()?.length === 4);
    assert.deepEqual(told()?.slice(2), [
      ['declined', 2],
      ['declined', 2],
    ]);

    await setting.call('DELETE', '/payments/method', bob);
    assert.equal((await pay()).status, 409);
    await setting.call('PUT', '/payments/method', bob, { token: 'sandbox_ok' });
    for (const each of rides) assert.equal((await setting.settledChargeOf(each)).state, 'succeeded');
    assert.deepEqual(await debts(), { sums: [], charges: [] });
    await until(() => told()?.length === 6);
    assert.deepEqual(await setting.payments.statesOf(bob), []);
    assert.deepEqual((await setting.call('GET', '/payments/debts', alice)).body.charges, []);
    for (const [method, path] of [
      ['GET', '/payments/debts'],
      ['POST', '/payments/debts/pay'],
    ] as const) {
      assert.equal((await setting.call(method, path, undefined)).status, 401);
    }
  });

  it('show a receipt to the rider and to the driver, each their side of it, and to nobody else', async () => {
    const receipt = (as: Id | undefined) => setting.call('GET', `/rides/${ride.rideId}/receipt`, as);
    const { status, body } = await receipt(alice);
    assert.equal(status, 200);
    assert.deepEqual(
      [body.total, body.currency, body.fare.parts.base, body.charge.state],
      [1_840, 'USD', 255, 'succeeded'],
    );
    assert.equal(body.ride.ride_id, String(ride.rideId));
    const ofDriver = await receipt(driver);
    assert.deepEqual(ofDriver.body, {
      ...{ ride: body.ride, currency: 'USD', total: 1_174, fare: null, charge: null, refunds: [] },
    });
    assert.equal((await receipt(setting.addPerson())).status, 404);
    assert.equal((await receipt(setting.addPerson('administrator'))).status, 404);
    assert.equal((await receipt(undefined)).status, 401);
    assert.equal((await setting.call('GET', '/rides/1500000000000000/receipt', alice)).status, 404);
    assert.equal((await setting.call('GET', '/rides/x/receipt', alice)).status, 422);
  });

  it('list charges page by page, to their rider alone', async () => {
    const bob = await setting.addRider();
    const rides: EndedRide[] = [];
    for (let count = 0; count < 3; count += 1) rides.push(await setting.endRide(bob, driver));
    for (const each of rides) await setting.settledChargeOf(each);
    const first = (await setting.call('GET', '/payments?limit=2', bob)).body;
    const rest = (await setting.call('GET', `/payments?limit=2&page_token=${first.next_page_token}`, bob))
      .body;
    const listed = [...first.items, ...rest.items].map(({ charge_id: id }: { charge_id: string }) => id);
    assert.deepEqual(listed, [...listed].sort().reverse());
    assert.deepEqual([listed.length, rest.next_page_token], [3, null]);
    assert.equal((await setting.call('GET', '/payments', alice)).body.items.length, 1);
    assert.equal((await setting.call('GET', '/payments', undefined)).status, 401);
  });

  it('tell drivers what they have earned, and others that they have earned nothing', async () => {
    const own = setting.addPerson();
    await setting.settledChargeOf(await setting.endRide(alice, own, { total: 3_000, toDriver: 2_500 }));
    await setting.settledChargeOf(
      await setting.endRide(alice, own, { total: 700, toDriver: 600, currency: 'EUR' }),
    );
    const { body } = await setting.call('GET', '/drivers/me/earnings', own);
    assert.deepEqual(body.sums, [
      { currency: 'EUR', earned: 600, payable: 600, in_transit: 0, paid: 0 },
      { currency: 'USD', earned: 2_500, payable: 2_500, in_transit: 0, paid: 0 },
    ]);
    assert.deepEqual(
      body.items.map(({ amount, currency }: { amount: number; currency: string }) => [amount, currency]),
      [
        [600, 'EUR'],
        [2_500, 'USD'],
      ],
    );
    const stranger = await setting.call('GET', '/drivers/me/earnings', setting.addPerson());
    assert.deepEqual(stranger.body, { sums: [], items: [], next_page_token: null });
    assert.equal((await setting.call('GET', '/drivers/me/earnings', undefined)).status, 401);
  });

  it('tell drivers what they have earned and were paid by the days of their clock', async () => {
    const own = setting.addPerson();
    await setting.settledChargeOf(await setting.endRide(alice, own, { total: 3_000, toDriver: 2_500 }));
    await setting.settledChargeOf(await setting.endRide(alice, own, { total: 3_000, toDriver: 100 }));
    await setting.runJob('fold-ledger-balances');
    await setting.payments.payouts.begin();
    await setting.untilSettled();
    const days = async (query = '') =>
      (await setting.call('GET', `/drivers/me/earnings/days${query}`, own)).body.days as {
        date: string;
        sums: { rides: number; earned: number; paid_out: number }[];
      }[];
    const week = await days();
    assert.equal(week.length, 7);
    assert.deepEqual(
      week
        .map(({ date }) => date)
        .sort()
        .reverse(),
      week.map(({ date }) => date),
    );
    // Midnight may pass meanwhile, and the days may be two.
    const sumOf = (found: typeof week) =>
      found
        .flatMap(({ sums }) => sums)
        .reduce(
          (all, { rides, earned, paid_out: paid }) => [
            ...[(all[0] ?? 0) + rides, (all[1] ?? 0) + earned, (all[2] ?? 0) + paid],
          ],
          [] as number[],
        );
    assert.deepEqual(sumOf(week), [2, 2_600, 2_600]);
    // Where it is so much later that it is tomorrow, or so much earlier that it is yesterday, too.
    for (const offset of [-840, 840]) {
      const shifted = await days(`?days=3&utc_offset_minutes=${offset}`);
      assert.deepEqual(sumOf(shifted), [2, 2_600, 2_600], `${offset}`);
    }
    assert.deepEqual(sumOf(await days('?days=31&days_ago=2')), []);
    assert.equal((await days('?days=31&days_ago=1000')).length, 31);
    for (const query of ['days=0', 'days=32', 'days_ago=1001', 'days_ago=-1', 'utc_offset_minutes=841']) {
      const refused = await setting.call('GET', `/drivers/me/earnings/days?${query}`, own);
      assert.equal(refused.status, 422, query);
    }
    assert.equal((await setting.call('GET', '/drivers/me/earnings/days', undefined)).status, 401);
  });

  it('list all payments to administrators alone', async () => {
    const declined = await setting.endRide(await setting.addRider('declined'), driver);
    await setting.settledChargeOf(declined);
    const admin = setting.addPerson('administrator');
    const { body } = await setting.call('GET', '/moderation/payments?state=declined', admin);
    assert.deepEqual(
      body.items.map(({ kind, state, user_id: userId }: Record<string, string>) => [kind, state, userId]),
      [['charge', 'declined', String(declined.riderId)]],
    );
    const all = (await setting.call('GET', '/moderation/payments?limit=2', admin)).body;
    assert.equal(all.items.length, 2);
    assert.notEqual(all.next_page_token, null);
    assert.equal((await setting.call('GET', '/moderation/payments?state=gone', admin)).status, 422);
    for (const [as, status] of [
      [undefined, 401],
      [alice, 403],
      [setting.addPerson('moderator'), 403],
    ] as const) {
      assert.equal((await setting.call('GET', '/moderation/payments', as)).status, status);
    }
  });
});
