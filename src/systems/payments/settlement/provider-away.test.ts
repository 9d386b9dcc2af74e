import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  createPaymentsSetting,
  type EndedRide,
  type PaymentsSetting,
} from '../../../../test/support/payments-setting.ts';
import { until } from '../../../../test/support/until.ts';
import { hasCode } from '../../../core/errors.ts';
import type { Id } from '../../../core/ids.ts';
import { PROBES } from '../../../resilience/circuit-breaker.ts';

const HOUR_MS = 3_600_000;
const STEP_MS = 30_000;
/** More than the calls from which a breaker knows that most fail, and than one process asks for at once. */
const RIDES = 30;
/** Of those, how many the provider had done when it was last heard of. */
const UNHEARD = 4;
/** Between two tries of one payment at the longest; docs/payments.md promises it. */
const RETRY_MS_MAX = 10 * 60_000;

describe('while the payment provider is away for an hour', () => {
  let setting: PaymentsSetting;
  let other: Awaited<ReturnType<PaymentsSetting['openOther']>>;
  let driver: Id;
  let paid: EndedRide;
  const rides: EndedRide[] = [];

  before(async () => {
    setting = await createPaymentsSetting();
    other = await setting.openOther();
    driver = setting.addPerson();
    // Events are consumed; what is due is asked for when the test says so.
    await setting.startWorker([]);
    paid = await setting.endRide(await setting.addRider(), driver);
    await untilDue(1);
    await ask();
    await until(async () => (await setting.payments.counts()).due === 0);
  });
  after(() => setting.close());

  const untilDue = (payments: number) =>
    until(async () => (await setting.payments.counts()).due === payments);
  /** Has both processes ask for what is due, once. */
  const ask = async (): Promise<void> => {
    for (const { payments } of [setting, other]) {
      await payments.settlement.job.run();
      await until(() => payments.settlement.asking() === 0);
    }
  };
  const later = async (durationMs: number): Promise<void> => {
    for (let passedMs = 0; passedMs < durationMs; passedMs += STEP_MS) {
      setting.time.aheadMs += STEP_MS;
      await ask();
    }
  };
  const end = async (count: number): Promise<void> => {
    for (let index = 0; index < count; index += 1) {
      rides.push(await setting.endRide(await setting.addRider(), driver));
    }
  };
  const chargeOf = async ({ riderId }: EndedRide) =>
    (await setting.call('GET', '/payments', riderId)).body.items[0];
  const metric = async (name: string) => {
    const text = await setting.metrics.registry.metrics();
    return text.split('\n').find((line) => line.startsWith(name));
  };
  const earned = async () => (await setting.call('GET', '/drivers/me/earnings', driver)).body;
  const ready = async () => setting.health.ready();
  const isAway = (error: unknown) => hasCode(error, 'unavailable');
  const faults = async () => (await setting.payments.verification.verify()).faults;

  it('charges wait, and the breaker opens', async () => {
    await end(RIDES);
    await untilDue(RIDES);
    // So that what went well when the methods were named is no part of what the breakers count.
    setting.time.aheadMs += STEP_MS;
    setting.outage.state = 'unheard';
    // As many as were on their way when the line broke.
    const [first, second] = [setting.payments.settlement, other.payments.settlement];
    await first.job.run();
    await until(() => setting.outage.failed >= UNHEARD);
    setting.outage.state = 'away';
    await until(() => first.asking() === 0);
    await second.job.run();
    await until(() => second.asking() === 0);
    await later(STEP_MS);
    assert.equal((await setting.payments.counts()).due, RIDES);
    assert.match((await metric('circuit_breaker_state{port="payment-provider"}')) ?? '', / [12]$/);
  });

  it('ready says so, and that the process may be sent requests', async () => {
    const { status, checks } = await ready();
    assert.equal(status, 'ready');
    assert.equal(checks['payment-provider']?.status, 'down');
    assert.match(checks['payment-provider']?.message ?? '', /payment provider/);
  });

  it('the provider is hardly asked, however long it takes', async () => {
    const before = setting.outage.failed;
    await later(HOUR_MS);
    const steps = HOUR_MS / STEP_MS;
    const asked = setting.outage.failed - before;
    assert.ok(asked > 0, 'it is asked now and then');
    // A few probes of each process, each time the breakers let some through.
    assert.ok(asked < steps * 8, `${asked} calls in ${steps} steps`);
    const { due, oldest_s: oldestS } = await setting.payments.counts();
    assert.equal(due, RIDES);
    assert.ok(oldestS >= HOUR_MS / 1_000, `${oldestS} s`);
  });

  it('riders see that they are being charged, owe nothing, and may ride again', async () => {
    for (const ride of rides) {
      const { state, amount, settled_at: settledAt } = await chargeOf(ride);
      assert.deepEqual([state, amount, settledAt], ['due', ride.amount, null]);
    }
    const [ride] = rides;
    assert.ok(ride !== undefined);
    const receipt = await setting.call('GET', `/rides/${ride.rideId}/receipt`, ride.riderId);
    assert.deepEqual([receipt.status, receipt.body.charge.state], [200, 'due']);
    const debts = await setting.call('GET', '/payments/debts', ride.riderId);
    assert.deepEqual(debts.body.charges, []);
    await setting.payments.charges.checkDebt(setting.sql, ride.riderId);
  });

  it('who names another method is told to come again, and keeps the one that they have', async () => {
    const [ride] = rides;
    assert.ok(ride !== undefined);
    const named = await setting.call('PUT', '/payments/method', ride.riderId, { token: 'sandbox_twice' });
    assert.equal(named.status, 503);
    const kept = await setting.call('GET', '/payments/method', ride.riderId);
    assert.equal(kept.body.label, 'Sandbox card (ok)');
  });

  it('the driver has earned it all, and what is paid out is on its way', async () => {
    const { items, sums } = await earned();
    const share = 1_174 * (RIDES + 1);
    assert.equal(items.length, 20);
    assert.deepEqual(sums, [{ currency: 'USD', earned: share, payable: share, in_transit: 0, paid: 0 }]);
    await setting.runJob('fold-ledger-balances');
    assert.equal((await setting.payments.payouts.begin()).length, 1);
    await later(STEP_MS);
    const [sum] = (await earned()).sums;
    assert.deepEqual([sum.payable, sum.in_transit, sum.paid], [0, share, 0]);
  });

  it('a refund waits too, and the books hold, but cannot be compared', async () => {
    const { charge_id: chargeId } = await chargeOf(paid);
    const refund = await setting.payments.refunds.refund(Number(chargeId), undefined);
    assert.equal(refund.state, 'due');
    await later(STEP_MS);
    assert.equal((await setting.payments.counts()).due, RIDES + 2);
    assert.deepEqual(await faults(), []);
    await assert.rejects(() => setting.payments.reconciliation.reconcile({ mend: true }), isAway);
  });

  it('when it is back all is settled within ten minutes, by itself, and nothing twice', async () => {
    const [ride] = rides;
    assert.ok(ride !== undefined);
    setting.told.set(ride.riderId, []);
    setting.outage.state = 'none';
    const backMs = setting.time.aheadMs;
    while ((await setting.payments.counts()).due > 0) {
      await later(STEP_MS);
      // Those that wait the longest, and a step for the breaker to close.
      assert.ok(setting.time.aheadMs - backMs <= RETRY_MS_MAX + 3 * STEP_MS, 'it takes too long');
    }
    const orders = await setting.read<{ reference: string; calls: number }>(
      'test_read_orders_of_outage',
      `SELECT reference, calls FROM sandbox_payments WHERE kind = 'charge' AND outcome = 'succeeded'`,
    );
    assert.deepEqual(
      orders.map(({ reference }) => reference).sort(),
      [paid, ...rides].map(({ rideId }) => `ride ${rideId}`).sort(),
    );
    assert.ok(orders.filter(({ calls }) => calls > 1).length >= UNHEARD, 'some were done before it was away');
    for (const each of rides) assert.equal((await chargeOf(each)).state, 'succeeded');
    await until(() => setting.told.get(ride.riderId)?.at(-1)?.state === 'succeeded');
    const [sum] = (await earned()).sums;
    assert.deepEqual([sum.in_transit, sum.paid], [0, sum.earned]);
    assert.deepEqual(await faults(), []);
    const { differences } = await setting.payments.reconciliation.reconcile({ mend: false });
    assert.deepEqual(differences, []);
  });

  it('and ready and the metrics say that it is', async () => {
    assert.equal((await ready()).checks['payment-provider']?.status, 'up');
    // Whoever had asked the least may still be probing.
    setting.time.aheadMs += STEP_MS;
    for (let probes = 0; probes < PROBES; probes += 1) await setting.paymentProvider.find([]);
    assert.match((await metric('circuit_breaker_state{port="payment-provider"}')) ?? '', / 0$/);
  });
});
