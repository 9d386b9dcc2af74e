import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkPayments } from './payment-checker.ts';
import type { PaymentFacts, ProviderOrder, RideCost } from './payment-facts.ts';

const USD = 'USD';

function cost(rideId: string, amount: number): RideCost {
  return { rideId, driverId: '7', amount, toDriver: amount - 100, currency: USD };
}

function order(kind: ProviderOrder['kind'], number: number, changes: Partial<ProviderOrder>): ProviderOrder {
  return {
    ...{ key: `${kind}-${number}-1`, kind, source: 'sandbox_ok', reference: 'ride 1', amount: 500 },
    ...{ currency: USD, state: 'succeeded', ...changes },
  };
}

/** Two rides: one is paid for and half of it given back, one is owed. The driver has been paid for the first. */
const GOOD: PaymentFacts = {
  costs: [cost('1', 500), cost('2', 900)],
  orders: [
    order('charge', 1, {}),
    order('charge', 2, { reference: 'ride 2', amount: 900, state: 'declined' }),
    order('refund', 3, { source: 'charge-1-1', reference: 'refund of 1', amount: 250 }),
    order('payout', 4, { source: 'driver-7', reference: 'payout 4', amount: 400 }),
  ],
  receipts: [
    { rideId: '1', amount: 500, currency: USD, state: 'succeeded', refunded: 250 },
    { rideId: '2', amount: 900, currency: USD, state: 'declined', refunded: 0 },
  ],
  earnings: [{ driverId: '7', currency: USD, earned: 1_200, paid: 400 }],
};

const withOrder = (one: ProviderOrder): PaymentFacts => ({ ...GOOD, orders: [...GOOD.orders, one] });

/** Item `at` of a list, changed. */
const changed = <Item>(items: readonly Item[], at: number, changes: Partial<Item>): Item[] =>
  items.map((item, number) => (number === at ? { ...item, ...changes } : item));

const FAULTS: readonly (readonly [names: readonly string[], what: string, facts: PaymentFacts])[] = [
  [
    ['charged_twice'],
    'a second attempt after one that was paid',
    withOrder(order('charge', 1, { key: 'charge-1-2' })),
  ],
  [['charged_for_nothing'], 'a charge for no ride', withOrder(order('charge', 9, { reference: 'ride 9' }))],
  [
    ['wrong_amount'],
    'a charge of another amount',
    { ...GOOD, orders: changed(GOOD.orders, 0, { amount: 501 }) },
  ],
  [
    ['wrong_amount', 'wrong_amount'],
    'a charge in another currency, and so its refund',
    { ...GOOD, orders: changed(GOOD.orders, 0, { currency: 'EUR' }) },
  ],
  [
    ['ended_twice', 'wrong_earnings'],
    'a ride that ended twice',
    { ...GOOD, costs: [...GOOD.costs, cost('1', 500)] },
  ],
  [['receipt_missing'], 'a ride without a receipt', { ...GOOD, receipts: GOOD.receipts.slice(0, 1) }],
  [
    ['receipt_for_nothing'],
    'a receipt for no ride',
    {
      ...GOOD,
      receipts: [...GOOD.receipts, { rideId: '3', amount: 1, currency: USD, state: 'due', refunded: 0 }],
    },
  ],
  [
    ['wrong_receipt'],
    'a receipt of another amount',
    { ...GOOD, receipts: changed(GOOD.receipts, 1, { amount: 901 }) },
  ],
  [
    ['wrong_state'],
    'a rider who owes and is told that they have paid',
    { ...GOOD, receipts: changed(GOOD.receipts, 1, { state: 'succeeded' }) },
  ],
  [
    ['wrong_state'],
    'a rider who has paid and is told that they owe',
    { ...GOOD, receipts: changed(GOOD.receipts, 0, { state: 'declined' }) },
  ],
  [
    ['refunded_too_much', 'wrong_refund'],
    'more given back than was paid',
    withOrder(order('refund', 5, { source: 'charge-1-1', amount: 251 })),
  ],
  [
    ['refunded_for_nothing'],
    'something given back that was declined',
    withOrder(order('refund', 5, { source: 'charge-2-1' })),
  ],
  [
    ['wrong_refund'],
    'something given back that nobody was told of',
    withOrder(order('refund', 5, { source: 'charge-1-1', amount: 1 })),
  ],
  [
    ['paid_out_too_much', 'wrong_earnings'],
    'a driver who is paid twice',
    {
      ...withOrder(order('payout', 6, { source: 'driver-7', amount: 1_200 })),
    },
  ],
  [
    ['paid_out_too_much', 'wrong_earnings'],
    'somebody who is paid and has driven nobody',
    withOrder(order('payout', 6, { source: 'driver-8', amount: 1 })),
  ],
  [
    ['wrong_earnings'],
    'a driver who is told of less than they earned',
    { ...GOOD, earnings: changed(GOOD.earnings, 0, { earned: 1_199 }) },
  ],
  [['unsettled'], 'an order that hangs', { ...GOOD, orders: changed(GOOD.orders, 1, { state: 'pending' }) }],
];

describe('the checker of payments', () => {
  it('finds nothing where everybody has paid once, or owes', () => {
    const report = checkPayments(GOOD);
    assert.deepEqual([report.verdict, report.anomalies], ['valid', []]);
    assert.equal(report.counts['rides paid for'], 1);
  });

  it('proves nothing by rides that cost nothing', () => {
    assert.equal(checkPayments({ costs: [], orders: [], receipts: [], earnings: [] }).verdict, 'unknown');
  });

  for (const [names, what, facts] of FAULTS) {
    it(`finds ${what}`, () => {
      const report = checkPayments(facts);
      assert.equal(report.verdict, 'invalid');
      assert.deepEqual(report.anomalies.map(({ name }) => name).sort(), [...names].sort());
    });
  }
});
