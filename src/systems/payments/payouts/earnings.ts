/** What a driver has earned, was paid, and is going to be paid. */
import type { Id } from '../../../core/ids.ts';
import type { Page, PageRequest } from '../../../core/page.ts';
import type { SqlSession } from '../../../ports/sql-store/sql-store.ts';
import type { ChargeCause, Money } from '../payment.ts';
import { type EarningRow, pageEarnings, sumEarnings } from './payouts-queries.ts';

/** In one currency, in minor units. */
export interface EarningsSum {
  readonly currency: string;
  /** In all: the other three together. */
  readonly earned: number;
  /** Waits for the next payout. */
  readonly payable: number;
  readonly inTransit: number;
  readonly paid: number;
}

export interface Earning extends Money {
  /** Of the charge. */
  readonly paymentId: Id;
  readonly rideId: Id;
  readonly cause: ChargeCause;
}

export interface Earnings {
  /** By currency. */
  sums(session: SqlSession, driverId: Id): Promise<readonly EarningsSum[]>;
  /** Ride by ride, the newest first. */
  page(session: SqlSession, driverId: Id, request: PageRequest): Promise<Page<Earning>>;
}

export function createEarnings(): Earnings {
  return {
    async sums(session, driverId) {
      const rows = await session.query(sumEarnings, [driverId]);
      return rows.map(({ currency, payable, in_transit: inTransit, paid }) => {
        return { currency, earned: payable + inTransit + paid, payable, inTransit, paid };
      });
    },

    async page(session, driverId, { before, limit }) {
      const rows = await session.query(pageEarnings, [driverId, before, limit + 1]);
      const items = rows.slice(0, limit).map(earningOf);
      return { items, nextBefore: rows.length > limit ? items.at(-1)?.paymentId : undefined };
    },
  };
}

function earningOf(row: EarningRow): Earning {
  return {
    ...{ paymentId: row.payment_id, rideId: row.ride_id, cause: row.cause },
    ...{ currency: row.currency, amount: row.driver_amount },
  };
}
