/** The table `rides`, as rides are cancelled, given back and forgotten. Times are those of the database. */
import type { Id } from '../../../core/ids.ts';
import { readStatement, writeStatement } from '../../../ports/sql-store/sql-store.ts';
import type { RideReason, RideSide } from '../requests/ride.ts';
import { RIDE_COLUMNS, type RideRow } from '../requests/ride-requests-queries.ts';

export interface WaitingRow extends RideRow {
  readonly accepted_s: number | null;
  readonly arrived_s: number | null;
  /** The driver cannot be reached. */
  readonly driver_lost: boolean;
}

/** By the clock, and not by the beginning of the transaction, which may have waited for the lock since. */
export const lockRide = writeStatement<[userId: Id, rideId: Id], WaitingRow>(
  'cancellations_lock_ride',
  `SELECT ${RIDE_COLUMNS}, extract(epoch FROM clock_timestamp() - accepted_at)::double precision AS accepted_s,
     extract(epoch FROM clock_timestamp() - arrived_at)::double precision AS arrived_s,
     EXISTS (SELECT FROM drivers WHERE drivers.driver_id = rides.driver_id AND drivers.state = 'non_contactable') AS driver_lost
   FROM rides WHERE ride_id = $2 AND (rider_id = $1 OR driver_id = $1) FOR UPDATE`,
);

/** Those of removed drivers. */
export const lockRidesDrivenBy = writeStatement<[driverIds: readonly Id[]], RideRow>(
  'cancellations_lock_driven_by',
  `SELECT ${RIDE_COLUMNS} FROM rides WHERE driver_id = ANY ($1::bigint[]) AND ended_at IS NULL
   ORDER BY ride_id FOR UPDATE`,
);

/** Drivers who were lost on the way to a rider, or waiting for one, so long ago. */
export const getLostDrivers = readStatement<[lostS: number, limit: number], { readonly driver_id: Id }>(
  'cancellations_get_lost_drivers',
  `SELECT driver_id FROM drivers
   WHERE state = 'non_contactable' AND lost_state IN ('reserved', 'stopped')
     AND state_changed_at < now() - make_interval(secs => $1::double precision)
   ORDER BY state_changed_at, driver_id LIMIT $2`,
);

/** Rides are locked before their drivers: so it is asked once more whether these are lost. */
export const lockRidesOfLost = writeStatement<[driverIds: readonly Id[]], RideRow>(
  'cancellations_lock_rides_of_lost',
  `SELECT ${RIDE_COLUMNS} FROM rides
   WHERE driver_id = ANY ($1::bigint[]) AND ended_at IS NULL AND status <> 'started'
     AND EXISTS (SELECT FROM drivers WHERE drivers.driver_id = rides.driver_id AND drivers.state = 'non_contactable')
   ORDER BY ride_id FOR UPDATE SKIP LOCKED`,
);

/** Accepted so long ago, and on their way for so long. */
export const lockForgottenRides = writeStatement<
  [waitingS: number, startedS: number, limit: number],
  RideRow
>(
  'cancellations_lock_forgotten',
  `SELECT ${RIDE_COLUMNS} FROM rides
   WHERE status IN ('accepted', 'arriving', 'arrived', 'started') AND accepted_at < now() - make_interval(secs => $1::double precision)
     AND (status <> 'started' OR accepted_at < now() - make_interval(secs => $2::double precision))
   ORDER BY accepted_at, ride_id LIMIT $3 FOR UPDATE SKIP LOCKED`,
);

/** One that is locked. */
export const endRide = writeStatement<
  [
    rideId: Id,
    version: number,
    status: 'cancelled' | 'completed',
    reason: RideReason,
    endedBy: RideSide,
    feeTotal: number | null,
    feeToDriver: number | null,
    now: Date,
  ],
  RideRow
>(
  'cancellations_end_ride',
  `UPDATE rides SET status = $3, reason = $4, ended_by = $5, fee_total = $6, fee_to_driver = $7, ended_at = $8,
     version = version + 1
   WHERE ride_id = $1 AND version = $2 RETURNING ${RIDE_COLUMNS}`,
);

/** As it was when it was requested. */
export const releaseRide = writeStatement<[rideId: Id, version: number], RideRow>(
  'cancellations_release_ride',
  `UPDATE rides SET status = 'requested', driver_id = NULL, vehicle = NULL, driver_rating = NULL, rider_rating = NULL, pin = NULL, pin_tries = 0, accepted_at = NULL, arrived_at = NULL,
     released_at = now(), version = version + 1
   WHERE ride_id = $1 AND version = $2 RETURNING ${RIDE_COLUMNS}`,
);
