/** What rides have come to cost, as other systems may ask. */
import type { Id } from '../../../core/ids.ts';
import { readStatement } from '../../../ports/sql-store/sql-store.ts';

export interface RideCostRow {
  readonly ride_id: Id;
  readonly rider_id: Id;
  readonly status: 'completed' | 'cancelled';
  readonly ended_at: Date;
  readonly currency: string;
  readonly amount: number;
}

const COSTS = `SELECT ride_id, rider_id, status, ended_at, fare->>'currency' AS currency,
     CASE status WHEN 'completed' THEN (fare->>'total')::bigint ELSE fee_total END AS amount
   FROM rides
   WHERE (status = 'completed' AND (fare->>'total')::bigint > 0 OR status = 'cancelled' AND fee_total > 0)`;

export const findRideCosts = readStatement<[rideIds: readonly Id[]], RideCostRow>(
  'rides_find_costs',
  `${COSTS} AND ride_id = ANY ($1::bigint[])`,
);

export const pageRideCosts = readStatement<[after: Id, limit: number], RideCostRow>(
  'rides_page_costs',
  `${COSTS} AND ride_id > $1 ORDER BY ride_id LIMIT $2`,
);
