/** The streets of the demo's town, so that its maps show one, and its cars go by them. */
import type { Config } from '../config/config.ts';
import { roadFilePaths } from '../roads/road-folder.ts';
import { makeUpRoads } from '../simulator/town-roads.ts';
import { isCityOfDemo, MIDDLE } from './demo-town.ts';

/** Half a second of work, for 12 by 11 kilometers. */
const PLAN = { columns: 60, rows: 100, middle: MIDDLE };

/**
 * Makes some up at the first start; not where there are roads, or an engine is asked for ways. To be called before servers read the
 * roads. Answers whether there are roads in the data folder.
 */
export async function layDemoRoads({
  dataFolder,
  routing,
  rides,
}: Pick<Config, 'dataFolder' | 'routing' | 'rides'>): Promise<boolean> {
  if (routing !== undefined) return false;
  if ((await roadFilePaths(dataFolder)).length > 0) return true;
  if (!rides.cities.some(isCityOfDemo)) return false;
  await makeUpRoads(dataFolder, PLAN);
  return true;
}
