/**
 * From rides that have ended to charges. All of it happens in the consumer's transaction, and a ride has one charge by a unique
 * index: however often the events come, the rider owes once, and driver and platform have earned once.
 */
import { type IdGenerator, shardOf } from '../../../core/ids.ts';
import type { Subscription } from '../../../ports/event-log/event-log.ts';
import type { SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { driverShare, platformShare, type Transfer } from '../ledger/transfer.ts';
import type { PaymentObserver } from '../payment-observer.ts';
import { type InsertedCharge, insertCharges } from './charges-queries.ts';
import { RIDES_TOPIC, type RideOutcome, rideOutcomeOf } from './ride-outcome.ts';

const BATCH_MAX = 200;
/** Under load, so many rides are charged in one transaction; nobody sees a twentieth of a second. */
const GATHER_MS = 50;

export interface ChargeIntakeDeps {
  readonly ids: IdGenerator;
  readonly ledger: Pick<Ledger, 'post'>;
  readonly observer: PaymentObserver;
  /** There is something to settle. */
  readonly onDue: () => void;
}

export function createChargeIntake(deps: ChargeIntakeDeps): Subscription {
  const { ids, ledger, observer, onDue } = deps;

  function insert(transaction: SqlTransaction, outcomes: readonly RideOutcome[]): Promise<InsertedCharge[]> {
    return transaction.query(insertCharges, [
      outcomes.map(() => ids.next()),
      outcomes.map(({ riderId }) => shardOf(riderId)),
      outcomes.map(({ riderId }) => riderId),
      outcomes.map(({ currency }) => currency),
      outcomes.map(({ amount }) => amount),
      outcomes.map(({ cause }) => cause),
      outcomes.map(({ rideId }) => rideId),
      outcomes.map(({ driverId }) => driverId ?? null),
      outcomes.map(({ driverAmount }) => driverAmount),
      outcomes.map(({ fare }) => JSON.stringify(fare)),
    ]);
  }

  return {
    ...{
      group: 'charges',
      topics: [RIDES_TOPIC],
      from: 'beginning',
      batchMax: BATCH_MAX,
      gatherMs: GATHER_MS,
    },
    async handle(events, transaction) {
      const outcomes = events.map(rideOutcomeOf).filter((outcome) => outcome !== undefined);
      if (outcomes.length === 0) return;
      const charges = await insert(transaction, outcomes);
      await ledger.post(transaction, charges.flatMap(sharesOf));
      transaction.afterCommit(() => {
        observer.made('charge', charges.length);
        onDue();
      });
    },
  };
}

/** The rider owes both from now on, whenever they pay. */
function sharesOf(charge: InsertedCharge): Transfer[] {
  const { payment_id: causeId, shard, currency, amount, user_id: riderId } = charge;
  const { driver_id: driverId, driver_amount: driverAmount } = charge;
  const of = { causeId, shard, currency };
  const toPlatform = amount - driverAmount;
  return [
    ...(driverId !== null && driverAmount > 0
      ? [driverShare({ ...of, amount: driverAmount }, riderId, driverId)]
      : []),
    ...(toPlatform > 0 ? [platformShare({ ...of, amount: toPlatform }, riderId)] : []),
  ];
}
