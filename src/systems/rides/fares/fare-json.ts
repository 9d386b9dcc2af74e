/** A fare as it is kept with a ride, told in events, and shown: the same everywhere, and all that a receipt says. */
import type { Id } from '../../../core/ids.ts';
import type { Fare, FareParts, Trip } from './fare.ts';

/** Amounts in whole minor units of the currency. */
export interface FareJson {
  readonly currency: string;
  readonly total: number;
  readonly to_driver: number;
  readonly parts: FareParts;
  readonly cancellation: { readonly total: number; readonly to_driver: number };
  readonly distance_m: number;
  readonly duration_s: number;
  /** 150 is 1.5 times. */
  readonly surge_percent: number;
  /** An id; null: nothing was known of the surge, so there was none. */
  readonly surge_version: string | null;
}

export interface PricedTrip extends Trip {
  readonly fare: Fare;
  readonly surge: { readonly percent: number; readonly version: Id | undefined };
}

export function fareJson({ fare, distanceM, durationS, surge }: PricedTrip): FareJson {
  const { currency, total, toDriver, parts, cancellation } = fare;
  return {
    ...{ currency, total, to_driver: toDriver },
    parts,
    cancellation: { total: cancellation.total, to_driver: cancellation.toDriver },
    ...{ distance_m: distanceM, duration_s: durationS },
    surge_percent: surge.percent,
    surge_version: surge.version === undefined ? null : String(surge.version),
  };
}
