/**
 * Drivers in a part of a map, spread over all of it: the box is cut into tiles, and each answers those who are nearest to its middle. So what a map costs is
 * bounded, by TILES searches, however many drivers there are; who looks closer sees all of them.
 */
import { distanceM } from '../../../core/geo.ts';
import { type GeoIndex, KEPT_MS, type NearDriver, RADIUS_M_MAX } from '../../../ports/geo-index/geo-index.ts';
import { isInBox, type MapBox, widthOf } from '../cities/map-box.ts';

/** To each side. */
const TILES_ACROSS = 5;
export const DRIVERS_PER_TILE_MAX = 40;
export const DRIVERS_MAX = TILES_ACROSS ** 2 * DRIVERS_PER_TILE_MAX;
/** So that no corner is left out by a rounding. */
const MARGIN = 1.001;

export interface DriversWanted {
  readonly box: MapBox;
  /** Bits. */
  readonly states: number;
  readonly types: number;
}

export interface DriversInBox {
  readonly drivers: readonly NearDriver[];
  /** Whether these are all. If not, crowded tiles have more. */
  readonly isComplete: boolean;
}

export async function driversInBox(
  geoIndex: Pick<GeoIndex, 'nearest'>,
  nowMs: number,
  { box, states, types }: DriversWanted,
): Promise<DriversInBox> {
  const sinceMs = nowMs - KEPT_MS;
  const found = await Promise.all(
    tilesOf(box).map(async (tile) => {
      const search = { ...circleAround(tile), limit: DRIVERS_PER_TILE_MAX, ratingAbove: undefined };
      const near = await geoIndex.nearest({ ...search, states, types, sinceMs });
      return { near, inside: near.filter((driver) => isInBox(tile, driver)) };
    }),
  );
  const byId = new Map(found.flatMap(({ inside }) => inside).map((driver) => [driver.driverId, driver]));
  return {
    drivers: [...byId.values()],
    isComplete: found.every(({ near }) => near.length < DRIVERS_PER_TILE_MAX),
  };
}

function tilesOf(box: MapBox): readonly MapBox[] {
  const { south, west, north } = box;
  const [height, width] = [(north - south) / TILES_ACROSS, widthOf(box) / TILES_ACROSS];
  const places = Array.from({ length: TILES_ACROSS }, (_, place) => place);
  return places.flatMap((row) =>
    places.map((column) => ({
      ...{
        south: south + row * height,
        north: row + 1 === TILES_ACROSS ? north : south + (row + 1) * height,
      },
      ...{ west: wrapped(west + column * width), east: wrapped(west + (column + 1) * width) },
    })),
  );
}

function wrapped(lng: number): number {
  return lng > 180 ? lng - 360 : lng;
}

function circleAround(tile: MapBox) {
  const { south, west, north } = tile;
  const around = { lat: (south + north) / 2, lng: wrapped(west + widthOf(tile) / 2) };
  // The longer of its edges is the one that is nearer to the equator.
  const radiusM = Math.max(...[south, north].map((lat) => distanceM(around, { lat, lng: west }))) * MARGIN;
  return { around, radiusM: Math.min(radiusM, RADIUS_M_MAX) };
}
