import { type Contraction, contract } from './contraction.ts';
import { writeRoadFile } from './road-file.ts';
import { makeRoadFolder, roadFilePath } from './road-folder.ts';
import type { RoadGraph } from './road-graph.ts';

export interface CityRoads {
  readonly city: string;
  /** Where they come from: `road-sources.ts`. */
  readonly source: string;
  readonly graph: RoadGraph;
}

/** Looks for the short cuts and keeps all of it in the data folder, in place of what roads the city had. */
export async function keepRoads(
  dataFolder: string,
  roads: CityRoads,
  onProgress?: (fraction: number) => void,
): Promise<Contraction> {
  const contraction = contract(roads.graph, onProgress);
  await makeRoadFolder(dataFolder);
  await writeRoadFile(roadFilePath(dataFolder, roads.city), { ...roads, contraction });
  return contraction;
}
