/**
 * The geo-index in memory: a million drivers who move, in the process of the bench, and searches among them for the ten
 * nearest who fit, two hundred of these for each 200,000 positions. No server takes part.
 */
import { seededFraction } from '../../core/clock.ts';
import type {
  DriverPosition,
  DriverTraits,
  GeoPoint,
  NearestSearch,
} from '../../ports/geo-index/geo-index.ts';
import { createMemoryGeoIndex, type MemoryGeoIndex } from '../../ports/geo-index/memory-geo-index.ts';
import { median } from '../statistics.ts';
import type { Workshop } from '../workshop.ts';
import type { Experiment, Figure } from './experiment.ts';

const DRIVERS = 1_000_000;
/** Where they are: towns of some 30 km across, busier in the middle. */
const TOWNS = 25;
const TOWN_DEGREES = 0.15;
const POSITIONS_PER_SEARCH = 1_000;
/** Of one call, as a process gathers them in some milliseconds. */
const BATCH = 500;
/** A driver moves some 40 m between two positions: 5 s at 30 km/h. */
const STEP_DEGREES = 0.0008;
const SLICES_PER_ROUND = 3;

type Driver = {
  -readonly [Field in keyof (DriverPosition & DriverTraits)]: (DriverPosition & DriverTraits)[Field];
};

interface Town {
  readonly centres: readonly GeoPoint[];
  readonly drivers: readonly Driver[];
  readonly draw: () => number;
}

interface Round {
  readonly perS: number;
  readonly latenciesMs: readonly number[];
}

export const geoIndexExperiment: Experiment = {
  name: 'geo-index',
  purpose: 'a million drivers who move, and searches for the nearest, in memory',
  async run({ options }: Workshop) {
    const { clock, rounds, seconds, seed, onProgress } = options;
    onProgress('geo-index: a million drivers');
    const index = createMemoryGeoIndex({ clock, driversMax: DRIVERS });
    const world = createWorld(index, clock.nowMs(), seededFraction(seed));
    const measured: Round[] = [];
    for (let round = 0; round <= rounds; round += 1) {
      onProgress(`geo-index: round ${round} of ${rounds}`);
      const one = runRound(index, world, options, seconds * SLICES_PER_ROUND * 1_000);
      // What is compiled meanwhile is paid for by the first.
      if (round > 0) measured.push(one);
    }
    return { name: 'geo-index', purpose: geoIndexExperiment.purpose, figures: figuresOf(measured) };
  },
};

function createWorld(index: MemoryGeoIndex, nowMs: number, draw: () => number): Town {
  const centres = Array.from({ length: TOWNS }, () => ({ lat: 100 * draw() - 50, lng: 358 * draw() - 179 }));
  const drivers = Array.from({ length: DRIVERS }, (_, n) => {
    const { lat, lng } = near(centres, n, draw);
    // Of ten, four are free, eight are rated, and two take more than one type of ride.
    const state = draw() < 0.4 ? 0 : 1;
    const types = draw() < 0.2 ? 3 : 1;
    const rating = draw() < 0.8 ? 4 + draw() : undefined;
    // Not put together from others, which would make each read of it slower than what is measured.
    return { driverId: 1_500_000_000_000_000 + n * 4_096, lat, lng, atMs: nowMs, state, types, rating };
  });
  for (let at = 0; at < DRIVERS; at += BATCH) {
    index.describe(drivers.slice(at, at + BATCH));
    index.move(drivers.slice(at, at + BATCH));
  }
  return { centres, drivers, draw };
}

function near(centres: readonly GeoPoint[], n: number, draw: () => number): GeoPoint {
  const { lat, lng } = centres[n % centres.length] ?? { lat: 0, lng: 0 };
  const offset = () => ((draw() + draw() + draw() - 1.5) / 1.5) * TOWN_DEGREES;
  return { lat: lat + offset(), lng: lng + offset() };
}

function runRound(
  index: MemoryGeoIndex,
  { centres, drivers, draw }: Town,
  { clock }: Workshop['options'],
  durationMs: number,
): Round {
  const latenciesMs: number[] = [];
  const sinceMs = clock.nowMs() - durationMs * 100;
  let positions = 0;
  const before = process.cpuUsage();
  for (const startMs = clock.monotonicMs(); clock.monotonicMs() - startMs < durationMs; ) {
    for (let moved = 0; moved < POSITIONS_PER_SEARCH; moved += BATCH) {
      index.move(Array.from({ length: BATCH }, () => step(drivers, draw)));
    }
    positions += POSITIONS_PER_SEARCH;
    const search: NearestSearch = {
      around: near(centres, positions / POSITIONS_PER_SEARCH, draw),
      ...{ radiusM: 5_000, limit: 10, states: 1, types: draw() < 0.2 ? 2 : 1, ratingAbove: 4.5, sinceMs },
    };
    const searchedMs = clock.monotonicMs();
    index.nearest(search);
    latenciesMs.push(clock.monotonicMs() - searchedMs);
  }
  const { user, system } = process.cpuUsage(before);
  return { perS: positions / ((user + system) / 1e6), latenciesMs };
}

function step(drivers: readonly Driver[], draw: () => number): Driver {
  const driver = drivers[Math.floor(draw() * drivers.length)] as Driver; // Within its bounds.
  driver.lat += (draw() - 0.5) * STEP_DEGREES;
  driver.lng += (draw() - 0.5) * STEP_DEGREES;
  driver.atMs += 1;
  return driver;
}

function figuresOf(rounds: readonly Round[]): Figure[] {
  const share = (part: number) =>
    median(
      rounds.map(
        ({ latenciesMs }) => latenciesMs.toSorted((a, b) => a - b)[Math.floor(latenciesMs.length * part)],
      ),
    );
  return [
    { label: 'drivers', value: DRIVERS, unit: '' },
    {
      label: 'positions, a search for each thousand included',
      value: median(rounds.map(({ perS }) => perS)),
      unit: '/s of CPU',
    },
    { label: 'the ten nearest, p50', value: share(0.5), unit: 'ms' },
    { label: 'the ten nearest, p99', value: share(0.99), unit: 'ms' },
    { label: 'the ten nearest, p99.9', value: share(0.999), unit: 'ms' },
    {
      label: 'searches a round',
      value: median(rounds.map(({ latenciesMs }) => latenciesMs.length)),
      unit: '',
    },
  ];
}
