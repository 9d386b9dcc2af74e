/**
 * Drivers in the memory of one process (decision 26). Each has a line with all that a search looks at, and is in one cell
 * of each of three grids, of which a search uses the one that suits its radius. Moving within a cell writes the line and
 * nothing else.
 */
import type { Clock } from '../../core/clock.ts';
import type { Id } from '../../core/ids.ts';
import { createCellLists } from './cell-lists.ts';
import { AT_MS, kindOf, LAT, LINE, LNG, RATING, traitsIn, writePosition } from './driver-lines.ts';
import {
  assertBatch,
  assertPosition,
  assertSearch,
  type DriverPosition,
  type DriverTraits,
  type GeoIndex,
  KEPT_MS,
  type NearDriver,
  type NearestSearch,
} from './geo-index.ts';
import { createIdPlaces, NOWHERE } from './id-places.ts';
import { createKindGroups } from './kind-groups.ts';
import { createNearestSearch, distanceOf } from './nearest-search.ts';
import { createGrids } from './search-circles.ts';

/** Places that are looked at with each position, for one that is to be forgotten. */
const SWEPT_PER_MOVE = 1;
/** And for one who is new when there is no place left. */
const SWEPT_WHEN_FULL = 1_000;

export interface MemoryGeoIndex extends GeoIndex {
  describe(drivers: readonly DriverTraits[]): number;
  move(positions: readonly DriverPosition[]): number;
  forget(driverIds: readonly Id[]): void;
  nearest(search: NearestSearch): readonly NearDriver[];
  /** How many there are. */
  drivers(): number;
}

export interface MemoryGeoIndexOptions {
  readonly clock: Pick<Clock, 'nowMs'>;
  /** At most. Each takes some 250 bytes of memory, once there was one. */
  readonly driversMax: number;
}

export function createMemoryGeoIndex({ clock, driversMax }: MemoryGeoIndexOptions): MemoryGeoIndex {
  const places = createIdPlaces(driversMax);
  const ids = new Float64Array(driversMax);
  const lines = new Float64Array(driversMax * LINE);
  const kinds = new Int32Array(driversMax);
  const describedMs = new Float64Array(driversMax);
  const levels = createGrids().map((grid) => ({ grid, lists: createCellLists(grid, driversMax) }));
  const groups = createKindGroups();
  const search = createNearestSearch({ lines, kinds, levels, groups });
  const free = new Int32Array(driversMax);
  let freed = 0;
  /** From here on no place was ever taken. */
  let fresh = 0;
  /** Where sweeping goes on. */
  let hand = 0;

  function take(driverId: Id): number {
    if (freed === 0 && fresh === driversMax) sweep(SWEPT_WHEN_FULL);
    let place = NOWHERE;
    if (freed > 0) place = free[--freed] ?? NOWHERE;
    else if (fresh < driversMax) place = fresh++;
    if (place === NOWHERE) return NOWHERE;
    ids[place] = driverId;
    places.add(driverId, place);
    return place;
  }

  function release(place: number): void {
    places.remove(ids[place] ?? 0);
    for (const { lists } of levels) lists.remove(place);
    ids[place] = 0;
    lines[place * LINE + AT_MS] = 0;
    free[freed++] = place;
  }

  function sweep(count: number): void {
    const beforeMs = clock.nowMs() - KEPT_MS;
    for (let swept = 0; swept < Math.min(count, fresh); swept += 1) {
      hand = hand + 1 < fresh ? hand + 1 : 0;
      const heardMs = Math.max(describedMs[hand] ?? 0, lines[hand * LINE + AT_MS] ?? 0);
      if (ids[hand] !== 0 && heardMs < beforeMs) release(hand);
    }
  }

  function regroup(place: number, kind: number): void {
    kinds[place] = kind;
    const group = groups.groupOf(kind);
    for (const { lists } of levels) lists.regroup(place, group);
  }

  function describeOne(traits: DriverTraits, nowMs: number): boolean {
    const kind = kindOf(traits);
    const known = places.get(traits.driverId);
    const place = known === NOWHERE ? take(traits.driverId) : known;
    if (place === NOWHERE) return false;
    if (kinds[place] !== kind || known === NOWHERE) regroup(place, kind);
    lines[place * LINE + RATING] = traits.rating ?? Number.NaN;
    describedMs[place] = nowMs;
    return true;
  }

  function moveOne(position: DriverPosition): boolean {
    const { driverId, lat, lng, atMs } = position;
    assertPosition(position);
    const place = places.get(driverId);
    if (place === NOWHERE || atMs <= (lines[place * LINE + AT_MS] ?? 0)) return false;
    writePosition(lines, place * LINE, position);
    for (let level = 0; level < levels.length; level += 1) levels[level]?.lists.put(place, lat, lng);
    return true;
  }

  return {
    shared: false,
    drivers: () => places.size,

    describe(drivers) {
      assertBatch(drivers);
      const nowMs = clock.nowMs();
      let left = 0;
      for (const traits of drivers) if (!describeOne(traits, nowMs)) left += 1;
      return left;
    },

    move(positions) {
      assertBatch(positions);
      sweep(positions.length * SWEPT_PER_MOVE);
      let left = 0;
      for (const position of positions) if (!moveOne(position)) left += 1;
      return left;
    },

    forget(driverIds) {
      assertBatch(driverIds);
      for (const driverId of driverIds) {
        const place = places.get(driverId);
        if (place !== NOWHERE) release(place);
      }
    },

    nearest(wanted) {
      assertSearch(wanted);
      const found = search(wanted);
      return Array.from({ length: found.size }, (_, index) => {
        const place = found.place(index);
        const line = place * LINE;
        return {
          driverId: ids[place] ?? 0,
          lat: lines[line + LAT] ?? 0,
          lng: lines[line + LNG] ?? 0,
          atMs: lines[line + AT_MS] ?? 0,
          ...traitsIn(kinds[place] ?? 0),
          distanceM: distanceOf(found.distance(index)),
        };
      });
    },

    close: async () => undefined,
  };
}
