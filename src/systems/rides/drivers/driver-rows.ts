import type { Driver } from './driver.ts';
import type { DriverRow } from './drivers-queries.ts';

export function driverOf(row: DriverRow): Driver {
  const { make, model, colour, plate, seats, state, version, rating } = row;
  return {
    ...{ driverId: row.driver_id, vehicle: { make, model, colour, plate, seats } },
    ...{
      rideTypes: row.ride_types,
      state,
      stateEvent: row.state_event,
      stateChangedAt: row.state_changed_at,
    },
    ...{ lostState: row.lost_state, version, rating },
  };
}
