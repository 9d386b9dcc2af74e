/**
 * The geo-index port: where drivers are now, and who of them is nearest to a place. It holds what changes every few
 * seconds and what a search filters by, nothing else: who drives what, and who has which ride, is in SQL, which decides.
 * What is lost here is back with the next position of each driver.
 *
 * Exact: `nearest` answers those whom a look at every driver would find, by the great circle on a sphere of
 * EARTH_RADIUS_M, to the millimetre. The earth has no edges: poles, the antimeridian and borders of cities are places
 * like any other. An adapter that is cut into shards asks all those that the circle touches.
 *
 * Fresh: what `describe` and `move` were given counts for every `nearest` that begins after they have resolved, in any
 * process that shares the index. A position never goes back in time: one that is not younger than the one known is left
 * out, so every call may be repeated, and positions may come in any order. A driver of whom nothing was said for KEPT_MS may
 * be forgotten at any time, and so may a position that is older; searches say by `sinceMs` which positions are too old for
 * them, which is a matter of seconds. Clocks of processes that share an index may differ by CLOCKS_DIFFER_MS_MAX.
 *
 * Bounded: there are so many drivers at most as the adapter was told, and one more is left out, and counted as such; or as
 * its server has memory for, and then calls fail with `unavailable`.
 *
 * An index that loses what it was told (a server that restarts, or whose place another takes) says so by what `move` leaves
 * out: describe these again. After a call that failed, too, drivers may be missing until their next position.
 *
 * A call about several drivers is atomic for each, not for all. What lies outside of the limits below is a defect of the
 * caller and fails an assertion. An index that cannot be reached fails with `unavailable` or `timeout`.
 */

import { assert } from '../../core/errors.ts';
import { type GeoPoint, isGeoPoint } from '../../core/geo.ts';
import type { Id } from '../../core/ids.ts';
import type { MaybePromise } from '../../core/maybe-promise.ts';

/** Drivers of one call of `describe`, `move` or `forget`. */
export const GEO_BATCH_MAX = 1_000;
/** More than that wait nowhere: a search for so many among 10,000 in one place takes some milliseconds. */
export const NEAREST_MAX = 1_000;
export const RADIUS_M_MAX = 100_000;
/** What a driver is doing, and what they offer, are numbers of the caller's own. */
export const GEO_STATES_MAX = 32;
export const GEO_TYPES_MAX = 16;
/** Longer than any position is of use. */
export const KEPT_MS = 10 * 60_000;

/** And so far ahead of all of them may be when a driver was somewhere: further, the position may not be found. */
export const CLOCKS_DIFFER_MS_MAX = 10_000;

/** By what searches tell drivers apart. */
export interface DriverTraits {
  readonly driverId: Id;
  /** From 0 to below GEO_STATES_MAX. */
  readonly state: number;
  /** A bit for each type that the driver offers, GEO_TYPES_MAX of them. */
  readonly types: number;
  /** `undefined`: not rated yet. */
  readonly rating: number | undefined;
}

export interface DriverPosition extends GeoPoint {
  readonly driverId: Id;
  /** When the driver was there, in milliseconds since 1970. */
  readonly atMs: number;
}

export interface NearestSearch {
  readonly around: GeoPoint;
  /** More than 0, at most RADIUS_M_MAX. Who is exactly so far away is found. */
  readonly radiusM: number;
  /** 1 to NEAREST_MAX. */
  readonly limit: number;
  /** Bits: drivers in one of these states. */
  readonly states: number;
  /** Bits: drivers who offer one of these types. */
  readonly types: number;
  /** Drivers with a rating above it, and those without one. `undefined`: all. */
  readonly ratingAbove: number | undefined;
  /** Drivers whose position is of this time or younger. */
  readonly sinceMs: number;
}

/** As they were described and moved last. */
export interface NearDriver extends DriverPosition, Pick<DriverTraits, 'state' | 'types'> {
  readonly distanceM: number;
}

export interface GeoIndex {
  /** Whether processes see what others have told it. If not, this one finds those whom it has described and moved itself. */
  readonly shared: boolean;

  /**
   * Says what the drivers are and do, from now on. Nobody is found before they were both described and moved, in this
   * order: a position of who was not described is left out. Answers how many there was no place for.
   */
  describe(drivers: readonly DriverTraits[]): MaybePromise<number>;

  /** Says where the drivers are. Answers how many positions were left out: of the unknown, or not younger. */
  move(positions: readonly DriverPosition[]): MaybePromise<number>;

  /** Nobody finds these drivers any more. Who is not there is no error. */
  forget(driverIds: readonly Id[]): MaybePromise<void>;

  /** The nearest first; at the same distance, in no order. Fewer than `limit` when there are no more within the radius. */
  nearest(search: NearestSearch): MaybePromise<readonly NearDriver[]>;

  close(): Promise<void>;
}

/** For adapters: what the limits above say. */
export function assertBatch(batch: readonly unknown[]): void {
  assert(batch.length <= GEO_BATCH_MAX, `at most ${GEO_BATCH_MAX} drivers are named at a time`);
}

export function assertPosition(position: DriverPosition): void {
  assert(isGeoPoint(position) && position.atMs > 0, 'a position is on earth, after 1970');
}

export function assertSearch({ around, radiusM, limit }: NearestSearch): void {
  assert(isGeoPoint(around), 'a search is around a place on earth');
  assert(radiusM > 0 && radiusM <= RADIUS_M_MAX, `a search is within ${RADIUS_M_MAX} m`);
  assert(limit >= 1 && limit <= NEAREST_MAX, `a search is for at most ${NEAREST_MAX}`);
}
