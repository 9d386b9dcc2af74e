/** Who is in each cell of a grid: a list for each group of them, linked through arrays, so that changing cells makes no garbage. */
import type { CellGrid } from './cell-grid.ts';
import { createIdPlaces, NOWHERE } from './id-places.ts';

/** Groups are numbers below it. */
const GROUPS = 256;

export interface CellLists {
  /** Puts the place into its cell, where it may be already. */
  put(place: number, lat: number, lng: number): void;
  remove(place: number): void;
  /** The place is of this group from now on, in whichever cell it is. */
  regroup(place: number, group: number): void;
  /** Of a group in a cell; NOWHERE if there is none. */
  first(cell: number, group: number): number;
  /** In the same list as the place; NOWHERE after the last. */
  next(place: number): number;
}

/** For places from 0 to below `placesMax`. Takes 13 bytes for each, and 24 to 48 more for each that is alone in its list. */
export function createCellLists(grid: CellGrid, placesMax: number): CellLists {
  /** The head of each list: only those with someone in them are there. */
  const heads = createIdPlaces(placesMax);
  /** One more than the cell; 0: in none. */
  const cells = new Int32Array(placesMax);
  const groups = new Uint8Array(placesMax);
  const nexts = new Int32Array(placesMax);
  const previouses = new Int32Array(placesMax);

  function listOf(cell: number, group: number): number {
    return cell * GROUPS + group;
  }

  function link(place: number, cell: number): void {
    const list = listOf(cell, groups[place] ?? 0);
    const head = heads.get(list);
    if (head === NOWHERE) heads.add(list, place);
    else {
      heads.move(list, place);
      previouses[head] = place;
    }
    nexts[place] = head;
    previouses[place] = NOWHERE;
    cells[place] = cell + 1;
  }

  function remove(place: number): void {
    const cell = (cells[place] ?? 0) - 1;
    if (cell < 0) return;
    const list = listOf(cell, groups[place] ?? 0);
    const next = nexts[place] ?? NOWHERE;
    const previous = previouses[place] ?? NOWHERE;
    if (next !== NOWHERE) previouses[next] = previous;
    if (previous !== NOWHERE) nexts[previous] = next;
    else if (next !== NOWHERE) heads.move(list, next);
    else heads.remove(list);
    cells[place] = 0;
  }

  return {
    put(place, lat, lng) {
      const cell = grid.cellOf(lat, lng);
      if (cells[place] === cell + 1) return;
      remove(place);
      link(place, cell);
    },
    remove,
    regroup(place, group) {
      const cell = (cells[place] ?? 0) - 1;
      if (groups[place] === group) return;
      remove(place);
      groups[place] = group;
      if (cell >= 0) link(place, cell);
    },
    first: (cell, group) => heads.get(listOf(cell, group)),
    next: (place) => nexts[place] ?? NOWHERE,
  };
}
