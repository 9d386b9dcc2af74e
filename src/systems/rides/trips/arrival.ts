/** When a driver counts as there, by where their app says they are. */
import { distanceM, type GeoPoint } from '../../../core/geo.ts';
import type { RideStatus } from '../requests/ride.ts';

/** A minute in a town. */
export const ARRIVING_M = 500;
/** Twice what a point may be wrong by. */
export const ARRIVED_M = 100;
/** So long they have to stay: who only drives past on the way has not arrived. */
export const STAYING_MS = 5_000;
/** Where the map is wrong, or the pickup inside of a building, the driver says so. */
export const ARRIVED_BY_WORD_M = 300;
/** Where a driver was longer ago is no longer where they are. */
export const POINT_MS_MAX = 120_000;

export interface TimedPoint extends GeoPoint {
  readonly atMs: number;
}

export interface Approach {
  /** Since when they are at the pickup; `undefined`: they are not. */
  readonly thereSinceMs: number | undefined;
  /** What the ride has become by it. */
  readonly status: 'arriving' | 'arrived' | undefined;
}

/** What a point says of a ride whose driver was there since `thereSinceMs`. */
export function approachOf(
  status: RideStatus,
  pickup: GeoPoint,
  point: TimedPoint,
  thereSinceMs: number | undefined,
): Approach {
  if (status !== 'accepted' && status !== 'arriving') return { thereSinceMs: undefined, status: undefined };
  const left = distanceM(point, pickup);
  const since = left <= ARRIVED_M ? (thereSinceMs ?? point.atMs) : undefined;
  if (since !== undefined && point.atMs - since >= STAYING_MS)
    return { thereSinceMs: since, status: 'arrived' };
  const isNear = status === 'accepted' && left <= ARRIVING_M;
  return { thereSinceMs: since, status: isNear ? 'arriving' : undefined };
}
