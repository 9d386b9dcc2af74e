/**
 * Holds the provider's own book against the rides that there were, and both against what riders and drivers were shown: nobody is
 * charged twice, or for a ride that did not happen, or otherwise than it costs; who was not charged is told that they owe; nobody is
 * given back more than they paid; no driver is paid what they have not earned. It shares no code with what charges and pays.
 */
import { type AnomalyCollector, type CheckReport, createAnomalyCollector } from '../check-report.ts';
import {
  groupedBy,
  type PaymentFacts,
  type ProviderOrder,
  type RideCost,
  type SeenReceipt,
  sumText,
  total,
} from './payment-facts.ts';

type Find = (name: string, message: string) => void;

export function checkPayments(facts: PaymentFacts): CheckReport {
  const anomalies = createAnomalyCollector();
  const find: Find = (name, message) => anomalies.add('payments', name, message, []);
  const done = facts.orders.filter(({ state }) => state === 'succeeded');
  checkCharges(facts, done, find);
  checkReceipts(facts, done, find);
  checkRefunds(facts, done, find);
  checkPayouts(facts, done, find);
  for (const { key, state } of facts.orders) if (state === 'pending') find('unsettled', `${key} is pending`);
  return reportOf(facts, done, anomalies);
}

const rideOf = ({ reference }: ProviderOrder): string => reference.replace(/^ride /, '');
const ofKind = (orders: readonly ProviderOrder[], kind: ProviderOrder['kind']) =>
  orders.filter((order) => order.kind === kind);

/** Whatever money was taken, was taken once, for a ride that costs just that. */
function checkCharges({ costs }: PaymentFacts, done: readonly ProviderOrder[], find: Find): void {
  const costOf = new Map(costs.map((cost) => [cost.rideId, cost]));
  if (costOf.size < costs.length) find('ended_twice', 'a ride has ended twice by the log');
  for (const [rideId, charges] of groupedBy(ofKind(done, 'charge'), rideOf)) {
    const keys = charges.map(({ key }) => key).join(', ');
    if (charges.length > 1) find('charged_twice', `ride ${rideId}: ${keys}`);
    const cost = costOf.get(rideId);
    if (cost === undefined) {
      find('charged_for_nothing', `ride ${rideId} (${keys}) did not happen, or costs nothing`);
      continue;
    }
    for (const charge of charges) {
      if (charge.amount === cost.amount && charge.currency === cost.currency) continue;
      find(
        'wrong_amount',
        `${charge.key}: ${sumText(charge)} for ride ${rideId}, which costs ${sumText(cost)}`,
      );
    }
  }
}

/** A rider is shown what the ride costs, as paid if the provider has the money, as owed if not. */
function checkReceipts({ costs, receipts }: PaymentFacts, done: readonly ProviderOrder[], find: Find): void {
  const paid = new Set(ofKind(done, 'charge').map(rideOf));
  const seen = groupedBy(receipts, ({ rideId }) => rideId);
  for (const cost of costs) {
    const [receipt, ...more] = seen.get(cost.rideId) ?? [];
    if (receipt === undefined || more.length > 0) {
      find(
        'receipt_missing',
        `ride ${cost.rideId} has ${more.length === 0 ? 'no receipt' : 'several receipts'}`,
      );
    } else checkReceipt(cost, receipt, paid.has(cost.rideId), find);
  }
  const rides = new Set(costs.map(({ rideId }) => rideId));
  for (const rideId of seen.keys()) {
    if (!rides.has(rideId)) find('receipt_for_nothing', `ride ${rideId} has a receipt, and costs nothing`);
  }
}

