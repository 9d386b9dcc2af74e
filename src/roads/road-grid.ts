/** Which road is the nearest to a place: a grid over all roads, in which each cell knows the segments that pass through it. */
import { EARTH_RADIUS_M, type GeoPoint } from '../core/geo.ts';
import { NOT_ALLOWED, type RoadGraph, segmentPlaces, UNITS_PER_DEGREE } from './road-graph.ts';

/** A place at a road. */
export interface Snap extends GeoPoint {
  readonly segment: number;
  /** Of the segment's length, from its first node. */
  readonly fraction: number;
  /** From the place that was asked for, straight. */
  readonly awayM: number;
}

export interface RoadGrid {
  /** `undefined`: there is none within `withinM`. */
  nearest(place: GeoPoint, withinM: number): Snap | undefined;
  /** Segments that pass through the box or close by, each once, in no order. */
  segmentsIn(box: GeoBox): readonly number[];
}

/** In degrees; not across the antimeridian. */
export interface GeoBox {
  readonly south: number;
  readonly west: number;
  readonly north: number;
  readonly east: number;
}

const M_PER_DEGREE = (EARTH_RADIUS_M * Math.PI) / 180;
/** About as far as one crossing is from the next in a town. */
const CELL_M_MIN = 150;
/** Of the whole grid: wide countries have wide cells. */
const CELLS_MAX = 4_000_000;

export function createRoadGrid(graph: RoadGraph): RoadGrid {
  const box = boxOf(graph);
  const cells = layOut(box);
  const { starts, members } = fill(graph, cells);

  /** By the segments of the cells that are `ring` away from the middle one. */
  function nearestInRing(place: GeoPoint, ring: number, best: Snap | undefined): Snap | undefined {
    let nearest = best;
    for (const cell of cells.ring(place, ring)) {
      for (let at = starts[cell] ?? 0; at < (starts[cell + 1] ?? 0); at += 1) {
        const snap = snapTo(graph, members[at] ?? 0, place);
        if (nearest === undefined || snap.awayM < nearest.awayM) nearest = snap;
      }
    }
    return nearest;
  }

  return {
    nearest(place, withinM) {
      let nearest: Snap | undefined;
      const rings = Math.ceil(withinM / cells.sideM) + 1;
      for (let ring = 0; ring <= rings; ring += 1) {
        // What is further out is further away than that.
        if (nearest !== undefined && nearest.awayM <= (ring - 1) * cells.sideM) break;
        nearest = nearestInRing(place, ring, nearest);
      }
      return nearest !== undefined && nearest.awayM <= withinM ? nearest : undefined;
    },

    segmentsIn(wanted) {
      const found = new Set<number>();
      for (const cell of cells.within(wanted)) {
        for (let at = starts[cell] ?? 0; at < (starts[cell + 1] ?? 0); at += 1) found.add(members[at] ?? 0);
      }
      return [...found];
    },
  };
}

/** The smallest that holds all nodes and shapes. */
export function boxOf({ nodeLats, nodeLngs, shapeLats, shapeLngs }: RoadGraph): GeoBox {
  const box = { south: 90, west: 180, north: -90, east: -180 };
  for (const lats of [nodeLats, shapeLats]) {
    for (const lat of lats) {
      box.south = Math.min(box.south, lat / UNITS_PER_DEGREE);
      box.north = Math.max(box.north, lat / UNITS_PER_DEGREE);
    }
  }
  for (const lngs of [nodeLngs, shapeLngs]) {
    for (const lng of lngs) {
      box.west = Math.min(box.west, lng / UNITS_PER_DEGREE);
      box.east = Math.max(box.east, lng / UNITS_PER_DEGREE);
    }
  }
  return box;
}

type Cells = ReturnType<typeof layOut>;

function layOut({ south, west, north, east }: GeoBox) {
  const parallel = Math.cos((Math.max(Math.abs(south), Math.abs(north)) * Math.PI) / 180);
  const [heightM, widthM] = [(north - south) * M_PER_DEGREE, (east - west) * M_PER_DEGREE * parallel];
  const sideM = Math.max(CELL_M_MIN, Math.sqrt((Math.max(0, heightM) * Math.max(0, widthM)) / CELLS_MAX));
  const latStep = sideM / M_PER_DEGREE;
  const lngStep = sideM / (M_PER_DEGREE * Math.max(parallel, 0.01));
  const rows = Math.max(1, Math.floor((north - south) / latStep) + 1);
  const columns = Math.max(1, Math.floor((east - west) / lngStep) + 1);
  const rowOf = (lat: number): number => Math.floor((lat - south) / latStep);
  const columnOf = (lng: number): number => Math.floor((lng - west) / lngStep);

  function* within(box: GeoBox): Generator<number> {
    const [firstRow, lastRow] = [Math.max(0, rowOf(box.south)), Math.min(rows - 1, rowOf(box.north))];
    const [first, last] = [Math.max(0, columnOf(box.west)), Math.min(columns - 1, columnOf(box.east))];
    for (let row = firstRow; row <= lastRow; row += 1) {
      for (let column = first; column <= last; column += 1) yield row * columns + column;
    }
  }

  /** The edge of a square of cells round that of the place; those outside of the grid are none. */
  function* ring({ lat, lng }: GeoPoint, size: number): Generator<number> {
    const [row, column] = [rowOf(lat), columnOf(lng)];
    for (let down = -size; down <= size; down += 1) {
      if (row + down < 0 || row + down >= rows) continue;
      const step = Math.abs(down) === size || size === 0 ? 1 : 2 * size;
      for (let right = -size; right <= size; right += step) {
        if (column + right >= 0 && column + right < columns) yield (row + down) * columns + column + right;
      }
    }
  }

  return { sideM, count: rows * columns, within, ring };
}

