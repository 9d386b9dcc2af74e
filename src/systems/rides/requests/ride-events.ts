/** What happens to rides, in the event log: topic `rides`, key the ride. Each event says how the ride is from then on. */
import type { NewEvent } from '../../../ports/event-log/event-log.ts';
import type { RideStatus } from './ride.ts';
import type { RideRow } from './ride-requests-queries.ts';

export const RIDES_TOPIC = 'rides';

/** That which the ride is now; `removed`: with the account of the rider. */
export type RideEventKind = RideStatus | 'removed';

export function rideEvent(kind: RideEventKind, row: RideRow): NewEvent {
  return {
    ...{ topic: RIDES_TOPIC, key: row.ride_id, ownerId: row.rider_id, kind },
    payload: {
      ride_id: String(row.ride_id),
      rider_id: String(row.rider_id),
      city: row.city,
      ride_type: row.ride_type,
      pickup: { lat_e7: row.pickup_lat_e7, lng_e7: row.pickup_lng_e7 },
      dropoff: { lat_e7: row.dropoff_lat_e7, lng_e7: row.dropoff_lng_e7 },
      status: row.status,
      reason: row.reason,
      ended_by: row.ended_by,
      driver_id: row.driver_id === null ? null : String(row.driver_id),
      version: row.version,
      accepted_at: row.accepted_at?.toISOString() ?? null,
      arrived_at: row.arrived_at?.toISOString() ?? null,
      started_at: row.started_at?.toISOString() ?? null,
      ended_at: row.ended_at?.toISOString() ?? null,
      fare: row.fare,
    },
  };
}