function checkReceipt(cost: RideCost, receipt: SeenReceipt, isPaid: boolean, find: Find): void {
  if (receipt.amount !== cost.amount || receipt.currency !== cost.currency) {
    find('wrong_receipt', `ride ${cost.rideId} costs ${sumText(cost)}; its receipt says ${sumText(receipt)}`);
  }
  const wanted = isPaid ? 'succeeded' : 'declined';
  if (receipt.state === wanted) return;
  find(
    'wrong_state',
    `ride ${cost.rideId} is ${isPaid ? '' : 'not '}paid by the provider; its receipt says ${receipt.state}`,
  );
}

/** What was given back was paid before, and is on the receipt. */
function checkRefunds({ receipts }: PaymentFacts, done: readonly ProviderOrder[], find: Find): void {
  const charges = new Map(ofKind(done, 'charge').map((charge) => [charge.key, charge]));
  const givenBack = new Map<string, number>();
  for (const [key, refunds] of groupedBy(ofKind(done, 'refund'), ({ source }) => source)) {
    const charge = charges.get(key);
    if (charge === undefined) find('refunded_for_nothing', `${key} was given back, and never paid`);
    else if (total(refunds) > charge.amount) {
      find('refunded_too_much', `${key}: ${total(refunds)} of ${sumText(charge)}`);
    }
    if (charge !== undefined) givenBack.set(rideOf(charge), total(refunds));
    for (const refund of refunds) {
      if (charge !== undefined && refund.currency !== charge.currency) {
        find('wrong_amount', `${refund.key}: ${sumText(refund)} back of ${sumText(charge)}`);
      }
    }
  }
  for (const { rideId, refunded } of receipts) {
    const really = givenBack.get(rideId) ?? 0;
    if (refunded !== really)
      find('wrong_refund', `ride ${rideId}: ${refunded} given back by its receipt, ${really} really`);
  }
}

/** A driver is shown what their rides brought, and was paid what the provider says, which is no more than that. */
function checkPayouts({ costs, earnings }: PaymentFacts, done: readonly ProviderOrder[], find: Find): void {
  const driven = costs.filter(({ driverId, toDriver }) => driverId !== undefined && toDriver > 0);
  const earnedBy = groupedBy(
    driven.map(({ driverId, toDriver, currency }) => ({ driverId, currency, amount: toDriver })),
    ({ driverId, currency }) => `driver-${driverId} ${currency}`,
  );
  const paidTo = groupedBy(ofKind(done, 'payout'), ({ source, currency }) => `${source} ${currency}`);
  const shown = new Map(earnings.map((one) => [`driver-${one.driverId} ${one.currency}`, one]));
  for (const whom of new Set([...earnedBy.keys(), ...paidTo.keys(), ...shown.keys()])) {
    const [earned, paid] = [total(earnedBy.get(whom) ?? []), total(paidTo.get(whom) ?? [])];
    if (paid > earned) find('paid_out_too_much', `${whom}: ${paid} paid out, ${earned} earned`);
    const seen = shown.get(whom) ?? { earned: 0, paid: 0 };
    if (seen.earned === earned && seen.paid === paid) continue;
    find(
      'wrong_earnings',
      `${whom}: ${seen.earned} earned and ${seen.paid} paid out is shown, ${earned} and ${paid} it is`,
    );
  }
}

function reportOf(
  { costs, orders, receipts }: PaymentFacts,
  done: readonly ProviderOrder[],
  { counts: anomalyCounts, kept: anomalies }: AnomalyCollector,
): CheckReport {
  const reasons = costs.length > 0 ? [] : ['No ride has cost anything.'];
  const verdict = anomalies.length > 0 ? 'invalid' : reasons.length > 0 ? 'unknown' : 'valid';
  const counts = {
    ...{ 'rides that cost something': costs.length, 'orders of the provider': orders.length },
    ...{ 'rides paid for': ofKind(done, 'charge').length, refunds: ofKind(done, 'refund').length },
    ...{ payouts: ofKind(done, 'payout').length, receipts: receipts.length },
  };
  return { verdict, reasons, counts, staleness: undefined, anomalyCounts, anomalies };
}
