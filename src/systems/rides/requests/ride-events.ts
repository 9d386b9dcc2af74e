/** What happens to rides, in the event log: topic `rides`, key the ride. Each event says how the ride is from then on. */
import { assert } from '../../../core/errors.ts';
import type { GeoPoint } from '../../../core/geo.ts';
import { type Id, isIdText } from '../../../core/ids.ts';
import type { LoggedEvent, NewEvent } from '../../../ports/event-log/event-log.ts';
import { UNITS_PER_DEGREE } from '../positions/binary-points.ts';
import { RIDE_STATUSES, type RideReason, type RideStatus } from './ride.ts';
import type { RideRow } from './ride-requests-queries.ts';
import { feeOf } from './ride-rows.ts';

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
      fee: feeOf(row),
    },
  };
}

/** A driver has given it back, and another is looked for. */
export function rideReleased(
  row: RideRow,
  driverId: Id | null,
  reason: RideReason | 'driver_lost',
): NewEvent {
  const event = rideEvent('requested', row);
  return { ...event, payload: { ...event.payload, released: { driver_id: String(driverId), reason } } };
}

/** What processes that serve its rider or its driver want to know. */
export interface RideNews {
  readonly rideId: Id;
  readonly riderId: Id;
  /** `undefined`: nobody drives it. */
  readonly driverId: Id | undefined;
  readonly pickup: GeoPoint;
  readonly dropoff: GeoPoint;
  readonly status: RideStatus;
  /** News of an older one are no news. */
  readonly version: number;
  /** With the account of its rider: there is nothing to be read of it any more. */
  readonly removed: boolean;
}

export function rideNews({ kind, payload }: Pick<LoggedEvent, 'kind' | 'payload'>): RideNews {
  const { ride_id: rideId, rider_id: riderId, driver_id: driverId, status, version } = payload;
  assert(typeof rideId === 'string' && isIdText(rideId), 'an event of a ride names it');
  assert(typeof riderId === 'string' && isIdText(riderId), 'an event of a ride names its rider');
  assert(driverId === null || (typeof driverId === 'string' && isIdText(driverId)), 'a driver is an id');
  const known = RIDE_STATUSES.find((each) => each === status);
  assert(known !== undefined && typeof version === 'number', 'an event of a ride says how it is');
  return {
    ...{ rideId: Number(rideId), riderId: Number(riderId), status: known, version },
    driverId: driverId === null ? undefined : Number(driverId),
    pickup: placeOf(payload['pickup']),
    dropoff: placeOf(payload['dropoff']),
    removed: kind === 'removed',
  };
}

function placeOf(value: unknown): GeoPoint {
  assert(value !== null && typeof value === 'object', 'a place has coordinates');
  assert('lat_e7' in value && typeof value.lat_e7 === 'number', 'a place has a latitude');
  assert('lng_e7' in value && typeof value.lng_e7 === 'number', 'a place has a longitude');
  return { lat: value.lat_e7 / UNITS_PER_DEGREE, lng: value.lng_e7 / UNITS_PER_DEGREE };
}
