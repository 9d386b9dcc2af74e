/** What of the surge lies in a part of the earth, for a map. */
import type { GeoPoint } from '../../../core/geo.ts';
import type { Cities, City } from '../cities/cities.ts';
import { isInBox, type MapBox, touches } from '../cities/map-box.ts';
import type { RideType } from '../drivers/driver.ts';
import type { SurgeBoard } from './surge-board.ts';
import { centreOf, cornersOf } from './surge-cells.ts';
import type { SurgeVersion } from './surge-version.ts';

/** The dearest come first. */
export const SURGE_CELLS_MAX = 2_000;
/** Cities whose boxes touch the area. */
const CITIES_MAX = 10;

export interface PricedCell {
  readonly city: City;
  readonly version: SurgeVersion;
  readonly cell: string;
  readonly percent: number;
  readonly corners: readonly GeoPoint[];
}

/** Cells where there is any surge, the dearest first. */
export async function surgeIn(
  { cities, board }: { readonly cities: Cities; readonly board: SurgeBoard },
  box: MapBox,
  rideType: RideType,
): Promise<readonly PricedCell[]> {
  const touched = cities.all.filter((city) => touches(city, box)).slice(0, CITIES_MAX);
  const found: PricedCell[] = [];
  for (const city of touched) {
    const version = await board.current(city.name);
    const field = version?.fields.get(rideType);
    if (version === undefined || field === undefined) continue;
    for (const [cell, { now }] of field.cells) {
      const percent = version.levels[now.level]?.percent ?? 100;
      if (percent > 100 && isInBox(box, centreOf(cell))) {
        found.push({ city, version, cell, percent, corners: cornersOf(cell) });
      }
    }
  }
  return found.sort((one, other) => other.percent - one.percent).slice(0, SURGE_CELLS_MAX);
}
