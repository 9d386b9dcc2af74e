/**
 * The earth in cells (decision 26): rows of the same height from pole to pole, each cut into as many columns as make its
 * cells about as wide as high. Which cell a place is in takes two multiplications, and which cells a circle touches is
 * known exactly, also about the poles and across the antimeridian.
 */
import { EARTH_RADIUS_M, type GeoPoint } from '../../core/geo.ts';

export interface CellGrid {
  /** How high its cells are, and about how wide. */
  readonly cellM: number;
  /** From 0, below 2^31. */
  cellOf(lat: number, lng: number): number;
  /** Calls `visit` with each cell that may have places within the radius, once each, and with few others. */
  cover(around: GeoPoint, radiusM: number, visit: (cell: number) => void): void;
}

const DEGREES = 180 / Math.PI;
/** Some 0.1 mm, by which a bound may be wrong in floating point. */
const SLACK_DEGREES = 1e-9;

export function createCellGrid(rows: number): CellGrid {
  const rowDegrees = 180 / rows;
  const { columns, firsts } = layOut(rows);

  function rowOf(lat: number): number {
    return Math.min(rows - 1, Math.max(0, Math.floor((lat + 90) / rowDegrees)));
  }

  function columnOf(row: number, lng: number): number {
    return Math.floor(((lng + 180) / 360) * (columns[row] ?? 1));
  }

  return {
    cellM: (rowDegrees / DEGREES) * EARTH_RADIUS_M,

    cellOf(lat, lng) {
      const row = rowOf(lat);
      const column = columnOf(row, lng);
      // 180 degrees are -180.
      return (firsts[row] ?? 0) + (column === columns[row] ? 0 : column);
    },

    cover({ lat, lng }, radiusM, visit) {
      const latDegrees = (radiusM / EARTH_RADIUS_M) * DEGREES + SLACK_DEGREES;
      const lngDegrees = lngReach(lat, radiusM);
      const lastRow = rowOf(lat + latDegrees);
      for (let row = rowOf(lat - latDegrees); row <= lastRow; row += 1) {
        const first = firsts[row] ?? 0;
        const count = columns[row] ?? 1;
        const west = columnOf(row, lng - lngDegrees);
        const east = Math.min(columnOf(row, lng + lngDegrees), west + count - 1);
        for (let column = west; column <= east; column += 1) {
          visit(first + ((column + count) % count));
        }
      }
    },
  };
}

/** How many columns each row has, and the number of its first cell. */
function layOut(rows: number): { readonly columns: Int32Array; readonly firsts: Int32Array } {
  const columns = new Int32Array(rows);
  const firsts = new Int32Array(rows);
  let cells = 0;
  for (let row = 0; row < rows; row += 1) {
    // The edge that is nearer to the equator, which is the longer one.
    const fromEquator = Math.max(0, Math.abs(row + 0.5 - rows / 2) - 0.5);
    columns[row] = Math.max(1, Math.round(2 * rows * Math.cos((fromEquator / rows) * Math.PI)));
    firsts[row] = cells;
    cells += columns[row] ?? 0;
  }
  return { columns, firsts };
}

/** How far a circle reaches to the east and to the west. All the way round, where it has a pole in it (the sine is 1 or more). */
function lngReach(lat: number, radiusM: number): number {
  const radius = radiusM / EARTH_RADIUS_M;
  const sine = Math.sin(radius) / Math.cos(lat / DEGREES);
  return sine >= 1 - SLACK_DEGREES ? 180 : Math.asin(sine) * DEGREES + SLACK_DEGREES;
}
