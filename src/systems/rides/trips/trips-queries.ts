/** What of `rides` and `drivers` changes when a ride goes on. Times are those of the database. */
import type { Id } from '../../../core/ids.ts';
import { writeStatement } from '../../../ports/sql-store/sql-store.ts';
import type { DriverEvent, WorkingState } from '../drivers/driver-states.ts';
import { DRIVER_COLUMNS, type DriverRow } from '../drivers/drivers-queries.ts';
import { RIDE_COLUMNS, type RideRow } from '../requests/ride-requests-queries.ts';

/** Whether the driver can be reached or not. */
export const updateDriverByRide = writeStatement<
  [driverId: Id, event: DriverEvent, from: readonly string[], to: WorkingState],
  DriverRow
>(
  'trips_update_driver',
  `UPDATE drivers SET state_event = $2, state_changed_at = now(), version = version + 1,
     state = CASE WHEN state = 'non_contactable' THEN state ELSE $4 END,
     lost_state = CASE WHEN state = 'non_contactable' THEN $4 END
   WHERE driver_id = $1 AND coalesce(lost_state, state) = ANY ($3::text[]) RETURNING ${DRIVER_COLUMNS}`,
);

export const approachRide = writeStatement<[driverId: Id, rideId: Id], RideRow>(
  'trips_approach',
  `UPDATE rides SET status = 'arriving', version = version + 1
   WHERE ride_id = $2 AND driver_id = $1 AND status = 'accepted' RETURNING ${RIDE_COLUMNS}`,
);

export const arriveRide = writeStatement<[driverId: Id, rideId: Id], RideRow>(
  'trips_arrive',
  `UPDATE rides SET status = 'arrived', arrived_at = now(), version = version + 1
   WHERE ride_id = $2 AND driver_id = $1 AND status IN ('accepted', 'arriving') RETURNING ${RIDE_COLUMNS}`,
);

/** Of a ride that is about to start, and may still be tried: a right one counts nothing. */
export const countWrongPin = writeStatement<
  [driverId: Id, rideId: Id, pin: string, triesMax: number],
  { readonly pin_tries: number }
>(
  'trips_count_wrong_pin',
  `UPDATE rides SET pin_tries = pin_tries + 1
   WHERE ride_id = $2 AND driver_id = $1 AND status IN ('accepted', 'arriving', 'arrived') AND pin <> $3 AND pin_tries < $4
   RETURNING pin_tries`,
);

export const renewPin = writeStatement<[riderId: Id, rideId: Id, pin: string], RideRow>(
  'trips_renew_pin',
  `UPDATE rides SET pin = $3, pin_tries = 0
   WHERE ride_id = $2 AND rider_id = $1 AND status IN ('accepted', 'arriving', 'arrived') RETURNING ${RIDE_COLUMNS}`,
);

export const startRide = writeStatement<[driverId: Id, rideId: Id, pin: string, triesMax: number], RideRow>(
  'trips_start',
  `UPDATE rides SET status = 'started', started_at = now(), arrived_at = coalesce(arrived_at, now()), version = version + 1
   WHERE ride_id = $2 AND driver_id = $1 AND status IN ('accepted', 'arriving', 'arrived') AND pin = $3 AND pin_tries < $4
   RETURNING ${RIDE_COLUMNS}`,
);

export const completeRide = writeStatement<[driverId: Id, rideId: Id, now: Date], RideRow>(
  'trips_complete',
  `UPDATE rides SET status = 'completed', ended_by = 'driver', ended_at = $3, version = version + 1
   WHERE ride_id = $2 AND driver_id = $1 AND status = 'started' RETURNING ${RIDE_COLUMNS}`,
);
