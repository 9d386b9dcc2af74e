/**
 * What a ride costs, by parts, in whole minor units of a currency (docs/decisions/0030-fares-and-surge.md):
 *
 *     max(minimum, (base + distance + time) x surge) + fees
 *
 * Each part is rounded by itself, so the parts of a receipt add up to its total. The total never falls when the way, the time or
 * the surge grows.
 */
import { assert } from '../../../core/errors.ts';
import { WAY_M_MAX, WAY_S_MAX } from '../../../ports/routing/routing.ts';
import type { FareRates } from './fare-rates.ts';
import { wholeQuotient } from './whole-quotient.ts';

/** Of a price without surge. Multipliers are whole percents: 150 is 1.5 times. */
export const NO_SURGE_PERCENT = 100;
export const SURGE_PERCENT_MAX = 1_000;
/** By road. Together with the rates' limits they keep every product exact. */
export const FARE_DISTANCE_M_MAX = WAY_M_MAX;
export const FARE_DURATION_S_MAX = WAY_S_MAX;

export interface Trip {
  readonly distanceM: number;
  readonly durationS: number;
}

/** They add up to the total. None is negative. */
export interface FareParts {
  readonly base: number;
  readonly distance: number;
  readonly time: number;
  /** What surge adds to the three before. */
  readonly surge: number;
  /** What is missing to the minimum fare. */
  readonly minimum: number;
  readonly fees: number;
}

/** An amount of which the driver gets a share, and the platform the rest. */
export interface SharedAmount {
  readonly total: number;
  readonly toDriver: number;
}

export interface Fare extends SharedAmount {
  /** ISO 4217. */
  readonly currency: string;
  readonly parts: FareParts;
  /** What it costs instead when it is cancelled too late. */
  readonly cancellation: SharedAmount;
}

/** Meters and seconds are whole. */
export function fareOf(rates: FareRates, { distanceM, durationS }: Trip, surgePercent: number): Fare {
  assert(isWithin(distanceM, FARE_DISTANCE_M_MAX), `a fare is not of ${distanceM} m`);
  assert(isWithin(durationS, FARE_DURATION_S_MAX), `a fare is not of ${durationS} s`);
  assert(
    surgePercent >= NO_SURGE_PERCENT && surgePercent <= SURGE_PERCENT_MAX,
    `${surgePercent} % is no surge`,
  );
  const base = rates.base;
  const distance = wholeQuotient(distanceM * rates.perKm, 1_000);
  const time = wholeQuotient(durationS * rates.perMinute, 60);
  const metered = base + distance + time;
  const surge = wholeQuotient(metered * surgePercent, 100) - metered;
  const minimum = Math.max(0, rates.minimum - metered - surge);
  const driven = metered + surge + minimum;
  return {
    currency: rates.currency,
    total: driven + rates.fees,
    // Fees are for the platform alone.
    toDriver: shareOf(driven, rates),
    parts: { base, distance, time, surge, minimum, fees: rates.fees },
    cancellation: { total: rates.cancellation, toDriver: shareOf(rates.cancellation, rates) },
  };
}

function isWithin(value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= max;
}

function shareOf(amount: number, { driverPercent }: FareRates): number {
  return wholeQuotient(amount * driverPercent, 100);
}
