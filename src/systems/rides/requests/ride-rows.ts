import { UNITS_PER_DEGREE } from '../positions/binary-points.ts';
import type { Ride, RideFee } from './ride.ts';
import type { RideRow } from './ride-requests-queries.ts';

/** What the cancellation has cost; null: nothing. */
export function feeOf({ fare, fee_total: total, fee_to_driver: toDriver }: RideRow): RideFee | null {
  if (fare === null || total === null || toDriver === null) return null;
  return { currency: fare.currency, total, to_driver: toDriver };
}

export function rideOf(row: RideRow): Ride {
  return {
    ...{ rideId: row.ride_id, riderId: row.rider_id, city: row.city, rideType: row.ride_type },
    pickup: { lat: row.pickup_lat_e7 / UNITS_PER_DEGREE, lng: row.pickup_lng_e7 / UNITS_PER_DEGREE },
    dropoff: { lat: row.dropoff_lat_e7 / UNITS_PER_DEGREE, lng: row.dropoff_lng_e7 / UNITS_PER_DEGREE },
    ...{ status: row.status, reason: row.reason, endedBy: row.ended_by, version: row.version },
    ...{ driverId: row.driver_id, pin: row.pin, pinTries: row.pin_tries },
    ...{ acceptedAt: row.accepted_at, arrivedAt: row.arrived_at },
    ...{ startedAt: row.started_at, endedAt: row.ended_at, vehicle: row.vehicle },
    ...{ driverRating: row.driver_rating, riderRating: row.rider_rating },
    ...{ fare: row.fare, fee: feeOf(row), ratings: row.ratings ?? {} },
  };
}
