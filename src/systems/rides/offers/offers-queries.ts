/** The table `offers`, and what of `rides` and `drivers` changes with an answer. Times are those of the database. */
import type { Id } from '../../../core/ids.ts';
import { readStatement, writeStatement } from '../../../ports/sql-store/sql-store.ts';
import type { RideType } from '../drivers/driver.ts';
import { DRIVER_COLUMNS, type DriverRow } from '../drivers/drivers-queries.ts';
import { RIDE_COLUMNS, type RideRow } from '../requests/ride-requests-queries.ts';

export type OfferState = 'open' | 'accepted' | 'declined' | 'expired' | 'withdrawn';

export interface OfferRow {
  readonly offer_id: Id;
  readonly driver_id: Id;
  readonly ride_id: Id;
  readonly ride_version: number;
  readonly state: OfferState;
  readonly expires_at: Date;
}

const COLUMNS = 'offer_id, driver_id, ride_id, ride_version, state, expires_at';

/** With where the ride goes, which the driver is to know. */
export interface OfferedRideRow extends OfferRow {
  readonly ride_type: RideType;
  readonly pickup_lat_e7: number;
  readonly pickup_lng_e7: number;
  readonly dropoff_lat_e7: number;
  readonly dropoff_lng_e7: number;
}

const RIDE =
  'rides.ride_type, rides.pickup_lat_e7, rides.pickup_lng_e7, rides.dropoff_lat_e7, rides.dropoff_lng_e7';

/**
 * Of rides that are still requested, to drivers who are still available and have no offer; the others are left out. The rides stay
 * locked, so that whoever cancels one meanwhile waits, and then finds its offers and withdraws them: otherwise drivers would
 * be held by offers that nobody can accept. In order, as whoever gives up several rides locks them.
 */
export const insertOffers = writeStatement<
  [
    offerIds: readonly Id[],
    shards: readonly number[],
    rideIds: readonly Id[],
    driverIds: readonly Id[],
    seconds: number,
  ],
  OfferedRideRow
>(
  'offers_insert',
  `WITH wanted AS MATERIALIZED (SELECT ride_id, rider_id, version FROM rides
     WHERE ride_id = ANY ($3::bigint[]) AND status = 'requested' ORDER BY ride_id FOR NO KEY UPDATE),
   inserted AS (INSERT INTO offers (offer_id, shard, driver_id, ride_id, ride_version, expires_at)
   SELECT made.offer_id, made.shard, made.driver_id, made.ride_id, wanted.version,
     now() + make_interval(secs => $5::double precision)
   FROM unnest($1::bigint[], $2::smallint[], $3::bigint[], $4::bigint[]) AS made (offer_id, shard, ride_id, driver_id)
   JOIN wanted ON wanted.ride_id = made.ride_id AND wanted.rider_id <> made.driver_id
   JOIN drivers ON drivers.driver_id = made.driver_id AND drivers.state = 'available'
   ON CONFLICT (driver_id) WHERE state = 'open' DO NOTHING
   RETURNING ${COLUMNS})
   SELECT inserted.*, ${RIDE} FROM inserted JOIN rides USING (ride_id)`,
);

export const getOffer = readStatement<[driverId: Id, offerId: Id], OfferRow>(
  'offers_get',
  `SELECT ${COLUMNS} FROM offers WHERE offer_id = $2 AND driver_id = $1`,
);

/** What the driver is to answer now. */
export const getOpenOffer = readStatement<[driverId: Id], OfferedRideRow>(
  'offers_get_open',
  `SELECT offer_id, offers.driver_id, ride_id, ride_version, state, expires_at, ${RIDE}
   FROM offers JOIN rides USING (ride_id)
   WHERE offers.driver_id = $1 AND state = 'open' AND expires_at > now()`,
);

/** The first that comes has the ride. */
export const takeRide = writeStatement<[rideId: Id, version: number, driverId: Id, pin: string], RideRow>(
  'offers_take_ride',
  `UPDATE rides SET status = 'accepted', driver_id = $3, pin = $4, pin_tries = 0, accepted_at = now(), version = version + 1
   WHERE ride_id = $1 AND version = $2 AND status = 'requested' RETURNING ${RIDE_COLUMNS}`,
);

/** What the sides are told of each other. The driver is locked, so that the vehicle stays what it is. */
export const introduceSides = writeStatement<
  [rideId: Id, vehicle: string, driverRating: number | null],
  RideRow
>(
  'offers_introduce_sides',
  `UPDATE rides SET vehicle = $2, driver_rating = $3,
     rider_rating = (SELECT riders.rating FROM riders WHERE riders.rider_id = rides.rider_id)
   WHERE ride_id = $1 RETURNING ${RIDE_COLUMNS}`,
);

export const reserveDriver = writeStatement<[driverId: Id], DriverRow>(
  'offers_reserve_driver',
  `UPDATE drivers SET state = 'reserved', state_event = 'reservation_start', state_changed_at = now(),
     version = version + 1
   WHERE driver_id = $1 AND state = 'available' RETURNING ${DRIVER_COLUMNS}`,
);

/** By the clock and not by the beginning of the transaction, which may have waited for others since. */
export const acceptOffer = writeStatement<[offerId: Id], OfferRow>(
  'offers_accept',
  `UPDATE offers SET state = 'accepted'
   WHERE offer_id = $1 AND state = 'open' AND expires_at > clock_timestamp() RETURNING ${COLUMNS}`,
);

export const declineOffer = writeStatement<[offerId: Id], OfferRow>(
  'offers_decline',
  `UPDATE offers SET state = 'declined' WHERE offer_id = $1 AND state = 'open' RETURNING ${COLUMNS}`,
);

export const withdrawOffers = writeStatement<[rideIds: readonly Id[]], OfferRow>(
  'offers_withdraw',
  `UPDATE offers SET state = 'withdrawn' WHERE ride_id = ANY ($1::bigint[]) AND state = 'open' RETURNING ${COLUMNS}`,
);

export const expireOffers = writeStatement<[limit: number], OfferRow>(
  'offers_expire',
  `UPDATE offers SET state = 'expired' WHERE offer_id IN (
     SELECT offer_id FROM offers WHERE state = 'open' AND expires_at <= now()
     ORDER BY expires_at, offer_id LIMIT $1 FOR UPDATE SKIP LOCKED)
   RETURNING ${COLUMNS}`,
);
