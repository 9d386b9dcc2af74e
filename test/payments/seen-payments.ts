/** What each of those concerned says of money: the log of rides, the book of the provider, and over the API riders and drivers. */
import assert from 'node:assert/strict';
import type { Static } from 'typebox';
import { API } from '../../src/client/api-client.ts';
import { systemClock, systemRandomness } from '../../src/core/clock.ts';
import { concurrently } from '../../src/core/concurrently.ts';
import type {
  PaymentFacts,
  ProviderOrder,
  RideCost,
  SeenEarnings,
  SeenReceipt,
} from '../../src/history/payments/payment-facts.ts';
import { loggedRides } from '../../src/history/rides/ride-log.ts';
import { createPostgresEventLog } from '../../src/ports/event-log/postgres-event-log.ts';
import { RECORDS_PAGE_MAX } from '../../src/ports/payment-provider/payment-provider.ts';
import { createSandboxPaymentProvider } from '../../src/ports/payment-provider/sandbox-payment-provider.ts';
import type { SqlStore } from '../../src/ports/sql-store/sql-store.ts';
import { isObject, type Person } from '../../src/simulator/ride-calls.ts';
import type { ChargeSchema } from '../../src/systems/payments/money-schema-routes.ts';
import type { EarningsSchema } from '../../src/systems/payments/payouts/earnings-routes.ts';
import type { ReceiptSchema } from '../../src/systems/payments/receipts/receipts-routes.ts';
import { createLog } from '../../src/telemetry/log.ts';
import type { Town } from '../support/ride-faults.ts';

const CALLS_AT_ONCE = 8;
const clock = systemClock;

interface ShownReceipt {
  readonly total: number;
  readonly currency: string;
  readonly fare: { readonly parts: Readonly<Record<string, number>> };
  readonly charge: Static<typeof ChargeSchema>;
  readonly refunds: Static<typeof ReceiptSchema>['refunds'];
}

type ShownEarnings = Static<typeof EarningsSchema>;

interface LoggedEnd {
  readonly riderId: string;
  readonly cost: RideCost | undefined;
}

/** When nothing is due any more. */
export async function seenPayments({ sql, urls, people }: Town): Promise<PaymentFacts> {
  const ends = await loggedEnds(sql);
  const [url = ''] = urls;
  const riders = new Map(people.riders.map((person) => [person.userId, person]));
  const receipts: SeenReceipt[] = [];
  const endList = [...ends];
  await concurrently(
    endList.length,
    async (at) => {
      const [rideId, { riderId }] = endList[at] ?? ['', { riderId: '' }];
      const rider = riders.get(riderId);
      const receipt = rider && (await seenReceipt(url, rider, rideId));
      if (receipt !== undefined) receipts.push(receipt);
    },
    CALLS_AT_ONCE,
  );
  const earnings: SeenEarnings[] = [];
  for (const driver of people.drivers) earnings.push(...(await seenEarnings(url, driver)));
  const costs = [...ends.values()].flatMap(({ cost }) => cost ?? []);
  return { costs, orders: await providerOrders(sql), receipts, earnings };
}

/** Of every ride, what its last event that ends it says it costs. */
async function loggedEnds(sql: SqlStore): Promise<Map<string, LoggedEnd>> {
  const log = createLog({ level: 'silent', pretty: false });
  const eventLog = createPostgresEventLog({ sqlStore: sql, clock, randomness: systemRandomness, log });
  const ends = new Map<string, LoggedEnd>();
  for await (const { kind, payload } of loggedRides(eventLog)) {
    const { ride_id: rideId, rider_id: riderId, driver_id: driverId, fare, fee } = payload;
    if (!['completed', 'cancelled', 'unmatched'].includes(kind)) continue;
    assert.ok(!ends.has(String(rideId)), `the ride ${rideId} has ended twice`);
    const price = kind === 'completed' ? fare : kind === 'cancelled' ? fee : undefined;
    const driver = typeof driverId === 'string' ? driverId : undefined;
    ends.set(String(rideId), { riderId: String(riderId), cost: costOf(String(rideId), driver, price) });
  }
  await eventLog.close();
  return ends;
}

function costOf(rideId: string, driverId: string | undefined, price: unknown): RideCost | undefined {
  if (!isObject(price) || Number(price['total']) === 0) return undefined;
  const { total, to_driver: toDriver, currency } = price;
  return {
    ...{ rideId, driverId, amount: Number(total), currency: String(currency) },
    toDriver: driverId === undefined ? 0 : Number(toDriver),
  };
}

/** Not by the system that asks it, but by itself. */
async function providerOrders(sql: SqlStore): Promise<ProviderOrder[]> {
  const provider = createSandboxPaymentProvider({ sql, clock });
  const orders: ProviderOrder[] = [];
  for (let after = 0; ; ) {
    const records = await provider.pageRecords(after, RECORDS_PAGE_MAX);
    for (const { idempotencyKey: key, kind, source, reference, amount, currency, outcome } of records) {
      orders.push({ key, kind, source, reference, amount, currency, state: outcome.state });
    }
    if (records.length < RECORDS_PAGE_MAX) return orders;
    after = records.at(-1)?.number ?? after;
  }
}

/** Undefined: it costs nothing. The parts of the fare are the total, or it fails. */
async function seenReceipt(url: string, rider: Person, rideId: string): Promise<SeenReceipt | undefined> {
  const answer = await get<ShownReceipt>(url, rider, `/rides/${rideId}/receipt`);
  if (answer.status === 404) return undefined;
  assert.equal(answer.status, 200, `the receipt of ${rideId}`);
  const { total, currency, fare, charge, refunds } = answer.body;
  if (charge.cause === 'ride') {
    assert.equal(sum(Object.values(fare.parts)), total, `the parts of the ride ${rideId} are what it costs`);
  }
  assert.deepEqual([charge.amount, charge.currency, charge.ride_id], [total, currency, rideId]);
  const standing = refunds.filter(({ state }) => state === 'succeeded').map(({ amount }) => amount);
  assert.equal(sum(standing), charge.refunded, `the refunds of the ride ${rideId} are what was given back`);
  return { rideId, amount: total, currency, state: charge.state, refunded: charge.refunded };
}

async function seenEarnings(url: string, driver: Person): Promise<SeenEarnings[]> {
  const { status, body } = await get<ShownEarnings>(url, driver, '/drivers/me/earnings?limit=1');
  assert.equal(status, 200);
  return body.sums.map(({ currency, earned, paid }) => ({ driverId: driver.userId, currency, earned, paid }));
}

async function get<Body>(url: string, { token }: Person, path: string) {
  const answer = await fetch(`${url}${API}${path}`, { headers: { authorization: `Bearer ${token}` } });
  // As the document of the API has it, which other tests hold it to.
  return { status: answer.status, body: (await answer.json()) as Body };
}

const sum = (amounts: readonly number[]): number => amounts.reduce((all, amount) => all + amount, 0);
