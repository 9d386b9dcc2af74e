/** Whether the ledger is right: in itself, beside the payments, and beside the rides that they are for. */
import type { Id } from '../../../core/ids.ts';
import type { SqlStore } from '../../../ports/sql-store/sql-store.ts';
import { type ChargeCause, formatMoney, type Money } from '../payment.ts';
import {
  type ChargeToVerify,
  countVerified,
  findRefundsOff,
  findTransfersOff,
  getChargesOfRides,
  pageChargesToVerify,
  sumAccounts,
} from './verification-queries.ts';

/** What is wrong, of each kind, that is shown. */
export const FAULTS_MAX = 100;
const PAGE_MAX = 1_000;
/** A ride that ended just now is on its way to be charged. */
export const SETTLING_MS = 60_000;

/** What a ride has come to cost, as the system of rides has it. */
export interface RideCost extends Money {
  readonly rideId: Id;
  readonly riderId: Id;
  readonly cause: ChargeCause;
  readonly endedAt: Date;
}

/** Those of the rides that have ended and cost something. */
export type FindRideCosts = (rideIds: readonly Id[]) => Promise<readonly RideCost[]>;
/** All such rides with ids above `after`, in order. */
export type PageRideCosts = (after: Id, limit: number) => Promise<readonly RideCost[]>;

/** Names what is wrong, and where. */
export interface Fault {
  readonly kind:
    | 'ledger_not_zero'
    | 'balance_differs'
    | 'transfers_differ'
    | 'refunds_differ'
    | 'charge_without_ride'
    | 'charge_differs'
    | 'ride_not_charged';
  readonly detail: string;
}

export interface VerificationReport {
  readonly transfers: number;
  readonly charges: number;
  readonly rides: number;
  readonly faults: readonly Fault[];
  /** Of all accounts together, by currency: 0, or something is wrong. */
  readonly nets: readonly Money[];
}

export interface Verification {
  verify(): Promise<VerificationReport>;
}

export interface VerificationDeps {
  readonly sql: SqlStore;
  readonly nowMs: () => number;
  readonly findRideCosts: FindRideCosts;
  readonly pageRideCosts: PageRideCosts;
}

export function createVerification(deps: VerificationDeps): Verification {
  const { sql, nowMs, findRideCosts, pageRideCosts } = deps;

  async function* accounts(nets: Map<string, number>): AsyncGenerator<Fault> {
    for (const row of await sql.query(sumAccounts, [])) {
      const { account, owner_id: ownerId, currency, debits, credits } = row;
      nets.set(currency, (nets.get(currency) ?? 0) + debits - credits);
      if (debits === row.posted_debits && credits === row.posted_credits) continue;
      yield {
        kind: 'balance_differs',
        detail: `${account} of ${ownerId} in ${currency}: ${debits} debited and ${credits} credited, by the transfers ${row.posted_debits} and ${row.posted_credits}`,
      };
    }
    for (const [currency, net] of nets) {
      if (net !== 0) yield { kind: 'ledger_not_zero', detail: `${net} minor units of ${currency}` };
    }
  }

  async function* payments(): AsyncGenerator<Fault> {
    for (const { cause_id: id, detail } of await sql.query(findTransfersOff, [FAULTS_MAX])) {
      yield { kind: 'transfers_differ', detail: `payment ${id}: ${detail}` };
    }
    for (const { payment_id: id, refunded, refunds } of await sql.query(findRefundsOff, [FAULTS_MAX])) {
      yield {
        kind: 'refunds_differ',
        detail: `charge ${id}: ${refunded} refunded, its refunds are ${refunds}`,
      };
    }
  }

  /** Nobody is charged for what was not driven, nor otherwise than it cost. */
  async function* charges(): AsyncGenerator<Fault> {
    for (let after = 0; ; ) {
      const rows = await sql.query(pageChargesToVerify, [after, PAGE_MAX]);
      const costs = await findRideCosts(rows.map(({ ride_id: rideId }) => rideId));
      const byRide = new Map(costs.map((cost) => [cost.rideId, cost]));
      for (const row of rows) yield* chargeFaults(row, byRide.get(row.ride_id));
      if (rows.length < PAGE_MAX) return;
      after = rows.at(-1)?.payment_id ?? after;
    }
  }

  /** Nothing is driven for nothing. */
  async function* rides(count: (rides: number) => void): AsyncGenerator<Fault> {
    const before = nowMs() - SETTLING_MS;
    for (let after = 0; ; ) {
      const costs = await pageRideCosts(after, PAGE_MAX);
      count(costs.length);
      const rows = await sql.query(getChargesOfRides, [costs.map(({ rideId }) => rideId)]);
      const charged = new Set(rows.map(({ ride_id: rideId }) => rideId));
      for (const cost of costs) {
        if (charged.has(cost.rideId) || cost.endedAt.getTime() > before) continue;
        yield {
          kind: 'ride_not_charged',
          detail: `ride ${cost.rideId}: ${formatMoney(cost)} (${cost.cause})`,
        };
      }
      if (costs.length < PAGE_MAX) return;
      after = costs.at(-1)?.rideId ?? after;
    }
  }

  return {
    async verify() {
      const nets = new Map<string, number>();
      const shown = new Map<Fault['kind'], Fault[]>();
      let ridesSeen = 0;
      const count = (more: number): void => {
        ridesSeen += more;
      };
      for (const faults of [accounts(nets), payments(), charges(), rides(count)]) {
        for await (const fault of faults) {
          const same = shown.get(fault.kind) ?? [];
          if (same.length < FAULTS_MAX) same.push(fault);
          shown.set(fault.kind, same);
        }
      }
      const [counts] = await sql.query(countVerified, []);
      return {
        ...{ transfers: counts?.transfers ?? 0, charges: counts?.charges ?? 0, rides: ridesSeen },
        faults: [...shown.values()].flat(),
        nets: [...nets].map(([currency, amount]) => ({ currency, amount })),
      };
    },
  };
}

function* chargeFaults(row: ChargeToVerify, cost: RideCost | undefined): Generator<Fault> {
  const { payment_id: paymentId, ride_id: rideId, user_id: riderId, cause, amount, currency } = row;
  const charged = `charge ${paymentId}: ${formatMoney(row)} for the ride ${rideId} (${cause})`;
  if (cost === undefined) {
    // The rides of a person go with the account; the money stays.
    if (!row.erased)
      yield { kind: 'charge_without_ride', detail: `${charged}, which has not ended, or costs nothing` };
    return;
  }
  const agrees =
    cost.riderId === riderId && cost.cause === cause && cost.amount === amount && cost.currency === currency;
  if (!agrees)
    yield { kind: 'charge_differs', detail: `${charged}, which costs ${formatMoney(cost)} (${cost.cause})` };
}
