import { UNITS_PER_DEGREE } from '../positions/binary-points.ts';
import type { Ride } from './ride.ts';
import type { RideRow } from './ride-requests-queries.ts';

export function rideOf(row: RideRow): Ride {
  return {
    ...{ rideId: row.ride_id, riderId: row.rider_id, city: row.city, rideType: row.ride_type },
    pickup: { lat: row.pickup_lat_e7 / UNITS_PER_DEGREE, lng: row.pickup_lng_e7 / UNITS_PER_DEGREE },
    dropoff: { lat: row.dropoff_lat_e7 / UNITS_PER_DEGREE, lng: row.dropoff_lng_e7 / UNITS_PER_DEGREE },
    ...{ status: row.status, reason: row.reason, endedBy: row.ended_by, version: row.version },
    ...{ driverId: row.driver_id, pin: row.pin, pinTries: row.pin_tries },
    ...{ acceptedAt: row.accepted_at, arrivedAt: row.arrived_at },
    ...{ startedAt: row.started_at, endedAt: row.ended_at, fare: row.fare },
  };
}
