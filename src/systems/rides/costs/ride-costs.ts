/** What rides have come to cost: those that have ended and are to be paid for. For whoever checks that they were. */
import type { Id } from '../../../core/ids.ts';
import type { SqlSession } from '../../../ports/sql-store/sql-store.ts';
import { findRideCosts, pageRideCosts, type RideCostRow } from './ride-costs-queries.ts';

export interface RideCost {
  readonly rideId: Id;
  readonly riderId: Id;
  /** By the fare, or by the fee. */
  readonly status: 'completed' | 'cancelled';
  readonly endedAt: Date;
  readonly currency: string;
  /** In minor units, above 0. */
  readonly amount: number;
}

export interface RideCosts {
  /** Of these rides; in any order. */
  find(rideIds: readonly Id[]): Promise<readonly RideCost[]>;
  /** Those with ids above `after`, in order, at most `limit`. */
  page(after: Id, limit: number): Promise<readonly RideCost[]>;
}

export function createRideCosts(sql: SqlSession): RideCosts {
  return {
    find: async (rideIds) => (await sql.query(findRideCosts, [rideIds])).map(costOf),
    page: async (after, limit) => (await sql.query(pageRideCosts, [after, limit])).map(costOf),
  };
}

function costOf({ ride_id: rideId, rider_id: riderId, ended_at: endedAt, ...rest }: RideCostRow): RideCost {
  return { rideId, riderId, status: rest.status, endedAt, currency: rest.currency, amount: rest.amount };
}
