/** The table `rides`, as riders change it. */
import type { Id } from '../../../core/ids.ts';
import { readStatement, writeStatement } from '../../../ports/sql-store/sql-store.ts';
import type { RideType, Vehicle } from '../drivers/driver.ts';
import type { FareJson } from '../fares/fare-json.ts';
import type { Ride, RideReason, RideSide, RideStatus } from './ride.ts';

export interface RideRow {
  readonly ride_id: Id;
  readonly rider_id: Id;
  readonly city: string;
  readonly ride_type: RideType;
  readonly pickup_lat_e7: number;
  readonly pickup_lng_e7: number;
  readonly dropoff_lat_e7: number;
  readonly dropoff_lng_e7: number;
  readonly status: RideStatus;
  readonly reason: RideReason | null;
  readonly ended_by: RideSide | null;
  readonly vehicle: Vehicle | null;
  readonly driver_rating: number | null;
  readonly rider_rating: number | null;
  readonly version: number;
  readonly driver_id: Id | null;
  readonly pin: string | null;
  readonly pin_tries: number;
  readonly accepted_at: Date | null;
  readonly arrived_at: Date | null;
  readonly started_at: Date | null;
  readonly ended_at: Date | null;
  /** That of the quote. Null: it is older than prices. */
  readonly fare: FareJson | null;
  readonly fee_total: number | null;
  readonly fee_to_driver: number | null;
  /** Null: nobody has rated it. */
  readonly ratings: Ride['ratings'] | null;
}

/** A look at the primary key for each ride. */
const RATINGS = `(SELECT jsonb_object_agg(rater, jsonb_build_object('stars', stars, 'comment', comment)) FROM ride_ratings
  WHERE ride_ratings.ride_id = rides.ride_id) AS ratings`;

export const RIDE_COLUMNS = `ride_id, rider_id, city, ride_type, pickup_lat_e7, pickup_lng_e7, dropoff_lat_e7, dropoff_lng_e7,
  status, reason, ended_by, version, driver_id, pin, pin_tries, accepted_at, arrived_at, started_at, ended_at,
  vehicle, driver_rating, rider_rating, fare, fee_total, fee_to_driver, ${RATINGS}`;

/** Answers nothing if the rider has one that goes on. */
export const insertRide = writeStatement<
  [
    rideId: Id,
    shard: number,
    riderId: Id,
    city: string,
    rideType: RideType,
    pickupLat: number,
    pickupLng: number,
    dropoffLat: number,
    dropoffLng: number,
    quoteId: Id,
    fare: string,
  ],
  RideRow
>(
  'rides_insert',
  `INSERT INTO rides (ride_id, shard, rider_id, city, ride_type, pickup_lat_e7, pickup_lng_e7, dropoff_lat_e7, dropoff_lng_e7,
     quote_id, fare)
   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
   ON CONFLICT (rider_id) WHERE ended_at IS NULL DO NOTHING RETURNING ${RIDE_COLUMNS}`,
);

export const getOpenRide = readStatement<[riderId: Id], { readonly ride_id: Id }>(
  'rides_get_open',
  `SELECT ride_id FROM rides WHERE rider_id = $1 AND ended_at IS NULL`,
);

/** Of either side of it. */
export const getRide = readStatement<[userId: Id, rideId: Id], RideRow>(
  'rides_get',
  `SELECT ${RIDE_COLUMNS} FROM rides WHERE ride_id = $2 AND (rider_id = $1 OR driver_id = $1)`,
);

/** Those of the rider, the newest first. */
export const pageRidesOfRider = readStatement<[riderId: Id, before: Id, limit: number], RideRow>(
  'rides_page_of_rider',
  `SELECT ${RIDE_COLUMNS} FROM rides WHERE rider_id = $1 AND ride_id < $2 ORDER BY ride_id DESC LIMIT $3`,
);

/** Those that the driver drives or has driven, and not those that they gave back. */
export const pageRidesOfDriver = readStatement<[driverId: Id, before: Id, limit: number], RideRow>(
  'rides_page_of_driver',
  `SELECT ${RIDE_COLUMNS} FROM rides WHERE driver_id = $1 AND ride_id < $2 ORDER BY ride_id DESC LIMIT $3`,
);

/** Those that were requested before, and that no driver has given back since. */
export const giveUpRides = writeStatement<[before: Id, since: Date, limit: number, now: Date], RideRow>(
  'rides_give_up',
  `UPDATE rides SET status = 'unmatched', ended_by = 'system', ended_at = $4,
     reason = CASE WHEN EXISTS (SELECT FROM offers WHERE offers.ride_id = rides.ride_id)
       THEN 'not_accepted' ELSE 'no_driver' END, version = version + 1
   WHERE ride_id IN (
     SELECT ride_id FROM rides WHERE status = 'requested' AND ride_id < $1 AND (released_at IS NULL OR released_at < $2)
     ORDER BY ride_id LIMIT $3
     FOR UPDATE SKIP LOCKED)
   RETURNING ${RIDE_COLUMNS}`,
);

export const deleteRidesOf = writeStatement<[riderIds: readonly Id[]], RideRow>(
  'rides_delete_of',
  `DELETE FROM rides WHERE rider_id = ANY ($1::bigint[]) RETURNING ${RIDE_COLUMNS}`,
);
