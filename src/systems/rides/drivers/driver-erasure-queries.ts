/** Drivers whose accounts are deleted: what is kept of them goes, a bounded piece at a time. */
import type { Id } from '../../../core/ids.ts';
import { writeStatement } from '../../../ports/sql-store/sql-store.ts';
import { DRIVER_COLUMNS, type DriverRow } from './drivers-queries.ts';

/** Nothing that tells who drove what is left in the row. */
export const removeDrivers = writeStatement<[driverIds: readonly Id[]], DriverRow>(
  'drivers_remove',
  `UPDATE drivers SET state = 'removed', state_event = 'decommissioned', state_changed_at = now(), lost_state = NULL,
     version = version + 1, contact_lost_at = NULL, server_id = NULL,
     rating = NULL, stars_sum = 0, stars_count = 0, ride_types = '{}', make = '', model = '', colour = '', plate = '', seats = 0
   WHERE driver_id = ANY ($1::bigint[]) AND state <> 'removed' RETURNING ${DRIVER_COLUMNS}`,
);

export const claimRemovedDriver = writeStatement<[], { readonly driver_id: Id }>(
  'drivers_claim_removed',
  `SELECT driver_id FROM drivers WHERE state = 'removed' ORDER BY driver_id LIMIT 1 FOR UPDATE SKIP LOCKED`,
);

export const deletePositionsOf = writeStatement<[driverId: Id, limit: number], { readonly deleted: number }>(
  'driver_positions_delete_of',
  `WITH gone AS (
     DELETE FROM driver_positions WHERE driver_id = $1 AND recorded_at IN (
       SELECT recorded_at FROM driver_positions WHERE driver_id = $1 ORDER BY recorded_at LIMIT $2)
     RETURNING 1)
   SELECT count(*) AS deleted FROM gone`,
);

export const deleteDriver = writeStatement<[driverId: Id]>(
  'drivers_delete',
  `DELETE FROM drivers WHERE driver_id = $1 AND state = 'removed'`,
);

/** Rides of theirs that have ended stay their riders', without a driver. Answers how many there were. */
export const forgetDriverOfRides = writeStatement<
  [driverId: Id, limit: number],
  { readonly changed: number }
>(
  'rides_forget_driver',
  `WITH changed AS (
     UPDATE rides SET driver_id = NULL, vehicle = NULL, driver_rating = NULL WHERE ride_id IN (
       SELECT ride_id FROM rides WHERE driver_id = $1 AND ended_at IS NOT NULL ORDER BY ride_id LIMIT $2 FOR UPDATE)
     RETURNING 1)
   SELECT count(*) AS changed FROM changed`,
);
