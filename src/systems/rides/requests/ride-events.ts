/** What happens to rides, in the event log: topic `rides`, key the ride. Each event says how the ride is from then on. */
import type { NewEvent } from '../../../ports/event-log/event-log.ts';
import type { RideRow } from './ride-requests-queries.ts';

export const RIDES_TOPIC = 'rides';

/** `removed`: with the account of the rider. */
export type RideEventKind = 'requested' | 'matched' | 'cancelled' | 'unmatched' | 'removed';

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
      driver_id: row.driver_id === null ? null : String(row.driver_id),
      version: row.version,
    },
  };
}
