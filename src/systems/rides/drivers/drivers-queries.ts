/** The table `drivers`, as drivers and their rides change it. */
import type { Id } from '../../../core/ids.ts';
import { readStatement, writeStatement } from '../../../ports/sql-store/sql-store.ts';
import type { RideType } from './driver.ts';
import type { DriverEvent, DriverState, WorkingState } from './driver-states.ts';

export interface DriverRow {
  readonly driver_id: Id;
  readonly ride_types: readonly RideType[];
  readonly make: string;
  readonly model: string;
  readonly colour: string;
  readonly plate: string;
  readonly seats: number;
  readonly state: DriverState;
  readonly state_event: DriverEvent;
  readonly state_changed_at: Date;
  readonly lost_state: WorkingState | null;
  readonly version: number;
  readonly rating: number | null;
  readonly connection: number;
}

export const DRIVER_COLUMNS = `driver_id, ride_types, make, model, colour, plate, seats, state, state_event, state_changed_at,
  lost_state, version, rating, connection`;

export const getDriver = readStatement<[driverId: Id], DriverRow>(
  'drivers_get',
  `SELECT ${DRIVER_COLUMNS} FROM drivers WHERE driver_id = $1`,
);

export const lockDriver = writeStatement<[driverId: Id], DriverRow>(
  'drivers_lock',
  `SELECT ${DRIVER_COLUMNS} FROM drivers WHERE driver_id = $1 FOR UPDATE`,
);

/** Off duty, until they say otherwise. Answers nothing if someone was quicker. */
export const insertDriver = writeStatement<
  [
    driverId: Id,
    shard: number,
    rideTypes: readonly RideType[],
    make: string,
    model: string,
    colour: string,
    plate: string,
    seats: number,
    now: Date,
  ],
  DriverRow
>(
  'drivers_insert',
  `INSERT INTO drivers (driver_id, shard, ride_types, make, model, colour, plate, seats, state, state_event, state_changed_at)
   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'non_operational', 'recommissioned', $9)
   ON CONFLICT (driver_id) DO NOTHING RETURNING ${DRIVER_COLUMNS}`,
);

export const updateVehicle = writeStatement<
  [
    driverId: Id,
    rideTypes: readonly RideType[],
    make: string,
    model: string,
    colour: string,
    plate: string,
    seats: number,
  ],
  DriverRow
>(
  'drivers_update_vehicle',
  `UPDATE drivers SET ride_types = $2, make = $3, model = $4, colour = $5, plate = $6, seats = $7, version = version + 1
   WHERE driver_id = $1 RETURNING ${DRIVER_COLUMNS}`,
);

/** Whoever goes on duty without a stream has to open one, or is lost. */
export const updateDriverState = writeStatement<
  [driverId: Id, state: DriverState, event: DriverEvent, lostState: WorkingState | null, now: Date],
  DriverRow
>(
  'drivers_update_state',
  `UPDATE drivers SET state = $2, state_event = $3, lost_state = $4, state_changed_at = $5, version = version + 1,
     contact_lost_at = CASE WHEN server_id IS NULL AND $2 NOT IN ('non_operational', 'non_contactable', 'removed')
       THEN coalesce(contact_lost_at, now()) END
   WHERE driver_id = $1 RETURNING ${DRIVER_COLUMNS}`,
);
