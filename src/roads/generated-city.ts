/**
 * A town that nobody has built: blocks with streets that are one-way by turns, avenues, a river with few bridges, a park, dead ends, and
 * a motorway round all of it. The same seed makes the same town, on every machine. For tests, simulations and a first look.
 */
import { seededFraction } from '../core/clock.ts';
import type { GeoPoint } from '../core/geo.ts';
import { connectedSegments } from './connected-roads.ts';
import { buildRoadGraph, type RoadGraph, type RoadKind, type RoadSegment, subgraph } from './road-graph.ts';

export interface CityPlan {
  readonly seed: number;
  /** Crossings in a row and in a column. */
  readonly columns: number;
  readonly rows: number;
  readonly middle: GeoPoint;
}

/** From one crossing to the next, as in Manhattan: long blocks between avenues, short ones between streets. */
const COLUMN_M = 180;
const ROW_M = 90;
const M_PER_DEGREE = 111_195;
/** How far a crossing may be from where the plan has it. */
const JITTER_M = 12;
/** Every so manieth is wider, and of two directions. */
const AVENUE_EVERY = 5;
const STREET_EVERY = 8;
/** Of the streets that would cross the river, and of the crossings from which the motorway is reached. */
const BRIDGE_EVERY = 16;
const RAMP_EVERY = 12;
/** Of the blocks' sides: nothing is there. */
const GAPS = 0.03;
/** Of the crossings: a little street begins there that leads nowhere. */
const DEAD_ENDS = 0.02;
const DEAD_END_M = 45;
const NODES_MIN = 20;
const SPEEDS_KM_PER_H: Readonly<Record<RoadKind, number>> = {
  motorway: 90,
  primary: 50,
  secondary: 40,
  minor: 25,
};

export function generateCity(plan: CityPlan): RoadGraph {
  const sheet = createSheet(plan);
  drawBlocks(sheet, plan);
  drawDeadEnds(sheet, plan);
  drawRing(sheet, plan);
  const graph = buildRoadGraph(sheet.nodes, sheet.segments);
  return subgraph(graph, connectedSegments(graph, NODES_MIN));
}

type Sheet = ReturnType<typeof createSheet>;

function createSheet({ seed, columns, rows, middle }: CityPlan) {
  const draw = seededFraction(seed);
  const nodes: GeoPoint[] = [];
  const segments: RoadSegment[] = [];
  const parallel = Math.cos((middle.lat * Math.PI) / 180);
  return {
    ...{ nodes, segments, draw },

    /** At so many columns and rows from the south-western corner, and meters from there. */
    node(column: number, row: number, eastM = 0, northM = 0): number {
      const x = (column - (columns - 1) / 2) * COLUMN_M + eastM;
      const y = (row - (rows - 1) / 2) * ROW_M + northM;
      const lng = middle.lng + x / (M_PER_DEGREE * parallel);
      return nodes.push({ lat: middle.lat + y / M_PER_DEGREE, lng }) - 1;
    },

    road(tail: number, head: number, kind: RoadKind, direction: 'both' | 'forward' | 'backward'): void {
      const kmPerH = SPEEDS_KM_PER_H[kind];
      const [first, last] = [nodes[tail], nodes[head]];
      if (first === undefined || last === undefined) return;
      // A bend, so that there are shapes.
      const bend = (draw() - 0.5) * 0.00008;
      const shape = [{ lat: (first.lat + last.lat) / 2 + bend, lng: (first.lng + last.lng) / 2 + bend }];
      segments.push({
        ...{ tail, head, kind, shape },
        forwardKmPerH: direction === 'backward' ? 0 : kmPerH,
        backwardKmPerH: direction === 'forward' ? 0 : kmPerH,
      });
    },
  };
}

function drawBlocks({ node, road, draw }: Sheet, { columns, rows }: CityPlan): void {
  const jitter = (): number => (draw() - 0.5) * 2 * JITTER_M;
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) node(column, row, jitter(), jitter());
  }
  const river = riverOf(columns, rows);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const at = row * columns + column;
      const isPark = inPark(column, row, columns, rows);
      if (column + 1 < columns) {
        const isBridge = row % BRIDGE_EVERY === BRIDGE_EVERY / 2;
        const isWet = column === river(row);
        const street = isBridge && isWet ? WIDE : streetOf(row);
        if (isWet ? isBridge : !isPark && draw() >= GAPS) road(at, at + 1, ...street);
      }
      if (row + 1 < rows && !isPark && draw() >= GAPS) road(at, at + columns, ...avenueOf(column));
    }
  }
}

const WIDE = ['primary', 'both'] as const;

function streetOf(row: number): readonly [RoadKind, 'both' | 'forward' | 'backward'] {
  if (row % STREET_EVERY === 0) return ['secondary', 'both'];
  return ['minor', row % 2 === 0 ? 'forward' : 'backward'];
}

function avenueOf(column: number): readonly [RoadKind, 'both' | 'forward' | 'backward'] {
  if (column % AVENUE_EVERY === 0) return WIDE;
  return ['secondary', column % 2 === 0 ? 'forward' : 'backward'];
}

/** East of which column it is, by the row: it winds. */
function riverOf(columns: number, rows: number): (row: number) => number {
  return (row) => Math.round(columns * (0.35 + 0.06 * Math.sin((row / rows) * 2 * Math.PI)));
}

/** In the middle of the east. */
function inPark(column: number, row: number, columns: number, rows: number): boolean {
  const [x, y] = [column / columns, row / rows];
  return x > 0.6 && x < 0.7 && y > 0.4 && y < 0.6;
}

function drawDeadEnds({ node, road, draw }: Sheet, { columns, rows }: CityPlan): void {
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      if (draw() >= DEAD_ENDS) continue;
      road(row * columns + column, node(column, row, DEAD_END_M, DEAD_END_M / 2), 'minor', 'both');
    }
  }
}

/** Outside of the last streets, over the river on bridges of its own. */
function drawRing({ node, road }: Sheet, { columns, rows }: CityPlan): void {
  const corners = ringPlaces(columns, rows);
  const ring = corners.map(({ column, row, out: [eastM, northM] }) => node(column, row, eastM, northM));
  for (const [index, at] of ring.entries()) {
    const [place, next] = [corners[index], ring[(index + 1) % ring.length]];
    if (place === undefined || next === undefined) continue;
    road(at, next, 'motorway', 'both');
    road(at, place.row * columns + place.column, 'primary', 'both');
  }
}

interface RingPlace {
  readonly column: number;
  readonly row: number;
  /** From the crossing, in meters to the east and to the north. */
  readonly out: readonly [number, number];
}

/** Counter-clockwise from the south-west. */
function ringPlaces(columns: number, rows: number): RingPlace[] {
  const away = 2 * COLUMN_M;
  const [east, north] = [columns - 1, rows - 1];
  const along = (last: number): number[] =>
    Array.from({ length: Math.ceil(last / RAMP_EVERY) }, (_, index) => index * RAMP_EVERY);
  return [
    ...along(east).map((column) => ({ column, row: 0, out: [0, -away] as const })),
    ...along(north).map((row) => ({ column: east, row, out: [away, 0] as const })),
    ...along(east).map((from) => ({ column: east - from, row: north, out: [0, away] as const })),
    ...along(north).map((from) => ({ column: 0, row: north - from, out: [-away, 0] as const })),
  ];
}
