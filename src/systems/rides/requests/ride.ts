/** A ride, from the request on. */
import type { Id } from '../../../core/ids.ts';
import type { GeoPoint } from '../../../ports/geo-index/geo-index.ts';
import type { RideType } from '../drivers/driver.ts';

/** `requested`: a driver is being looked for. `matched`: one is on the way. The others are ends, with a reason. */
export const RIDE_STATUSES = ['requested', 'matched', 'cancelled', 'unmatched'] as const;
export type RideStatus = (typeof RIDE_STATUSES)[number];

/** `rider`: cancelled it. `no_driver`: none was found in time. `not_accepted`: some were, and none took it. */
export const RIDE_REASONS = ['rider', 'no_driver', 'not_accepted'] as const;
export type RideReason = (typeof RIDE_REASONS)[number];

/** By the great circle, from the pickup. */
export const RIDE_M_MAX = 300_000;

export interface RideRequest {
  readonly pickup: GeoPoint;
  readonly dropoff: GeoPoint;
  readonly rideType: RideType;
}

export interface Ride extends RideRequest {
  /** It begins when it was requested: ids are times. */
  readonly rideId: Id;
  readonly riderId: Id;
  /** Which city dispatches it. */
  readonly city: string;
  readonly status: RideStatus;
  readonly reason: RideReason | null;
  readonly driverId: Id | null;
  readonly version: number;
  readonly endedAt: Date | null;
}
