/** In which cells of which time drivers are entered in Redis, and are looked for: marks of 8 bytes, which end the keys of the cells. */
import type { GeoPoint } from '../../core/geo.ts';
import { CLOCKS_DIFFER_MS_MAX, KEPT_MS, type NearestSearch } from './geo-index.ts';
import { MARK_BYTES } from './redis-geo-scripts.ts';
import { createGrids, gridFor } from './search-circles.ts';

/**
 * Who stays in a cell is entered again in each stretch of time: once in 60 positions. Shorter ones cost more of these, longer
 * ones leave more behind of those who have gone on.
 */
const STRETCH_MS = 5 * 60_000;
/** From the first entry: until no search can ask for the last one any more. */
export const CELL_LIFE_MS = STRETCH_MS + KEPT_MS + 2 * CLOCKS_DIFFER_MS_MAX;

export interface RedisCells {
  /** Writes the marks of who is there now, one of each grid, the finest first. Answers where they end. */
  writeMarks(bytes: Buffer, at: number, point: GeoPoint, nowMs: number): number;
  /** All that may hold someone within the radius. */
  around(search: NearestSearch, radiusM: number, nowMs: number): Circle;
}

export interface Circle {
  /** The place of the grid that suits it. */
  readonly grid: number;
  readonly marks: readonly Mark[];
}

interface Mark {
  readonly cell: number;
  readonly stretch: number;
}

export function createRedisCells(): RedisCells {
  const grids = createGrids();
  return {
    writeMarks(bytes, at, { lat, lng }, nowMs) {
      let end = at;
      for (const grid of grids) {
        const cell = grid.cellOf(lat, lng);
        end = writeMark(bytes, end, { cell, stretch: stretchAt(cell, nowMs) });
      }
      return end;
    },

    around({ around, sinceMs }, radiusM, nowMs) {
      const fromMs = Math.max(sinceMs, nowMs - KEPT_MS) - CLOCKS_DIFFER_MS_MAX;
      const grid = gridFor(grids, radiusM);
      const marks: Mark[] = [];
      grids[grid]?.cover(around, radiusM, (cell) => {
        const last = stretchAt(cell, nowMs + CLOCKS_DIFFER_MS_MAX);
        for (let stretch = stretchAt(cell, fromMs); stretch <= last; stretch += 1)
          marks.push({ cell, stretch });
      });
      return { grid, marks };
    },
  };
}

/** Cells begin theirs at different times, so that not everyone is entered again at once. */
function stretchAt(cell: number, atMs: number): number {
  return Math.floor((atMs + ((cell * 7_919) % STRETCH_MS)) / STRETCH_MS);
}

function writeMark(bytes: Buffer, at: number, { cell, stretch }: Mark): number {
  return bytes.writeUInt32LE(stretch, bytes.writeUInt32LE(cell, at));
}

export function encodeMarks(marks: readonly Mark[]): Buffer {
  const bytes = Buffer.allocUnsafe(marks.length * MARK_BYTES);
  let at = 0;
  for (const mark of marks) at = writeMark(bytes, at, mark);
  return bytes;
}
