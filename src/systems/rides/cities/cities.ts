/**
 * Cities: parts of the earth that are dispatched each by itself. A box each, which is enough to say who is responsible;
 * the geo-index knows no borders, so drivers beyond one are found all the same.
 */
import type { GeoPoint } from '../../../ports/geo-index/geo-index.ts';

export const CITIES_MAX = 1_000;

/** In degrees. A city whose west is east of its east lies across the antimeridian. */
export interface City {
  /** Lower-case letters, digits and `_`. */
  readonly name: string;
  readonly south: number;
  readonly west: number;
  readonly north: number;
  readonly east: number;
}

export interface Cities {
  readonly all: readonly City[];
  /** The first that the place is in; `undefined`: nobody drives there. */
  cityOf(point: GeoPoint): City | undefined;
}

export function createCities(all: readonly City[]): Cities {
  return { all, cityOf: (point) => all.find((city) => isIn(city, point)) };
}

function isIn({ south, west, north, east }: City, { lat, lng }: GeoPoint): boolean {
  if (lat < south || lat > north) return false;
  return west <= east ? lng >= west && lng <= east : lng >= west || lng <= east;
}
