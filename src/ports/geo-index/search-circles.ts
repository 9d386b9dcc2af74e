/** The circles of a search: in which grid each is looked for, and how they grow. */

import type { CellGrid } from './cell-grid.ts';
import { createCellGrid } from './cell-grid.ts';

/** Of cells of some 500 m, 4 km and 32 km. */
const GRID_ROWS = [40_000, 5_000, 625];
/** A circle uses the finest grid of which its radius is so many cells at most: some 150 cells to look into. */
const RADIUS_CELLS_MAX = 6;
/** By so much the radius grows where there is nobody; and at least, as a guess from few is a bad one. */
const GROWTH_MAX = 4;
const GROWTH_MIN = 1.5;
/** Beyond the radius at which so many as are wanted are to be expected. */
const MARGIN = 1.2;

/** From the finest to the coarsest. */
export function createGrids(): readonly CellGrid[] {
  return GRID_ROWS.map(createCellGrid);
}

/** The place, in the list of `createGrids`, of the grid for a circle. */
export function gridFor(grids: readonly CellGrid[], radiusM: number): number {
  const place = grids.findIndex(({ cellM }) => radiusM <= cellM * RADIUS_CELLS_MAX);
  return place === -1 ? grids.length - 1 : place;
}

/** The radius of the next circle, after one that held fewer than are wanted. */
export function widened(radiusM: number, radiusMax: number, found: number, wanted: number): number {
  const growth = found === 0 ? GROWTH_MAX : MARGIN * Math.sqrt(wanted / found);
  const next = radiusM * Math.min(GROWTH_MAX, Math.max(GROWTH_MIN, growth));
  // One that is almost the last would be looked at twice.
  return next * GROWTH_MIN >= radiusMax ? radiusMax : next;
}
