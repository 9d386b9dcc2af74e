/** The roads of a town, ready to be asked. */
import { type Contraction, contract } from './contraction.ts';
import type { RoadGraph } from './road-graph.ts';
import { boxOf, createRoadGrid, type GeoBox, type RoadGrid } from './road-grid.ts';
import { createRoadSearch, type RoadSearch } from './road-search.ts';

export interface Roads {
  readonly name: string;
  readonly graph: RoadGraph;
  readonly contraction: Contraction;
  readonly box: GeoBox;
  readonly grid: RoadGrid;
  readonly search: RoadSearch;
}

/** A contraction that was kept is that of the very same graph. */
export function createRoads(name: string, graph: RoadGraph, contraction = contract(graph)): Roads {
  const search = createRoadSearch(graph, contraction);
  return { name, graph, contraction, box: boxOf(graph), grid: createRoadGrid(graph), search };
}
