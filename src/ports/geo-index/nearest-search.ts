/**
 * Finds the nearest by circles that grow: whatever lies within a circle has been looked at when its search is over, so as
 * soon as there are enough of them, they are the nearest there are.
 */
import { EARTH_RADIUS_M } from '../../core/geo.ts';
import type { CellGrid } from './cell-grid.ts';
import type { CellLists } from './cell-lists.ts';
import { AT_MS, isWanted, LINE, onSphere, RATING, X, Y, Z } from './driver-lines.ts';
import type { NearestSearch } from './geo-index.ts';
import { NOWHERE } from './id-places.ts';
import { type KindGroups, OTHERS } from './kind-groups.ts';
import { createNearestList, type NearestList } from './nearest-list.ts';
import { gridFor, widened } from './search-circles.ts';

/** Where a search begins, which in a busy town is far enough. */
const FIRST_RADIUS_M = 300;

export interface GridLevel {
  readonly grid: CellGrid;
  readonly lists: CellLists;
}

/** Squared lengths of chords of a sphere of radius 1 put the places in the order of their distances, without a sine. */
export function chordOf(distanceM: number): number {
  const chord = 2 * Math.sin(Math.min(Math.PI, distanceM / EARTH_RADIUS_M) / 2);
  return chord * chord;
}

export function distanceOf(chord: number): number {
  return 2 * EARTH_RADIUS_M * Math.asin(Math.min(1, Math.sqrt(chord) / 2));
}

/** By the places of drivers. */
export interface SearchedDrivers {
  readonly lines: Float64Array;
  readonly kinds: Int32Array;
  /** From the finest to the coarsest. */
  readonly levels: readonly GridLevel[];
  readonly groups: KindGroups;
}

/** What it answers is good until the next call; distances are chords. */
export function createNearestSearch({
  lines,
  kinds,
  levels,
  groups,
}: SearchedDrivers): (search: NearestSearch) => NearestList {
  const found = createNearestList();
  const grids = levels.map(({ grid }) => grid);

  function look(search: NearestSearch, radiusM: number): void {
    const { states, types, sinceMs, ratingAbove = Number.NEGATIVE_INFINITY } = search;
    const { x, y, z } = onSphere(search.around);
    const chordMax = chordOf(radiusM);
    const level = levels[gridFor(grids, radiusM)];
    found.clear(search.limit);
    if (level === undefined) return;
    const wanted = groups.wanted(states, types);
    function lookInto(cell: number, group: number, { lists }: GridLevel): void {
      for (let place = lists.first(cell, group); place !== NOWHERE; place = lists.next(place)) {
        if (group === OTHERS && !isWanted(kinds[place] ?? 0, states, types)) continue;
        const line = place * LINE;
        // Whoever has no rating has NaN, which is not at or below anything.
        if ((lines[line + AT_MS] ?? 0) < sinceMs || (lines[line + RATING] ?? 0) <= ratingAbove) continue;
        const [dx, dy] = [(lines[line + X] ?? 0) - x, (lines[line + Y] ?? 0) - y];
        const dz = (lines[line + Z] ?? 0) - z;
        const chord = dx * dx + dy * dy + dz * dz;
        if (chord <= chordMax) found.offer(place, chord);
      }
    }
    level.grid.cover(search.around, radiusM, (cell) => {
      for (const group of wanted) lookInto(cell, group, level);
    });
  }

  return (search) => {
    const { limit, radiusM: radiusMax } = search;
    for (let radiusM = Math.min(FIRST_RADIUS_M, radiusMax); ; ) {
      look(search, radiusM);
      if (found.size === limit || radiusM >= radiusMax) return found;
      radiusM = widened(radiusM, radiusMax, found.size, limit);
    }
  };
}
