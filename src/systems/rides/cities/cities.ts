/**
 * Cities: parts of the earth that are dispatched each by itself. A box each, which is enough to say who is responsible;
 * the geo-index knows no borders, so drivers beyond one are found all the same.
 */
import type { GeoPoint } from '../../../core/geo.ts';
import { isInBox, type MapBox } from './map-box.ts';

export const CITIES_MAX = 1_000;

export interface City extends MapBox {
  /** Lower-case letters, digits and `_`. */
  readonly name: string;
}

export interface Cities {
  readonly all: readonly City[];
  /** The first that the place is in; `undefined`: nobody drives there. */
  cityOf(point: GeoPoint): City | undefined;
}

export function createCities(all: readonly City[]): Cities {
  return { all, cityOf: (point) => all.find((city) => isInBox(city, point)) };
}
