/** The roads of a little town in a data folder, for servers that are to know some. */
import { generateCity } from '../../src/roads/generated-city.ts';
import { keepRoads } from '../../src/roads/keep-roads.ts';
import { createRoads, type Roads } from '../../src/roads/roads.ts';

/** Of Manhattan. */
const PLAN = { seed: 1, columns: 16, rows: 24, middle: { lat: 40.75, lng: -73.98 } };

/** Where they come from is what the file says. */
export async function layRoads(dataFolder: string, source = 'a test'): Promise<Roads> {
  const graph = generateCity(PLAN);
  return createRoads('town', graph, await keepRoads(dataFolder, { city: 'town', source, graph }));
}
