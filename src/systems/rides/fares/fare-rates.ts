/** What rides cost where, as the operator says: for a city, or for all that have none of their own. */
import type { RideType } from '../drivers/driver.ts';

/** In whole minor units of the currency. */
export interface FareRates {
  readonly currency: string;
  readonly base: number;
  readonly perKm: number;
  readonly perMinute: number;
  readonly fees: number;
  /** Of base, distance and time, with surge: fees come on top. */
  readonly minimum: number;
  readonly cancellation: number;
  /** What the driver gets of all but the fees. */
  readonly driverPercent: number;
}

export interface FareEntry extends FareRates {
  /** `undefined`: for all cities that have none for this type. */
  readonly city: string | undefined;
  readonly rideType: RideType;
}

export interface FareTable {
  /** `undefined`: there are no such rides in this city. */
  ratesOf(city: string, rideType: RideType): FareRates | undefined;
}

export function createFareTable(entries: readonly FareEntry[]): FareTable {
  const rates = new Map(entries.map((entry) => [keyOf(entry.city, entry.rideType), ratesIn(entry)]));
  return {
    ratesOf: (city, rideType) => rates.get(keyOf(city, rideType)) ?? rates.get(keyOf(undefined, rideType)),
  };
}

function ratesIn({ city: _city, rideType: _rideType, ...rates }: FareEntry): FareRates {
  return rates;
}

function keyOf(city: string | undefined, rideType: RideType): string {
  return `${city ?? ''}.${rideType}`;
}
