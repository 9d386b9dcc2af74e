/** Drivers in some busy towns, who move, for what is measured of a geo-index. */
import type { GeoPoint } from '../../core/geo.ts';
import type { DriverPosition, DriverTraits, NearestSearch } from '../../ports/geo-index/geo-index.ts';

/** Towns are some 30 km across, and busier in the middle. */
const TOWN_DEGREES = 0.15;
/** A driver moves some 40 m between two positions: 5 s at 30 km/h. */
const STEP_DEGREES = 0.0008;

/** Of rides, which hardly anybody offers. */
export const RARE_TYPE = 4;

export type MovingDriver = {
  -readonly [Field in keyof (DriverPosition & DriverTraits)]: (DriverPosition & DriverTraits)[Field];
};

export interface MovingDrivers {
  readonly drivers: readonly MovingDriver[];
  /** One of them, who has moved on. */
  step(): MovingDriver;
  /** For the ten nearest who fit, somewhere in the next of the towns. */
  search(sinceMs: number, types?: number): NearestSearch;
}

export function createMovingDrivers(
  count: number,
  townCount: number,
  nowMs: number,
  draw: () => number,
): MovingDrivers {
  const towns = Array.from({ length: townCount }, () => ({
    lat: 100 * draw() - 50,
    lng: 358 * draw() - 179,
  }));
  const drivers = Array.from({ length: count }, (_, n) => {
    const { lat, lng } = near(towns[n % townCount], draw);
    // Of ten, four are free, eight are rated, and two take more than one type of ride; of a thousand, one takes a rare one.
    const state = draw() < 0.4 ? 0 : 1;
    const types = (draw() < 0.2 ? 3 : 1) + (n % 1_000 === 0 ? RARE_TYPE : 0);
    const rating = draw() < 0.8 ? 4 + draw() : undefined;
    // Not put together from others, which would make each read of it slower than what is measured.
    return { driverId: 1_500_000_000_000_000 + n * 4_096, lat, lng, atMs: nowMs, state, types, rating };
  });
  let searches = 0;
  return {
    drivers,
    step() {
      const driver = drivers[Math.floor(draw() * drivers.length)] as MovingDriver; // Within its bounds.
      driver.lat += (draw() - 0.5) * STEP_DEGREES;
      driver.lng += (draw() - 0.5) * STEP_DEGREES;
      driver.atMs += 1;
      return driver;
    },
    search(sinceMs, types = draw() < 0.2 ? 2 : 1) {
      searches += 1;
      return {
        around: near(towns[searches % townCount], draw),
        ...{ radiusM: 5_000, limit: 10, states: 1, types, ratingAbove: 4.5, sinceMs },
      };
    },
  };
}

function near(town: GeoPoint | undefined, draw: () => number): GeoPoint {
  const offset = () => ((draw() + draw() + draw() - 1.5) / 1.5) * TOWN_DEGREES;
  return { lat: (town?.lat ?? 0) + offset(), lng: (town?.lng ?? 0) + offset() };
}
