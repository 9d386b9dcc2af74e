/** Reading answers of engines, of which nothing is taken for granted. */
import { type GeoPoint, isGeoPoint } from '../../core/geo.ts';
import { notOfTheProtocol } from './engine-http.ts';

/** What stands under the key; `undefined`: nothing, or it is no object. */
export function member(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}

export function list(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw notOfTheProtocol(what);
  return value;
}

/** Finite, and not negative. */
export function amount(value: unknown, what: string): number {
  if (typeof value !== 'number' || !(value >= 0 && value < Number.POSITIVE_INFINITY))
    throw notOfTheProtocol(what);
  return value;
}

/** Of `[lng, lat]`. */
export function lngLatPlace(value: unknown): GeoPoint {
  const [lng, lat] = list(value, 'places');
  return place(lat, lng);
}

export function place(lat: unknown, lng: unknown): GeoPoint {
  if (typeof lat !== 'number' || typeof lng !== 'number' || !isGeoPoint({ lat, lng }))
    throw notOfTheProtocol('places on earth');
  return { lat, lng };
}

const [FIRST_CHARACTER, BITS, MORE] = [63, 5, 0x20];

/** Google's encoded polyline, with so many digits after the point. */
export function polylinePlaces(value: unknown, digits: number): GeoPoint[] {
  if (typeof value !== 'string') throw notOfTheProtocol('a shape');
  const unit = 10 ** digits;
  const places: GeoPoint[] = [];
  let [at, lat, lng] = [0, 0, 0];
  const next = (): number => {
    let [sum, factor] = [0, 1];
    for (;;) {
      const bits = value.charCodeAt(at) - FIRST_CHARACTER;
      if (!(bits >= 0 && bits < 2 * MORE) || factor > 2 ** 40) throw notOfTheProtocol('a whole shape');
      at += 1;
      sum += (bits % MORE) * factor;
      factor *= 2 ** BITS;
      if (bits < MORE) return sum % 2 === 0 ? sum / 2 : -(sum + 1) / 2;
    }
  };
  while (at < value.length) {
    lat += next();
    lng += next();
    places.push(place(lat / unit, lng / unit));
  }
  return places;
}
