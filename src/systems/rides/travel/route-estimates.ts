/** How far and how long a ride is, before it is driven: for its price, and for when it will end. */
import type { MaybePromise } from '../../../core/maybe-promise.ts';
import { distanceM, type GeoPoint } from '../../../ports/geo-index/geo-index.ts';
import { DETOUR, greatCircleTravelTime } from '../matching/travel-time.ts';

export interface RouteEstimate {
  /** By road, whole meters. */
  readonly distanceM: number;
  /** Whole seconds. */
  readonly durationS: number;
}

export interface RouteEstimates {
  /**
   * From one place to the other, for who sets off at `atMs` (milliseconds since 1970). May ask an engine: never called inside of a
   * transaction. Fails with `unavailable` or `timeout`.
   */
  estimate(from: GeoPoint, to: GeoPoint, atMs: number): MaybePromise<RouteEstimate>;
}

export const greatCircleEstimates: RouteEstimates = {
  estimate: (from, to, atMs) => ({
    distanceM: Math.round(distanceM(from, to) * DETOUR),
    durationS: Math.round(greatCircleTravelTime.seconds(from, to, atMs)),
  }),
};
