/** The roads of a little town in a data folder, for servers that are to know some. */
import { contract } from '../../src/roads/contraction.ts';
import { generateCity } from '../../src/roads/generated-city.ts';
import { writeRoadFile } from '../../src/roads/road-file.ts';
import { makeRoadFolder, roadFilePath } from '../../src/roads/road-folder.ts';
import { createRoads, type Roads } from '../../src/roads/roads.ts';

/** Of Manhattan. */
const PLAN = { seed: 1, columns: 16, rows: 24, middle: { lat: 40.75, lng: -73.98 } };

/** Where they come from is what the file says. */
export async function layRoads(dataFolder: string, source = 'a test'): Promise<Roads> {
  const graph = generateCity(PLAN);
  const contraction = contract(graph);
  await makeRoadFolder(dataFolder);
  await writeRoadFile(roadFilePath(dataFolder, 'town'), { city: 'town', source, graph, contraction });
  return createRoads('town', graph, contraction);
}
