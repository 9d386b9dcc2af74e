/** The cities where drivers drive, as the environment names them. */

/** In degrees. A city whose west is east of its east lies across the antimeridian. */
export interface CityBox {
  readonly name: string;
  readonly south: number;
  readonly west: number;
  readonly north: number;
  readonly east: number;
}

export const CITIES_FORM =
  'cities such as new_york=40.3/-74.6/41.2/-73.3: south, west, north, east in degrees';

/** One city; `undefined` for what is none. */
export function parseCity(text: string): CityBox | undefined {
  const [, name = '', box = ''] = /^([a-z0-9_]{1,40})=([-0-9./]+)$/.exec(text) ?? [];
  const numbers = box.split('/').map((part) => (part === '' ? Number.NaN : Number(part)));
  const [south = Number.NaN, west = Number.NaN, north = Number.NaN, east = Number.NaN, ...rest] = numbers;
  const isBox = south >= -90 && north <= 90 && south < north && isLongitude(west) && isLongitude(east);
  return name !== '' && isBox && west !== east && rest.length === 0
    ? { name, south, west, north, east }
    : undefined;
}

function isLongitude(degrees: number): boolean {
  return degrees >= -180 && degrees <= 180;
}
