/** What rides were priced by. */
import type { Id } from '../../../core/ids.ts';
import { readStatement } from '../../../ports/sql-store/sql-store.ts';
import type { RideType } from '../drivers/driver.ts';
import type { FareJson } from '../fares/fare-json.ts';
import type { FareRates } from '../fares/fare-rates.ts';
import type { SurgeBasis } from '../surge/surge-basis.ts';

export interface PricedRideRow {
  readonly ride_id: Id;
  /** Null: the ride is older than prices. */
  readonly ride_fare: FareJson | null;
  /** Null, with all that follows: what it was priced by is gone. */
  readonly quote_id: Id | null;
  readonly city: string;
  readonly ride_type: RideType;
  readonly quote_fare: FareJson;
  readonly distance_m: number;
  readonly duration_s: number;
  readonly rates: FareRates;
  readonly surge_percent: number;
  readonly surge_version: Id | null;
  readonly surge_basis: SurgeBasis | null;
}

const PRICED = `SELECT rides.ride_id, rides.fare AS ride_fare, rides.city, rides.ride_type, quotes.quote_id, quotes.fare AS quote_fare,
     quotes.distance_m, quotes.duration_s, quotes.rates, quotes.surge_percent, quotes.surge_version, quotes.surge_basis
   FROM rides LEFT JOIN ride_quotes AS quotes ON quotes.quote_id = rides.quote_id`;

export const getPricedRide = readStatement<[rideId: Id], PricedRideRow>(
  'rides_get_priced',
  `${PRICED} WHERE rides.ride_id = $1`,
);

export const pagePricedRides = readStatement<[after: Id, limit: number], PricedRideRow>(
  'rides_page_priced',
  `${PRICED} WHERE rides.ride_id > $1 ORDER BY rides.ride_id LIMIT $2`,
);
