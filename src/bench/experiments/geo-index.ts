/**
 * The geo-index in memory: a million drivers who move, in the process of the bench, and searches among them for the ten
 * nearest who fit, two hundred of these for each 200,000 positions. No server takes part.
 */
import { seededFraction } from '../../core/clock.ts';
import { createMemoryGeoIndex, type MemoryGeoIndex } from '../../ports/geo-index/memory-geo-index.ts';
import { createMovingDrivers, type MovingDrivers, RARE_TYPE } from '../drivers/moving-drivers.ts';
import { median } from '../statistics.ts';
import type { Workshop } from '../workshop.ts';
import type { Experiment, Figure } from './experiment.ts';

const DRIVERS = 1_000_000;
const TOWNS = 25;
const POSITIONS_PER_SEARCH = 1_000;
/** Of one call, as a process gathers them in some milliseconds. */
const BATCH = 500;
const SLICES_PER_ROUND = 3;
const SEARCHES_PER_RARE_ONE = 20;

interface Round {
  readonly perS: number;
  readonly latenciesMs: readonly number[];
  /** Of searches for a rare kind, of which there are not ten near. */
  readonly rareMs: readonly number[];
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

function createWorld(index: MemoryGeoIndex, nowMs: number, draw: () => number): MovingDrivers {
  const world = createMovingDrivers(DRIVERS, TOWNS, nowMs, draw);
  for (let at = 0; at < DRIVERS; at += BATCH) {
    index.describe(world.drivers.slice(at, at + BATCH));
    index.move(world.drivers.slice(at, at + BATCH));
  }
  return world;
}

function runRound(
  index: MemoryGeoIndex,
  world: MovingDrivers,
  { clock }: Workshop['options'],
  durationMs: number,
): Round {
  const latenciesMs: number[] = [];
  const rareMs: number[] = [];
  const search = (types?: number): number => {
    const wanted = world.search(sinceMs, types);
    const searchedMs = clock.monotonicMs();
    index.nearest(wanted);
    return clock.monotonicMs() - searchedMs;
  };
  const sinceMs = clock.nowMs() - durationMs * 100;
  let positions = 0;
  const before = process.cpuUsage();
  for (const startMs = clock.monotonicMs(); clock.monotonicMs() - startMs < durationMs; ) {
    for (let moved = 0; moved < POSITIONS_PER_SEARCH; moved += BATCH) {
      index.move(Array.from({ length: BATCH }, world.step));
    }
    positions += POSITIONS_PER_SEARCH;
    latenciesMs.push(search());
    if (latenciesMs.length % SEARCHES_PER_RARE_ONE === 0) rareMs.push(search(RARE_TYPE));
  }
  const { user, system } = process.cpuUsage(before);
  return { perS: positions / ((user + system) / 1e6), latenciesMs, rareMs };
}

function figuresOf(rounds: readonly Round[]): Figure[] {
  const share = (part: number, read = ({ latenciesMs }: Round) => latenciesMs) =>
    median(rounds.map(read).map((each) => each.toSorted((a, b) => a - b)[Math.floor(each.length * part)]));
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
    { label: 'of a rare kind, p50', value: share(0.5, ({ rareMs }) => rareMs), unit: 'ms' },
    { label: 'of a rare kind, p99', value: share(0.99, ({ rareMs }) => rareMs), unit: 'ms' },
    {
      label: 'searches a round',
      value: median(rounds.map(({ latenciesMs }) => latenciesMs.length)),
      unit: '',
    },
  ];
}
