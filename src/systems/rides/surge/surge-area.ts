/** What of the surge lies in a part of the earth, for a map. */
import { type AppError, invalidField } from '../../../core/errors.ts';
import { type GeoPoint, isGeoPoint } from '../../../ports/geo-index/geo-index.ts';
import type { Cities, City } from '../cities/cities.ts';
import type { RideType } from '../drivers/driver.ts';
import type { SurgeBoard } from './surge-board.ts';
import { centreOf, cornersOf } from './surge-cells.ts';
import type { SurgeVersion } from './surge-version.ts';

/** In degrees. An area whose west is east of its east lies across the antimeridian. */
export interface SurgeBox {
  readonly south: number;
  readonly west: number;
  readonly north: number;
  readonly east: number;
}

/** Of each side, in degrees: some 220 km from south to north. */
export const SURGE_BOX_DEGREES_MAX = 2;
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
  box: SurgeBox,
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
      if (percent > 100 && isIn(box, centreOf(cell))) {
        found.push({ city, version, cell, percent, corners: cornersOf(cell) });
      }
    }
  }
  return found.sort((one, other) => other.percent - one.percent).slice(0, SURGE_CELLS_MAX);
}

/** Fails with `invalid`. */
export function parseBox(text: string): SurgeBox {
  const numbers = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  const [west = Number.NaN, south = Number.NaN, east = Number.NaN, north = Number.NaN, ...rest] = numbers;
  const isBox =
    isGeoPoint({ lat: south, lng: west }) && isGeoPoint({ lat: north, lng: east }) && south < north;
  if (!isBox || rest.length > 0) throw wrongBox('must be west,south,east,north in degrees.');
  const width = (east - west + 360) % 360;
  if (north - south > SURGE_BOX_DEGREES_MAX || width > SURGE_BOX_DEGREES_MAX || width === 0) {
    throw wrongBox(`must be ${SURGE_BOX_DEGREES_MAX} degrees wide and high at most.`);
  }
  return { south, west, north, east };
}

function wrongBox(message: string): AppError {
  return invalidField('bbox', message);
}

function isIn({ south, west, north, east }: SurgeBox, { lat, lng }: GeoPoint): boolean {
  if (lat < south || lat > north) return false;
  return west <= east ? lng >= west && lng <= east : lng >= west || lng <= east;
}

/** Two boxes touch when one has the western edge of the other, and their latitudes meet. */
function touches(one: SurgeBox, other: SurgeBox): boolean {
  if (one.north < other.south || other.north < one.south) return false;
  const lat = Math.max(one.south, other.south);
  return isIn(one, { lat, lng: other.west }) || isIn(other, { lat, lng: one.west });
}
