/** A ride, from the request on. */

import type { GeoPoint } from '../../../core/geo.ts';
import type { Id } from '../../../core/ids.ts';
import type { RideType, Vehicle } from '../drivers/driver.ts';
import type { FareJson } from '../fares/fare-json.ts';

/**
 * `requested`: a driver is being looked for. `accepted`: one is on the way, `arriving`: nearly there, `arrived`: waits at
 * the pickup. `started`: rider and driver are on their way. The others are ends.
 */
export const RIDE_STATUSES = [
  'requested',
  'accepted',
  'arriving',
  'arrived',
  'started',
  'completed',
  'cancelled',
  'unmatched',
] as const;
export type RideStatus = (typeof RIDE_STATUSES)[number];

/** With a driver, and not begun: either side may still think better of it. */
export const BEFORE_START: ReadonlySet<RideStatus> = new Set(['accepted', 'arriving', 'arrived']);

/** Somebody drives, towards the rider or with them. */
export function isUnderWay(status: RideStatus): boolean {
  return BEFORE_START.has(status) || status === 'started';
}

/** Why riders cancel. */
export const RIDER_REASONS = [
  'changed_plans',
  'driver_asked',
  'driver_not_coming',
  'wait_too_long',
  'wrong_place',
  'other',
  'unstated',
] as const;
export type RiderReason = (typeof RIDER_REASONS)[number];

/** Why drivers cancel: always for a reason. Only `rider_no_show` ends the ride; else another driver is looked for. */
export const DRIVER_REASONS = [
  'cannot_reach_pickup',
  'does_not_fit',
  'rider_no_show',
  'unsafe',
  'vehicle_trouble',
  'other',
] as const;
export type DriverReason = (typeof DRIVER_REASONS)[number];

/**
 * Why a ride has ended. `no_driver`: none was found in time. `not_accepted`: some were, and none took it. `forgotten`:
 * nobody has said anything of it for hours. `driver_removed`: with their account.
 */
export const RIDE_REASONS = [
  ...RIDER_REASONS,
  'cannot_reach_pickup',
  'does_not_fit',
  'rider_no_show',
  'unsafe',
  'vehicle_trouble',
  'no_driver',
  'not_accepted',
  'forgotten',
  'driver_removed',
] as const;
export type RideReason = (typeof RIDE_REASONS)[number];

/** Who has ended a ride. */
export const RIDE_SIDES = ['rider', 'driver', 'system'] as const;
export type RideSide = (typeof RIDE_SIDES)[number];

/** Of a cancellation, in whole minor units; as it is kept, told and shown. */
export interface RideFee {
  readonly currency: string;
  readonly total: number;
  /** Of the total; the rest is the platform's. */
  readonly to_driver: number;
}

/** What one side thinks of the other. */
export interface RideRating {
  readonly stars: number;
  readonly comment: string | null;
}

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
  readonly endedBy: RideSide | null;
  readonly driverId: Id | null;
  /** The driver's, as the rider was told of it. */
  readonly vehicle: Vehicle | null;
  /** At the acceptance; null: not rated yet. */
  readonly driverRating: number | null;
  readonly riderRating: number | null;
  /** Nobody but the rider may see it. */
  readonly pin: string | null;
  /** Wrong ones that the driver has tried. */
  readonly pinTries: number;
  /** Null: it is older than prices. */
  readonly fare: FareJson | null;
  /** Null: it was not cancelled, or that cost nothing. */
  readonly fee: RideFee | null;
  /** By who has given them. Nobody else is shown what they have given. */
  readonly ratings: Partial<Record<'rider' | 'driver', RideRating>>;
  readonly version: number;
  readonly acceptedAt: Date | null;
  readonly arrivedAt: Date | null;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
}
