/** Who wants to be driven when, and from where to where: made up from a seed, or what really happened in a town. */
import { seededFraction } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import { distanceM, type GeoPoint } from '../core/geo.ts';
import type { Trip } from './trips-file.ts';

export interface RideDemand {
  /** Since the beginning of the simulation. */
  readonly atMs: number;
  readonly pickup: GeoPoint;
  readonly dropoff: GeoPoint;
}

export interface Demand {
  /** In order of time. */
  readonly requests: readonly RideDemand[];
  /** What time it is in the town when the simulation begins, in milliseconds since midnight by the sun. */
  readonly beginsAtMs: number;
  /** How many times as fast as in the town its day goes by. */
  readonly speed: number;
  /** Where drivers wait at first: as people do who know where they will be wanted. */
  driverStart(draw: () => number): GeoPoint;
}

/** How far people go, by the great circle. */
export interface TripLengths {
  readonly leastM: number;
  readonly mostM: number;
}

export const TRIP_LENGTHS: TripLengths = { leastM: 800, mostM: 12_000 };
/** Requests of one simulation. */
export const REQUESTS_MAX = 200_000;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const NOON_MS = DAY_MS / 2;
/** How far from where somebody will ask a driver waits, at most. */
const START_M = 1_500;
const M_PER_DEGREE = 111_195;
/** Places that are tried before one is made up. */
const DRAWS = 12;

interface Quarter extends GeoPoint {
  readonly share: number;
  /** Of what is drawn around its middle, most is within twice as much. */
  readonly spreadM: number;
}

/** New York, roughly: where its Uber pickups of April 2014 are. */
const QUARTERS: readonly Quarter[] = [
  { lat: 40.755, lng: -73.983, share: 0.42, spreadM: 1_600 },
  { lat: 40.728, lng: -73.995, share: 0.28, spreadM: 1_300 },
  { lat: 40.775, lng: -73.96, share: 0.12, spreadM: 1_300 },
  { lat: 40.715, lng: -73.955, share: 0.1, spreadM: 1_800 },
  { lat: 40.772, lng: -73.873, share: 0.05, spreadM: 500 },
  { lat: 40.65, lng: -73.8, share: 0.03, spreadM: 1_000 },
];

export interface DemandOptions {
  readonly durationMs: number;
  readonly seed: number;
  readonly lengths?: TripLengths;
}

/** People who ask independently of each other, at noon. */
export function generatedDemand({
  requestsPerMinute,
  durationMs,
  seed,
  lengths = TRIP_LENGTHS,
}: DemandOptions & { readonly requestsPerMinute: number }): Demand {
  const draw = seededFraction(seed);
  const requests: RideDemand[] = [];
  const meanGapMs = MINUTE_MS / requestsPerMinute;
  for (let atMs = exponential(draw) * meanGapMs; atMs < durationMs; atMs += exponential(draw) * meanGapMs) {
    const pickup = drawPlace(draw);
    requests.push({ atMs, pickup, dropoff: drawDropoff(pickup, () => drawPlace(draw), lengths, draw) });
    requireFew(requests.length);
  }
  return { requests, beginsAtMs: NOON_MS, speed: 1, driverStart: (by) => around(drawPlace(by), START_M, by) };
}

/**
 * Trips as they were, `speed` times as fast: those of a minute in `1 / speed` of one. The file tells where they began; where they go to
 * is where another one began, at a likely distance. Within a minute, which is as exact as the times are, they are spread evenly.
 */
export function recordedDemand({
  trips,
  speed,
  durationMs,
  seed,
  lengths = TRIP_LENGTHS,
}: DemandOptions & { readonly trips: readonly Trip[]; readonly speed: number }): Demand {
  const draw = seededFraction(seed);
  const pickupOf = (by: () => number): GeoPoint => trips[Math.floor(by() * trips.length)]?.pickup ?? ORIGIN;
  const spread = trips.map(({ atMs, pickup }) => ({ atMs: atMs + draw() * MINUTE_MS, pickup }));
  const sorted = spread.sort((one, other) => one.atMs - other.atMs);
  const firstMs = Math.floor((sorted[0]?.atMs ?? 0) / MINUTE_MS) * MINUTE_MS;
  const due = sorted
    .map(({ atMs, pickup }) => ({ atMs: (atMs - firstMs) / speed, pickup }))
    .filter(({ atMs }) => atMs < durationMs);
  requireFew(due.length);
  const requests = due.map(({ atMs, pickup }) => {
    return { atMs, pickup, dropoff: drawDropoff(pickup, () => pickupOf(draw), lengths, draw) };
  });
  return {
    ...{ requests, speed, beginsAtMs: firstMs % DAY_MS },
    driverStart: (by) => around(pickupOf(by), START_M, by),
  };
}

const ORIGIN: GeoPoint = { lat: 0, lng: 0 };

function requireFew(requests: number): void {
  if (requests <= REQUESTS_MAX) return;
  throw new AppError(
    'invalid',
    `A simulation has at most ${REQUESTS_MAX} requests: make it shorter, or slower.`,
  );
}

function exponential(draw: () => number): number {
  return -Math.log(1 - draw());
}

function drawPlace(draw: () => number): GeoPoint {
  let left = draw();
  const quarter = QUARTERS.find(({ share }) => {
    left -= share;
    return left < 0;
  });
  const { spreadM, ...middle } = quarter ?? { lat: 40.755, lng: -73.983, spreadM: 1_600 };
  // Three draws are near enough to a bell.
  const offset = (): number => (draw() + draw() + draw() - 1.5) * 2 * spreadM;
  return moved(middle, offset(), offset());
}

function drawDropoff(
  pickup: GeoPoint,
  place: () => GeoPoint,
  { leastM, mostM }: TripLengths,
  draw: () => number,
): GeoPoint {
  for (let tries = 0; tries < DRAWS; tries += 1) {
    const dropoff = place();
    const meters = distanceM(pickup, dropoff);
    if (meters >= leastM && meters <= mostM) return dropoff;
  }
  const [bearing, meters] = [draw() * 2 * Math.PI, leastM + draw() * (mostM - leastM)];
  return moved(pickup, meters * Math.cos(bearing), meters * Math.sin(bearing));
}

/** Somewhere within so many metres, to north and east. */
function around(point: GeoPoint, withinM: number, draw: () => number): GeoPoint {
  return moved(point, (draw() - 0.5) * 2 * withinM, (draw() - 0.5) * 2 * withinM);
}

function moved({ lat, lng }: GeoPoint, northM: number, eastM: number): GeoPoint {
  const eastDegrees = eastM / (M_PER_DEGREE * Math.cos((lat * Math.PI) / 180));
  return { lat: lat + northM / M_PER_DEGREE, lng: lng + eastDegrees };
}
