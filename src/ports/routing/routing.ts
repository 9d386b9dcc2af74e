/**
 * The routing port: how far it is by road from one place to another, how long a car takes, and which way it goes. Answers
 * are estimates: a price keeps the one that it was reckoned from (decision 30), so the same question may have another answer tomorrow.
 *
 * A way begins and ends at the places themselves: from where a place is to the nearest road it is reckoned straight. So no
 * way is shorter than the great circle, and a place is 0 m and 0 s from itself. Ways are the fastest, not the
 * shortest: durations keep the triangle inequality, distances need not. One-way streets make both directions differ.
 *
 * Calls have no effect and may be repeated. An engine that cannot be reached fails with `unavailable` or `timeout`; what
 * lies outside of the limits below is a defect of the caller and fails an assertion.
 */
import { assert } from '../../core/errors.ts';
import { distanceM, type GeoPoint, isGeoPoint } from '../../core/geo.ts';
import type { MaybePromise } from '../../core/maybe-promise.ts';

/** All pairs of one call of `durations`: those of a whole batch of requests. */
export const DURATION_PAIRS_MAX = 8_000;

export interface RouteEstimate {
  /** By road, whole meters. */
  readonly distanceM: number;
  /** Whole seconds. */
  readonly durationS: number;
}

export interface Route extends RouteEstimate {
  /** From the first place to the last, both included; straight in between. */
  readonly path: readonly GeoPoint[];
}

/**
 * Why there is no way. `no_road_near`: one of the places is too far from every road that is known, so nothing is known of the
 * way. `no_way`: both are at roads, of which none leads from the one to the other.
 */
export type NoRoute = 'no_road_near' | 'no_way';

/** Many who may come to one place. */
export interface Approaches {
  readonly from: readonly GeoPoint[];
  readonly to: GeoPoint;
}

export interface Routing {
  /** For who sets off at `atMs` (milliseconds since 1970), which counts where speeds are known by the hour. */
  estimate(from: GeoPoint, to: GeoPoint, atMs: number): MaybePromise<RouteEstimate | NoRoute>;

  /** The same with the way itself, which costs more. */
  route(from: GeoPoint, to: GeoPoint, atMs: number): MaybePromise<Route | NoRoute>;

  /**
   * How many seconds each takes, DURATION_PAIRS_MAX of them at most, in the order in which they were given. Cheaper than as many
   * estimates, above all where the same places occur again.
   */
  durations(
    approaches: readonly Approaches[],
    atMs: number,
  ): MaybePromise<readonly (readonly (number | NoRoute)[])[]>;

  close(): Promise<void>;
}

/** For adapters: what the limits above say. */
export function assertPlaces(...places: readonly GeoPoint[]): void {
  assert(places.every(isGeoPoint), 'ways are between places on earth');
}

export function assertApproaches(approaches: readonly Approaches[]): void {
  const pairs = approaches.reduce((sum, { from }) => sum + from.length, 0);
  assert(pairs <= DURATION_PAIRS_MAX, `at most ${DURATION_PAIRS_MAX} durations are asked for at a time`);
}

/** For adapters: so far from the nearest road nobody waits for a car. */
export const SNAP_M_MAX = 1_000;

/** For adapters: what is longer, or takes longer, is the way of no car. */
export const WAY_M_MAX = 10_000_000;
export const WAY_S_MAX = 1_000_000;

/** For adapters: nothing is asked about the way from a place to itself. */
export function isSamePlace(from: GeoPoint, to: GeoPoint): boolean {
  return from.lat === to.lat && from.lng === to.lng;
}

/** How much longer streets are than the great circle, on average over towns with a grid and without. */
export const DETOUR = 1.35;
/** By the hour of the day, km/h: what taxis in Manhattan do, a little faster. */
export const SPEEDS_KM_PER_H = [
  ...[32, 33, 34, 34, 33, 30, 26, 22, 19, 18, 18, 18],
  ...[18, 18, 18, 17, 17, 16, 17, 19, 22, 25, 28, 30],
] as const;
/** When the streets are empty. */
const SPEED_KM_PER_H_MAX = Math.max(...SPEEDS_KM_PER_H);
const HOUR_MS = 3_600_000;
const DEGREES_PER_HOUR = 15;
const M_PER_S = 1 / 3.6;

/** What can be said without any roads: by the great circle, at the speed of the hour there, in seconds. */
export function straightDurationS(from: GeoPoint, to: GeoPoint, atMs: number): number {
  return (distanceM(from, to) * DETOUR) / (speedAt(from, atMs) * M_PER_S);
}

export function straightEstimate(from: GeoPoint, to: GeoPoint, atMs: number): RouteEstimate {
  return {
    distanceM: Math.round(distanceM(from, to) * DETOUR),
    durationS: Math.round(straightDurationS(from, to, atMs)),
  };
}

/** How many times as long as on empty streets a car takes at that hour. At least 1. */
export function slownessAt(place: GeoPoint, atMs: number): number {
  return SPEED_KM_PER_H_MAX / speedAt(place, atMs);
}

function speedAt(place: GeoPoint, atMs: number): number {
  return SPEEDS_KM_PER_H[solarHour(place, atMs)] ?? 18;
}

/** The hour of the day by the sun, which is within an hour or two of what clocks say there. */
function solarHour({ lng }: GeoPoint, atMs: number): number {
  const hours = Math.floor(atMs / HOUR_MS + lng / DEGREES_PER_HOUR) % 24;
  return (hours + 24) % 24;
}
