/**
 * Roads as columns of numbers: nodes, which are crossings and dead ends, and segments, which are the pieces of street between two of
 * them, with their shape. 100,000 nodes of a town are some 8 MB; as objects they would be ten times as much, and the garbage
 * collector would look at each of them.
 */
import { assert } from '../core/errors.ts';
import { distanceM, type GeoPoint } from '../core/geo.ts';

/** Of coordinates: a centimetre. */
export const UNITS_PER_DEGREE = 1e7;
/** Of a direction in which nobody may drive. */
export const NOT_ALLOWED = -1;

/** What is drawn how, the most important first. */
export const ROAD_KINDS = ['motorway', 'primary', 'secondary', 'minor'] as const;
export type RoadKind = (typeof ROAD_KINDS)[number];

export interface RoadGraph {
  readonly nodeLats: Int32Array;
  readonly nodeLngs: Int32Array;
  /** Of each segment: its first node, and its last. */
  readonly tails: Int32Array;
  readonly heads: Int32Array;
  /** How long it takes on an empty street, from the first node to the last and back; NOT_ALLOWED. */
  readonly forwardMs: Int32Array;
  readonly backwardMs: Int32Array;
  readonly lengthsCm: Int32Array;
  /** An index of ROAD_KINDS. */
  readonly kinds: Uint8Array;
  /** Where the places between its nodes begin; one more than there are segments. */
  readonly shapeStarts: Int32Array;
  readonly shapeLats: Int32Array;
  readonly shapeLngs: Int32Array;
}

export interface RoadSegment {
  readonly tail: number;
  readonly head: number;
  /** 0: nobody may drive there in this direction. */
  readonly forwardKmPerH: number;
  readonly backwardKmPerH: number;
  readonly kind: RoadKind;
  /** Between the nodes, in order. */
  readonly shape?: readonly GeoPoint[];
}

export function buildRoadGraph(nodes: readonly GeoPoint[], segments: readonly RoadSegment[]): RoadGraph {
  const shapeStarts = new Int32Array(segments.length + 1);
  for (const [index, { shape = [] }] of segments.entries()) {
    shapeStarts[index + 1] = (shapeStarts[index] ?? 0) + shape.length;
  }
  const shapes = segments.flatMap(({ shape = [] }) => shape);
  const lengthsCm = Int32Array.from(segments, (segment) => lengthCmOf(nodes, segment));
  const durations = (speedOf: (segment: RoadSegment) => number): Int32Array =>
    Int32Array.from(segments, (segment, index) => durationMs(lengthsCm[index] ?? 0, speedOf(segment)));
  return {
    nodeLats: Int32Array.from(nodes, ({ lat }) => unitsOf(lat)),
    nodeLngs: Int32Array.from(nodes, ({ lng }) => unitsOf(lng)),
    tails: Int32Array.from(segments, ({ tail }) => tail),
    heads: Int32Array.from(segments, ({ head }) => head),
    forwardMs: durations(({ forwardKmPerH }) => forwardKmPerH),
    backwardMs: durations(({ backwardKmPerH }) => backwardKmPerH),
    lengthsCm,
    kinds: Uint8Array.from(segments, ({ kind }) => ROAD_KINDS.indexOf(kind)),
    ...{ shapeStarts, shapeLats: Int32Array.from(shapes, ({ lat }) => unitsOf(lat)) },
    shapeLngs: Int32Array.from(shapes, ({ lng }) => unitsOf(lng)),
  };
}

export function nodePlace(graph: RoadGraph, node: number): GeoPoint {
  return {
    lat: (graph.nodeLats[node] ?? 0) / UNITS_PER_DEGREE,
    lng: (graph.nodeLngs[node] ?? 0) / UNITS_PER_DEGREE,
  };
}

/** All of it, from the first node to the last. */
export function segmentPlaces(graph: RoadGraph, segment: number): GeoPoint[] {
  const places = [nodePlace(graph, graph.tails[segment] ?? 0)];
  for (let at = graph.shapeStarts[segment] ?? 0; at < (graph.shapeStarts[segment + 1] ?? 0); at += 1) {
    places.push({
      lat: (graph.shapeLats[at] ?? 0) / UNITS_PER_DEGREE,
      lng: (graph.shapeLngs[at] ?? 0) / UNITS_PER_DEGREE,
    });
  }
  places.push(nodePlace(graph, graph.heads[segment] ?? 0));
  return places;
}