/** In two passes, the first of which counts. */
function fill(graph: RoadGraph, cells: Cells): { readonly starts: Int32Array; readonly members: Int32Array } {
  const starts = new Int32Array(cells.count + 1);
  const each = (use: (cell: number, segment: number) => void): void => {
    for (let segment = 0; segment < graph.tails.length; segment += 1) {
      if (isClosed(graph, segment)) continue;
      for (const cell of cellsOf(graph, segment, cells)) use(cell, segment);
    }
  };
  each((cell) => {
    starts[cell + 1] = (starts[cell + 1] ?? 0) + 1;
  });
  for (let cell = 0; cell < cells.count; cell += 1)
    starts[cell + 1] = (starts[cell + 1] ?? 0) + (starts[cell] ?? 0);
  const members = new Int32Array(starts[cells.count] ?? 0);
  const next = starts.slice();
  each((cell, segment) => {
    const at = next[cell] ?? 0;
    members[at] = segment;
    next[cell] = at + 1;
  });
  return { starts, members };
}

function isClosed({ forwardMs, backwardMs }: RoadGraph, segment: number): boolean {
  return forwardMs[segment] === NOT_ALLOWED && backwardMs[segment] === NOT_ALLOWED;
}

/** Of the boxes round its straight pieces: a long road is in few of the cells of the box round all of it. */
function cellsOf(graph: RoadGraph, segment: number, cells: Cells): ReadonlySet<number> {
  const places = segmentPlaces(graph, segment);
  return new Set(
    places.slice(1).flatMap((end, index) => {
      const begin = places[index] ?? end;
      const box = {
        ...{ south: Math.min(begin.lat, end.lat), west: Math.min(begin.lng, end.lng) },
        ...{ north: Math.max(begin.lat, end.lat), east: Math.max(begin.lng, end.lng) },
      };
      return [...cells.within(box)];
    }),
  );
}

/** On a plane that touches the earth at the place, which is exact enough within some kilometers. */
export function snapTo(graph: RoadGraph, segment: number, { lat, lng }: GeoPoint): Snap {
  const mPerLng = M_PER_DEGREE * Math.cos((lat * Math.PI) / 180);
  const [shapeStart, shapeEnd] = [graph.shapeStarts[segment] ?? 0, graph.shapeStarts[segment + 1] ?? 0];
  const head = graph.heads[segment] ?? 0;
  const xOf = (units = 0): number => (units / UNITS_PER_DEGREE - lng) * mPerLng;
  const yOf = (units = 0): number => (units / UNITS_PER_DEGREE - lat) * M_PER_DEGREE;
  let [x, y] = [
    xOf(graph.nodeLngs[graph.tails[segment] ?? 0]),
    yOf(graph.nodeLats[graph.tails[segment] ?? 0]),
  ];
  let [bestX, bestY, bestAwayM, bestAlongM, lengthM] = [x, y, Math.hypot(x, y), 0, 0];
  for (let at = shapeStart; at <= shapeEnd; at += 1) {
    const isLast = at === shapeEnd;
    const endX = xOf(isLast ? graph.nodeLngs[head] : graph.shapeLngs[at]);
    const endY = yOf(isLast ? graph.nodeLats[head] : graph.shapeLats[at]);
    const [dx, dy] = [endX - x, endY - y];
    const pieceM = Math.hypot(dx, dy);
    const share = pieceM === 0 ? 0 : Math.min(1, Math.max(0, -(x * dx + y * dy) / (pieceM * pieceM)));
    const awayM = Math.hypot(x + dx * share, y + dy * share);
    if (awayM < bestAwayM) {
      [bestX, bestY, bestAwayM, bestAlongM] = [
        x + dx * share,
        y + dy * share,
        awayM,
        lengthM + pieceM * share,
      ];
    }
    lengthM += pieceM;
    [x, y] = [endX, endY];
  }
  return {
    ...{ lat: lat + bestY / M_PER_DEGREE, lng: lng + bestX / mPerLng },
    ...{ segment, fraction: lengthM === 0 ? 0 : bestAlongM / lengthM, awayM: bestAwayM },
  };
}
