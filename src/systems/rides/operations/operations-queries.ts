/** What the staff reads of `rides`, `offers`, `drivers` and `dispatch_leases`. Times are those of the database. */
import type { Id } from '../../../core/ids.ts';
import { readStatement } from '../../../ports/sql-store/sql-store.ts';
import type { BatchesJson } from '../dispatch/batch-log.ts';
import type { RideType } from '../drivers/driver.ts';
import type { RideStatus } from '../requests/ride.ts';

export interface OpenRidesRow {
  readonly city: string;
  readonly status: RideStatus;
  readonly rides: number;
  /** Of these, how many a driver is thinking about. */
  readonly offered: number;
  /** The oldest of these. */
  readonly oldest_ride_id: Id;
}

/** Of all cities at once: there are as many as there are drivers, and people who wait. */
export const countOpenRides = readStatement<[], OpenRidesRow>(
  'operations_count_open_rides',
  `SELECT city, status, count(*) AS rides, min(ride_id) AS oldest_ride_id,
     count(*) FILTER (WHERE status = 'requested' AND EXISTS (SELECT FROM offers
       WHERE offers.ride_id = rides.ride_id AND offers.state = 'open' AND offers.expires_at > now())) AS offered
   FROM rides WHERE ended_at IS NULL GROUP BY city, status`,
);

export interface RecentRidesRow {
  readonly city: string;
  readonly requests: number;
  /** A driver has accepted it, and not given it back. */
  readonly matched: number;
  /** Nobody was found in time. */
  readonly unmatched: number;
  /** The rider thought better of it before anybody had accepted it. */
  readonly withdrawn: number;
  readonly oldest_ride_id: Id;
  /** From the request to the acceptance: the median, and what 95 of 100 did not exceed. Null: nobody has accepted any. */
  readonly wait_s: readonly [p50: number, p95: number] | null;
}

/** Those that were asked for since, the newest `limit` of all cities together. */
export const countRecentRides = readStatement<[since: Id, limit: number], RecentRidesRow>(
  'operations_count_recent_rides',
  `SELECT city, count(*) AS requests, count(accepted_at) AS matched,
     count(*) FILTER (WHERE status = 'unmatched') AS unmatched,
     count(*) FILTER (WHERE status = 'cancelled' AND accepted_at IS NULL) AS withdrawn,
     min(ride_id) AS oldest_ride_id,
     to_json(percentile_cont(ARRAY[0.5, 0.95]::double precision[]) WITHIN GROUP (ORDER BY
       greatest(0, extract(epoch FROM accepted_at) - 1420070400 - (ride_id / 4096) / 1000.0)::double precision)
       FILTER (WHERE accepted_at IS NOT NULL)) AS wait_s
   FROM (SELECT city, status, accepted_at, ride_id FROM rides WHERE ride_id > $1 ORDER BY ride_id DESC LIMIT $2) AS recent
   GROUP BY city`,
  { mayBeStale: true },
);

export interface LeaderRow {
  readonly holder: string;
  readonly token: number;
  readonly led_since: Date;
  readonly batches: BatchesJson | null;
}

/** Who leads the city; nobody, if the lease has expired. */
export const getLeader = readStatement<[city: string], LeaderRow>(
  'operations_get_leader',
  `SELECT holder, token, led_since, batches FROM dispatch_leases WHERE city = $1 AND held_until > now()`,
);

export interface WaitingRequestRow {
  readonly ride_id: Id;
  readonly city: string;
  readonly ride_type: RideType;
  readonly pickup_lat_e7: number;
  readonly pickup_lng_e7: number;
  /** To how many drivers it was offered, those who are thinking about it included. */
  readonly offers: number;
  readonly is_offered: boolean;
}

/** The oldest first, of pickups within a box, the west of which is east of its east across the antimeridian. */
export const getWaitingRequests = readStatement<
  [cities: readonly string[], south: number, north: number, west: number, east: number, limit: number],
  WaitingRequestRow
>(
  'operations_get_waiting_requests',
  `SELECT ride_id, city, ride_type, pickup_lat_e7, pickup_lng_e7,
     (SELECT count(*) FROM offers WHERE offers.ride_id = rides.ride_id AND offers.state <> 'withdrawn') AS offers,
     EXISTS (SELECT FROM offers
       WHERE offers.ride_id = rides.ride_id AND offers.state = 'open' AND offers.expires_at > now()) AS is_offered
   FROM rides WHERE city = ANY ($1::text[]) AND status = 'requested' AND pickup_lat_e7 BETWEEN $2 AND $3
     AND CASE WHEN $4::integer <= $5::integer THEN pickup_lng_e7 BETWEEN $4 AND $5
       ELSE pickup_lng_e7 >= $4 OR pickup_lng_e7 <= $5 END
   ORDER BY ride_id LIMIT $6`,
);

export interface PlateRow {
  readonly driver_id: Id;
  readonly plate: string;
}

export const getPlates = readStatement<[driverIds: readonly Id[]], PlateRow>(
  'operations_get_plates',
  `SELECT driver_id, plate FROM drivers WHERE driver_id = ANY ($1::bigint[])`,
);
