/** Who is in each cell of a grid: a list that is linked through arrays, so that changing cells makes no garbage. */
import type { CellGrid } from './cell-grid.ts';
import { createIdPlaces, NOWHERE } from './id-places.ts';

export interface CellLists {
  /** Puts the place into its cell, where it may be already. */
  put(place: number, lat: number, lng: number): void;
  remove(place: number): void;
  /** Of a cell; NOWHERE if there is none. */
  first(cell: number): number;
  /** In the same cell as the place; NOWHERE after the last. */
  next(place: number): number;
}

/** For places from 0 to below `placesMax`. Takes 12 bytes for each, and 24 to 48 more for each that is alone in its cell. */
export function createCellLists(grid: CellGrid, placesMax: number): CellLists {
  /** The head of each list: only cells with someone in them are there. */
  const heads = createIdPlaces(placesMax);
  /** One more than the cell; 0: in none. */
  const cells = new Int32Array(placesMax);
  const nexts = new Int32Array(placesMax);
  const previouses = new Int32Array(placesMax);

  function link(place: number, cell: number): void {
    const head = heads.get(cell);
    if (head === NOWHERE) heads.add(cell, place);
    else {
      heads.move(cell, place);
      previouses[head] = place;
    }
    nexts[place] = head;
    previouses[place] = NOWHERE;
    cells[place] = cell + 1;
  }

  function remove(place: number): void {
    const cell = (cells[place] ?? 0) - 1;
    if (cell < 0) return;
    const next = nexts[place] ?? NOWHERE;
    const previous = previouses[place] ?? NOWHERE;
    if (next !== NOWHERE) previouses[next] = previous;
    if (previous !== NOWHERE) nexts[previous] = next;
    else if (next !== NOWHERE) heads.move(cell, next);
    else heads.remove(cell);
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
    first: (cell) => heads.get(cell),
    next: (place) => nexts[place] ?? NOWHERE,
  };
}
