/** The roads of a town that is made up, and how cars drive: by the roads that the server knows, or straight. */

import path from 'node:path';
import { systemClock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import type { GeoPoint } from '../core/geo.ts';
import { createRoadsRouting } from '../ports/routing/roads-routing.ts';
import { straightDurationS } from '../ports/routing/routing.ts';
import { generateCity } from '../roads/generated-city.ts';
import { keepRoads } from '../roads/keep-roads.ts';
import { readRoadFile } from '../roads/road-file.ts';
import { roadFilePaths } from '../roads/road-folder.ts';
import { generatedSource } from '../roads/road-sources.ts';
import { createRoads } from '../roads/roads.ts';
import type { PathOf, TravelS } from './car.ts';

export interface Cars {
  readonly travelS: TravelS;
  readonly pathOf?: PathOf;
}

export interface TownPlan {
  readonly columns: number;
  readonly rows: number;
  readonly middle: GeoPoint;
}

/** Where most of the demand that is made up is. */
const TOWN: TownPlan = { columns: 100, rows: 200, middle: { lat: 40.74, lng: -73.97 } };
const SEED = 42;

export async function makeUpRoads(dataFolder: string, plan = TOWN): Promise<void> {
  const graph = generateCity({ ...plan, seed: SEED });
  await keepRoads(dataFolder, { city: 'new_york', source: generatedSource(SEED), graph });
}

/** `undefined`: straight. Fails with `not_found` for a folder without roads. */
export async function carsOf(dataFolder: string | undefined): Promise<Cars> {
  if (dataFolder === undefined) return { travelS: straightDurationS };
  const files = await Promise.all((await roadFilePaths(path.resolve(dataFolder))).map(readRoadFile));
  if (files.length === 0) {
    throw new AppError(
      'not_found',
      'There are no roads in the data folder. Make some: groundswell rides roads generate.',
    );
  }
  const towns = files.map(({ city, graph, contraction }) => createRoads(city, graph, contraction));
  const routing = createRoadsRouting({ towns, clock: systemClock });
  return {
    travelS(from, to, atMs) {
      const way = routing.estimate(from, to, atMs);
      return typeof way === 'object' ? way.durationS : straightDurationS(from, to, atMs);
    },
    pathOf(from, to) {
      const way = routing.route(from, to, 0);
      return typeof way === 'object' ? way.path : undefined;
    },
  };
}