/** Of one segment, from the one fraction of its length to the other, which may come before it. */
export function placesAlong(graph: RoadGraph, segment: number, begin: number, end: number): GeoPoint[] {
  if (begin > end) return placesAlong(graph, segment, end, begin).reverse();
  const places = segmentPlaces(graph, segment);
  const marks = [0];
  for (const [index, place] of places.slice(1).entries()) {
    marks.push((marks[index] ?? 0) + distanceM(places[index] ?? place, place));
  }
  const lengthM = marks.at(-1) ?? 0;
  const inner = places.filter((_, index) => {
    const mark = marks[index] ?? 0;
    return mark > begin * lengthM && mark < end * lengthM;
  });
  return [placeAt(places, marks, begin * lengthM), ...inner, placeAt(places, marks, end * lengthM)];
}

function placeAt(places: readonly GeoPoint[], marks: readonly number[], atM: number): GeoPoint {
  const next = Math.max(
    1,
    marks.findIndex((mark) => mark >= atM),
  );
  const [one, other] = [places[next - 1], places[next]];
  if (one === undefined || other === undefined) return places[0] ?? { lat: 0, lng: 0 };
  const [from, to] = [marks[next - 1] ?? 0, marks[next] ?? 0];
  const share = to === from ? 0 : (atM - from) / (to - from);
  return { lat: one.lat + (other.lat - one.lat) * share, lng: one.lng + (other.lng - one.lng) * share };
}

/** Of some of its segments, with the nodes that these need. */
export function subgraph(graph: RoadGraph, segments: readonly number[]): RoadGraph {
  const nodes = [...new Set(segments.flatMap((one) => [graph.tails[one] ?? 0, graph.heads[one] ?? 0]))];
  const numbers = new Map(nodes.map((node, number) => [node, number]));
  const pick = (column: Int32Array, of = segments): Int32Array =>
    Int32Array.from(of, (at) => column[at] ?? 0);
  const renumbered = (column: Int32Array): Int32Array => pick(column).map((node) => numbers.get(node) ?? 0);
  const shapes = segments.flatMap((one) => {
    const [start, end] = [graph.shapeStarts[one] ?? 0, graph.shapeStarts[one + 1] ?? 0];
    return Array.from({ length: end - start }, (_, index) => start + index);
  });
  const shapeStarts = new Int32Array(segments.length + 1);
  for (const [index, one] of segments.entries()) {
    const length = (graph.shapeStarts[one + 1] ?? 0) - (graph.shapeStarts[one] ?? 0);
    shapeStarts[index + 1] = (shapeStarts[index] ?? 0) + length;
  }
  return {
    ...{ nodeLats: pick(graph.nodeLats, nodes), nodeLngs: pick(graph.nodeLngs, nodes) },
    ...{ tails: renumbered(graph.tails), heads: renumbered(graph.heads) },
    ...{ forwardMs: pick(graph.forwardMs), backwardMs: pick(graph.backwardMs) },
    ...{ lengthsCm: pick(graph.lengthsCm), kinds: Uint8Array.from(segments, (one) => graph.kinds[one] ?? 0) },
    ...{ shapeStarts, shapeLats: pick(graph.shapeLats, shapes), shapeLngs: pick(graph.shapeLngs, shapes) },
  };
}

/** Rounded up, so that no road is shorter than the great circle. */
function lengthCmOf(nodes: readonly GeoPoint[], { tail, head, shape = [] }: RoadSegment): number {
  const [first, last] = [nodes[tail], nodes[head]];
  assert(first !== undefined && last !== undefined, 'a segment is between two nodes');
  let meters = 0;
  let before = first;
  for (const place of [...shape, last]) {
    meters += distanceM(before, place);
    before = place;
  }
  return Math.ceil(meters * 100);
}

function durationMs(lengthCm: number, kmPerH: number): number {
  return kmPerH > 0 ? Math.max(1, Math.round((lengthCm * 36) / kmPerH)) : NOT_ALLOWED;
}

function unitsOf(degrees: number): number {
  return Math.round(degrees * UNITS_PER_DEGREE);
}
