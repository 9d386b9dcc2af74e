/** A part of the earth that a map shows: a box in degrees. One whose west is east of its east lies across the antimeridian. */
import { type AppError, invalidField } from '../../../core/errors.ts';
import { type GeoPoint, isGeoPoint } from '../../../core/geo.ts';

export interface MapBox {
  readonly south: number;
  readonly west: number;
  readonly north: number;
  readonly east: number;
}

/** Of each side, in degrees: some 220 km from south to north. */
export const MAP_BOX_DEGREES_MAX = 2;

/** Fails with `invalid`. */
export function parseBox(text: string): MapBox {
  const numbers = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  const [west = Number.NaN, south = Number.NaN, east = Number.NaN, north = Number.NaN, ...rest] = numbers;
  const isBox =
    isGeoPoint({ lat: south, lng: west }) && isGeoPoint({ lat: north, lng: east }) && south < north;
  if (!isBox || rest.length > 0) throw wrongBox('must be west,south,east,north in degrees.');
  const width = widthOf({ south, west, north, east });
  if (north - south > MAP_BOX_DEGREES_MAX || width > MAP_BOX_DEGREES_MAX || width === 0) {
    throw wrongBox(`must be ${MAP_BOX_DEGREES_MAX} degrees wide and high at most.`);
  }
  return { south, west, north, east };
}

function wrongBox(message: string): AppError {
  return invalidField('bbox', message);
}

/** From west to east, in degrees. */
export function widthOf({ west, east }: MapBox): number {
  return (east - west + 360) % 360;
}

/** Edges included. */
export function isInBox({ south, west, north, east }: MapBox, { lat, lng }: GeoPoint): boolean {
  if (lat < south || lat > north) return false;
  return west <= east ? lng >= west && lng <= east : lng >= west || lng <= east;
}

/** Two boxes touch when one has the western edge of the other, and their latitudes meet. */
export function touches(one: MapBox, other: MapBox): boolean {
  if (one.north < other.south || other.north < one.south) return false;
  const lat = Math.max(one.south, other.south);
  return isInBox(one, { lat, lng: other.west }) || isInBox(other, { lat, lng: one.west });
}
