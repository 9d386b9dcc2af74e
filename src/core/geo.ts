/** Places on earth, and how far apart they are. */

/** The mean radius of the earth (IUGG). The real one is up to 0.5 % off, which roads are by far more. */
export const EARTH_RADIUS_M = 6_371_008.8;
const RADIANS = Math.PI / 180;

/** In degrees: latitude from -90 to 90, longitude from -180 to 180. */
export interface GeoPoint {
  readonly lat: number;
  readonly lng: number;
}

/** Whether it is on earth, and a number at all. */
export function isGeoPoint({ lat, lng }: GeoPoint): boolean {
  // NaN is in no range.
  return lat >= -90 && lat <= 90 && lng >= -180 && lng <= 180;
}

/** The way over the great circle (haversine formula). */
export function distanceM(one: GeoPoint, other: GeoPoint): number {
  const [oneLat, otherLat] = [one.lat * RADIANS, other.lat * RADIANS];
  const halfLat = Math.sin((otherLat - oneLat) / 2);
  const halfLng = Math.sin(((other.lng - one.lng) * RADIANS) / 2);
  const half = halfLat * halfLat + Math.cos(oneLat) * Math.cos(otherLat) * halfLng * halfLng;
  return 2 * EARTH_RADIUS_M * Math.asin(Math.min(1, Math.sqrt(half)));
}
