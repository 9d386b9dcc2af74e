/** Streets from the road graphs in the memory of this process (src/roads). */
import { type RoadGraph, UNITS_PER_DEGREE } from '../../roads/road-graph.ts';
import type { Roads } from '../../roads/roads.ts';
import {
  STREET_KINDS,
  STREET_PLACES_MAX,
  type StreetBox,
  type StreetKind,
  type StreetLayer,
  type StreetMap,
  type StreetPlace,
} from './street-map.ts';

/** The longer side of a box, in degrees, up to which a kind is drawn: what is closer together than lines are wide helps nobody. */
const BOX_DEGREES_MAX: Readonly<Record<StreetKind, number>> = {
  motorway: Number.POSITIVE_INFINITY,
  primary: 1,
  secondary: 0.3,
  minor: 0.08,
};
/** To a side of the box: finer than screens are. */
const STEPS = 4_096;
/** A meter. */
const DEGREES_MIN = 1e-5;

export interface StreetTown {
  readonly roads: Roads;
  /** Of whoever has made its map. */
  readonly attribution: string | undefined;
}

export function createRoadsStreetMap(towns: readonly StreetTown[]): StreetMap {
  const drawn = towns.map((town) => ({ ...town, byKind: segmentsByKind(town.roads.graph) }));

  /** Undefined: they are too many. */
  function layerOf(
    kind: StreetKind,
    box: StreetBox,
    step: number,
    placesMax: number,
  ): StreetLayer | undefined {
    const lines: (readonly StreetPlace[])[] = [];
    let places = 0;
    for (const { roads, byKind } of drawn) {
      if (!meets(roads.box, box)) continue;
      const number = STREET_KINDS.indexOf(kind);
      // Boxes of minor streets are so small that few cells of the grid are in them; other kinds are so few that all are looked at.
      const segments = kind === 'minor' ? roads.grid.segmentsIn(box) : (byKind[number] ?? []);
      for (const segment of segments) {
        if (roads.graph.kinds[segment] !== number || !isNear(roads.graph, segment, box)) continue;
        const line = lineOf(roads.graph, segment, step);
        // Shorter than what can be seen.
        if (line.length < 2) continue;
        places += line.length;
        if (places > placesMax) return undefined;
        lines.push(line);
      }
    }
    return { kind, lines };
  }

  return {
    streetsIn(box) {
      const side = Math.max(box.north - box.south, box.east - box.west);
      const step = Math.max(DEGREES_MIN, side / STEPS);
      const layers: StreetLayer[] = [];
      let room = STREET_PLACES_MAX;
      for (const kind of STREET_KINDS) {
        const layer = side > BOX_DEGREES_MAX[kind] ? undefined : layerOf(kind, box, step, room);
        if (layer === undefined) break;
        room -= layer.lines.reduce((sum, { length }) => sum + length, 0);
        layers.push(layer);
      }
      const seen = drawn.filter(({ roads }) => meets(roads.box, box));
      const attributions = seen.flatMap(({ attribution }) => attribution ?? []);
      return { layers, attributions: [...new Set(attributions)] };
    },
  };
}

function segmentsByKind({ kinds }: RoadGraph): readonly Int32Array[] {
  const counts = STREET_KINDS.map(() => 0);
  for (const kind of kinds) counts[kind] = (counts[kind] ?? 0) + 1;
  // Minor ones, which are most of them, are found by the grid.
  const byKind = counts.map((count, kind) => new Int32Array(STREET_KINDS[kind] === 'minor' ? 0 : count));
  const next = counts.map(() => 0);
  for (const [segment, kind] of kinds.entries()) {
    const at = next[kind] ?? 0;
    const segments = byKind[kind];
    if (segments !== undefined && at < segments.length) segments[at] = segment;
    next[kind] = at + 1;
  }
  return byKind;
}

function meets(one: StreetBox, other: StreetBox): boolean {
  return (
    one.south <= other.north && other.south <= one.north && one.west <= other.east && other.west <= one.east
  );
}

/** By the box round its ends; a street that only bulges into the box from outside is not missed there. */
function isNear(graph: RoadGraph, segment: number, box: StreetBox): boolean {
  const [tail, head] = [graph.tails[segment] ?? 0, graph.heads[segment] ?? 0];
  const [tailLat, headLat] = [graph.nodeLats[tail] ?? 0, graph.nodeLats[head] ?? 0];
  const [tailLng, headLng] = [graph.nodeLngs[tail] ?? 0, graph.nodeLngs[head] ?? 0];
  return (
    Math.min(tailLat, headLat) <= box.north * UNITS_PER_DEGREE &&
    Math.max(tailLat, headLat) >= box.south * UNITS_PER_DEGREE &&
    Math.min(tailLng, headLng) <= box.east * UNITS_PER_DEGREE &&
    Math.max(tailLng, headLng) >= box.west * UNITS_PER_DEGREE
  );
}

/** In steps; places that fall together are said once. */
function lineOf(graph: RoadGraph, segment: number, step: number): readonly StreetPlace[] {
  const line: StreetPlace[] = [];
  const add = (latUnits = 0, lngUnits = 0): void => {
    const [lng, lat] = [stepped(lngUnits, step), stepped(latUnits, step)];
    const before = line.at(-1);
    if (before === undefined || before[0] !== lng || before[1] !== lat) line.push([lng, lat]);
  };
  const [tail, head] = [graph.tails[segment] ?? 0, graph.heads[segment] ?? 0];
  add(graph.nodeLats[tail], graph.nodeLngs[tail]);
  for (let at = graph.shapeStarts[segment] ?? 0; at < (graph.shapeStarts[segment + 1] ?? 0); at += 1) {
    add(graph.shapeLats[at], graph.shapeLngs[at]);
  }
  add(graph.nodeLats[head], graph.nodeLngs[head]);
  return line;
}

function stepped(units: number, step: number): number {
  const degrees = Math.round(units / UNITS_PER_DEGREE / step) * step;
  return Math.round(degrees / DEGREES_MIN) / Math.round(1 / DEGREES_MIN);
}
