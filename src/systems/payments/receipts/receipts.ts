/** What a ride cost, as each side of it may see it. */
import { notFound } from '../../../core/errors.ts';
import type { Id } from '../../../core/ids.ts';
import type { SqlSession } from '../../../ports/sql-store/sql-store.ts';
import type { Charge, Payment } from '../payment.ts';
import { chargeOf, getChargeOfRide, listRefunds, paymentOf } from '../payments-queries.ts';

/** What the ride was, as the system of rides describes it to its rider or driver. */
export type RideFacts = Readonly<Record<string, unknown>>;

/** Fails with `not_found` for a ride that is neither the viewer's to ride nor to drive. */
export type DescribeRide = (session: SqlSession, viewerId: Id, rideId: Id) => Promise<RideFacts>;

export interface Receipt {
  readonly side: 'rider' | 'driver';
  readonly ride: RideFacts;
  readonly charge: Charge;
  readonly refunds: readonly Payment[];
}

export interface Receipts {
  /** Fails with `not_found` for strangers, and for a ride that cost nothing, or has not ended. */
  get(session: SqlSession, viewerId: Id, rideId: Id): Promise<Receipt>;
}

export interface ReceiptsDeps {
  readonly describeRide: DescribeRide;
}

export function createReceipts({ describeRide }: ReceiptsDeps): Receipts {
  return {
    async get(session, viewerId, rideId) {
      const [row] = await session.query(getChargeOfRide, [rideId]);
      const side = row?.user_id === viewerId ? 'rider' : row?.driver_id === viewerId ? 'driver' : undefined;
      if (row === undefined || side === undefined) throw notFound('receipt');
      const ride = await describeRide(session, viewerId, rideId);
      const refunds = side === 'rider' ? await session.query(listRefunds, [row.payment_id]) : [];
      return { side, ride, charge: chargeOf(row), refunds: refunds.map(paymentOf) };
    },
  };
}
