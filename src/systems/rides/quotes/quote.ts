/** A quote: what a ride costs that is asked for soon. Whoever asks with it pays that. */

import type { GeoPoint } from '../../../core/geo.ts';
import type { Id } from '../../../core/ids.ts';
import type { RouteEstimate } from '../../../ports/routing/routing.ts';
import type { RideType } from '../drivers/driver.ts';
import type { Fare } from '../fares/fare.ts';
import type { FareRates } from '../fares/fare-rates.ts';

/** How long the price holds. */
export const QUOTE_MS = 5 * 60_000;
/** After its end, so that whoever comes a little late with it is told why it is refused. */
export const EXPIRED_QUOTE_KEPT_MS = 10 * 60_000;
/** By the great circle, from the pickup. */
export const RIDE_M_MAX = 300_000;

export interface Places {
  readonly pickup: GeoPoint;
  readonly dropoff: GeoPoint;
}

/** What surge asks for at a place, and what it was reckoned from. */
export interface SurgeReading {
  readonly percent: number;
  /** `undefined`: there is none yet for this city, which is no surge. */
  readonly version: Id | undefined;
  /** As the surge itself wrote it down; `undefined`: nobody asked for rides around. */
  readonly basis: object | undefined;
}

export type SurgeAt = (
  city: string,
  rideType: RideType,
  pickup: GeoPoint,
) => SurgeReading | Promise<SurgeReading>;

/** A price, and all that it was reckoned from. */
export interface Price extends Places, RouteEstimate {
  readonly city: string;
  readonly rideType: RideType;
  readonly rates: FareRates;
  readonly surge: SurgeReading;
  readonly fare: Fare;
}
