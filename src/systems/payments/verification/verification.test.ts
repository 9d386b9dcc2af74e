import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  createPaymentsSetting,
  type EndedRide,
  type PaymentsSetting,
} from '../../../../test/support/payments-setting.ts';
import type { Id } from '../../../core/ids.ts';
import { type Fault, SETTLING_MS } from './verification.ts';

describe('verification', () => {
  let setting: PaymentsSetting;
  let driver: Id;
  let ride: EndedRide;
  let chargeId: Id;
  before(async () => {
    setting = await createPaymentsSetting();
    driver = setting.addPerson();
    await setting.startWorker();
    ride = await setting.endRide(await setting.addRider(), driver);
    chargeId = Number((await setting.settledChargeOf(ride))['charge_id']);
    await setting.runJob('fold-ledger-balances');
  });
  after(() => setting.close());

  const kinds = async (): Promise<Fault['kind'][]> =>
    [...new Set((await setting.payments.verification.verify()).faults.map(({ kind }) => kind))].sort();
  /** Breaks something behind the back of the program, looks, and mends it. */
  const broken = async (statement: string, back: string): Promise<Fault['kind'][]> => {
    await setting.sabotage(statement);
    const found = await kinds();
    await setting.sabotage(back);
    assert.deepEqual(await kinds(), []);
    return found;
  };

  it('finds nothing where all is right, and says what it has looked at', async () => {
    const report = await setting.payments.verification.verify();
    assert.deepEqual(report, {
      ...{ transfers: 3, charges: 1, rides: 1, faults: [], nets: [{ amount: 0, currency: 'USD' }] },
    });
  });

  it('finds a balance that is not the sum of its transfers, and a ledger that is not zero', async () => {
    const set = (sign: string) =>
      `UPDATE ledger_balances SET credits = credits ${sign} 1 WHERE account = 'driver_payable'`;
    assert.deepEqual(await broken(set('+'), set('-')), ['balance_differs', 'ledger_not_zero']);
  });

  it('finds payments whose transfers are not theirs', async () => {
    const set = (what: string) => `UPDATE payments SET ${what} WHERE payment_id = ${chargeId}`;
    const due = `state = 'due', due_at = 'infinity'`;
    assert.deepEqual(await broken(set(due), set(`state = 'succeeded', due_at = NULL`)), ['transfers_differ']);
    assert.deepEqual(await broken(set('driver_amount = 1'), set('driver_amount = 1174')), [
      'transfers_differ',
    ]);
  });

  it('finds a charge that has given back what its refunds have not', async () => {
    const set = (amount: number) => `UPDATE payments SET refunded = ${amount} WHERE payment_id = ${chargeId}`;
    assert.deepEqual(await broken(set(5), set(0)), ['refunds_differ']);
  });

  it('finds who was charged for a ride that did not happen, or otherwise than it cost', async () => {
    setting.rides.delete(ride.rideId);
    assert.deepEqual(await kinds(), ['charge_without_ride']);
    for (const change of [
      { amount: 1 },
      { currency: 'EUR' },
      { cause: 'cancellation' },
      { riderId: driver },
    ] as const) {
      setting.rides.set(ride.rideId, { ...ride, ...change });
      assert.deepEqual(await kinds(), ['charge_differs'], JSON.stringify(change));
    }
    setting.rides.set(ride.rideId, ride);
    assert.deepEqual(await kinds(), []);
  });

  it('finds a ride that nobody was charged for, unless it ended just now', async () => {
    const unheard = setting.makeRide(ride.riderId, driver);
    assert.deepEqual(await kinds(), []);
    setting.time.aheadMs = SETTLING_MS + 1_000;
    assert.deepEqual(await kinds(), ['ride_not_charged']);
    setting.time.aheadMs = 0;
    setting.rides.delete(unheard.rideId);
  });
});
