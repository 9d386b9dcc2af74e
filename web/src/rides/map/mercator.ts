/** Where places of the earth are on a flat map: Web Mercator (EPSG:3857), the world as a square from 0 to 1. */

export interface Place {
  /** Degrees. */
  readonly lat: number;
  readonly lng: number;
}

export interface Box {
  readonly south: number;
  readonly west: number;
  readonly north: number;
  readonly east: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** What of the world is seen: the middle, and how many pixels the whole of it would take. */
export interface View {
  readonly middle: Point;
  readonly worldPx: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Beyond them the square of the world ends. */
const LAT_MAX = 85.0511;
const EQUATOR_M = 40_075_016.7;
/** All of the world in a small window, and a house in a large one. */
const WORLD_PX_MIN = 256;
const WORLD_PX_MAX = 2 ** 28;
/** Streets, not houses, around what is shown by itself. */
const FITTED_PX_MAX = 2 ** 24;
/** Some streets around a place, of which a pickup can be told from the next. */
const NEAR_PX_MIN = 2 ** 22;

const radians = (degrees: number) => (degrees * Math.PI) / 180;

export function project({ lat, lng }: Place): Point {
  const sine = Math.sin(radians(Math.max(-LAT_MAX, Math.min(LAT_MAX, lat))));
  return { x: (lng + 180) / 360, y: 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI) };
}

export function unproject({ x, y }: Point): Place {
  const lat = (Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180) / Math.PI;
  const turns = x - Math.floor(x);
  return { lat, lng: turns * 360 - 180 };
}

/** In pixels from the upper left corner; of a world that repeats, the nearest of its copies. */
export function toScreen(view: View, size: Size, place: Place): Point {
  const { x, y } = project(place);
  const across = x - view.middle.x;
  return {
    x: size.width / 2 + (across - Math.round(across)) * view.worldPx,
    y: size.height / 2 + (y - view.middle.y) * view.worldPx,
  };
}

export function placeAt(view: View, size: Size, { x, y }: Point): Place {
  return unproject({
    x: view.middle.x + (x - size.width / 2) / view.worldPx,
    y: view.middle.y + (y - size.height / 2) / view.worldPx,
  });
}

export function movedBy(view: View, { x, y }: Point): View {
  return within({
    ...view,
    middle: { x: view.middle.x - x / view.worldPx, y: view.middle.y - y / view.worldPx },
  });
}

/** What is at the point stays there. */
export function zoomedAt(view: View, size: Size, at: Point, factor: number): View {
  const worldPx = Math.max(WORLD_PX_MIN, Math.min(WORLD_PX_MAX, view.worldPx * factor));
  const shift = 1 / view.worldPx - 1 / worldPx;
  return within({
    worldPx,
    middle: {
      x: view.middle.x + (at.x - size.width / 2) * shift,
      y: view.middle.y + (at.y - size.height / 2) * shift,
    },
  });
}

export function centredOn(view: View, place: Place): View {
  return within({ ...view, middle: project(place) });
}

/** With the place in the middle, and near enough to see what is around it. */
export function nearTo(view: View, place: Place): View {
  return within({ middle: project(place), worldPx: Math.max(view.worldPx, NEAR_PX_MIN) });
}

/** The view that shows all of the box, with margins in pixels at either side. */
export function fitting({ south, west, north, east }: Box, size: Size, margin: Size): View {
  const from = project({ lat: north, lng: west });
  const to = project({ lat: south, lng: east >= west ? east : east + 360 });
  const room = (pixels: number, marginPx: number) => Math.max(64, pixels - 2 * marginPx);
  const worldPx = Math.min(
    room(size.width, margin.width) / Math.max(to.x - from.x, 1e-9),
    room(size.height, margin.height) / Math.max(to.y - from.y, 1e-9),
  );
  return within({
    middle: { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 },
    worldPx: Math.max(WORLD_PX_MIN, Math.min(FITTED_PX_MAX, worldPx)),
  });
}

/** What the view shows: round its middle, if that is more than so many degrees to either side. */
export function boxSeen(view: View, size: Size, reachDegrees: number): Box {
  const { lat, lng } = unproject(view.middle);
  const reach = Math.min(reachDegrees, (size.width / view.worldPx) * 180);
  const latOf = (y: number) => placeAt(view, size, { x: 0, y }).lat;
  const wrapped = (degrees: number) => ((degrees + 540) % 360) - 180;
  return {
    ...{ south: Math.max(latOf(size.height), lat - reachDegrees), west: wrapped(lng - reach) },
    ...{ north: Math.min(latOf(0), lat + reachDegrees), east: wrapped(lng + reach) },
  };
}

/** In pixels of the view. */
export function pixelsBetween(view: View, from: Place, to: Place): number {
  const [one, other] = [project(from), project(to)];
  const across = one.x - other.x;
  return Math.hypot(across - Math.round(across), one.y - other.y) * view.worldPx;
}

/** The smallest box around the places; none lies across the antimeridian. */
export function boxAround(places: readonly Place[]): Box {
  const lats = places.map(({ lat }) => lat);
  const lngs = places.map(({ lng }) => lng);
  return {
    ...{ south: Math.min(...lats), north: Math.max(...lats) },
    ...{ west: Math.min(...lngs), east: Math.max(...lngs) },
  };
}

/** What is in the middle of a box, at most so many degrees high and wide; one across the antimeridian is left as it is. */
export function middlePart(box: Box, degreesMax: number): Box {
  const { south, west, north, east } = box;
  if (east < west) return box;
  const [lat, lng] = [(south + north) / 2, (west + east) / 2];
  const half = degreesMax / 2;
  return {
    ...{ south: Math.max(south, lat - half), north: Math.min(north, lat + half) },
    ...{ west: Math.max(west, lng - half), east: Math.min(east, lng + half) },
  };
}

/** In the middle of the view. */
export function metersPerPixel(view: View): number {
  return (EQUATOR_M * Math.cos(radians(unproject(view.middle).lat))) / view.worldPx;
}

/** A round number of meters of at most so many pixels: 1, 2 or 5 and zeros. */
export function scaleBar(
  view: View,
  pixelsMax: number,
): { readonly meters: number; readonly pixels: number } {
  const perPixel = metersPerPixel(view);
  const power = 10 ** Math.floor(Math.log10(perPixel * pixelsMax));
  const meters =
    [5, 2, 1].map((digit) => digit * power).find((each) => each <= perPixel * pixelsMax) ?? power;
  return { meters, pixels: meters / perPixel };
}

/** Of the great circle. */
export function metersBetween(from: Place, to: Place): number {
  const half = (degrees: number) => Math.sin(radians(degrees) / 2) ** 2;
  const chord =
    half(to.lat - from.lat) +
    Math.cos(radians(from.lat)) * Math.cos(radians(to.lat)) * half(to.lng - from.lng);
  return (EQUATOR_M / Math.PI) * Math.asin(Math.min(1, Math.sqrt(chord)));
}

function within({ middle, worldPx }: View): View {
  return { worldPx, middle: { x: middle.x - Math.floor(middle.x), y: Math.max(0, Math.min(1, middle.y)) } };
}
