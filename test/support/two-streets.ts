/** Roads that are small enough to know by heart. */
import { buildRoadGraph } from '../../src/roads/road-graph.ts';
import { createRoads } from '../../src/roads/roads.ts';

export const M_PER_DEGREE = 111_195;
export const MIDDLE = { lat: 40.75, lng: -73.98 };
export const northOf = (meters: number) => ({ lat: MIDDLE.lat + meters / M_PER_DEGREE, lng: MIDDLE.lng });

/** Two streets of a kilometer, north of each other, and a way only from the first to the second. All are driven at 10 m/s. */
export function createTwoStreets() {
  const nodes = [northOf(0), northOf(1_000), northOf(3_000), northOf(4_000)];
  const graph = buildRoadGraph(nodes, [
    { tail: 0, head: 1, forwardKmPerH: 36, backwardKmPerH: 36, kind: 'minor' },
    { tail: 1, head: 2, forwardKmPerH: 36, backwardKmPerH: 0, kind: 'minor' },
    { tail: 2, head: 3, forwardKmPerH: 36, backwardKmPerH: 36, kind: 'minor' },
  ]);
  return createRoads('streets', graph);
}

/** What a test of the contract needs to know of them. At the end of the first street begins the one that leads away from it. */
export const TWO_STREETS = {
  area: { south: northOf(0).lat, west: MIDDLE.lng, north: northOf(990).lat, east: MIDDLE.lng },
  symmetric: true,
  noWay: [northOf(3_500), northOf(500)],
  offRoads: { lat: northOf(990).lat + 0.2, lng: MIDDLE.lng },
} as const;
