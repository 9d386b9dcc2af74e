/**
 * A version of the surge of a large city, in the process of the bench: 100,000 free drivers and 10,000 open requests, by cell, over
 * neighbours and time, and as it is kept. What PostgreSQL takes to read the requests and to write the version is not in it.
 */
import { type Clock, seededFraction } from '../../core/clock.ts';
import type { GeoPoint } from '../../core/geo.ts';
import { typeBits } from '../../systems/rides/drivers/driver.ts';
import { type CountedPlace, countPlaces } from '../../systems/rides/surge/surge-counting.ts';
import { fieldsJson } from '../../systems/rides/surge/surge-json.ts';
import { SMOOTHING_MS } from '../../systems/rides/surge/surge-rules.ts';
import { nextFields, type SurgeVersion } from '../../systems/rides/surge/surge-version.ts';
import { median } from '../statistics.ts';
import type { Workshop } from '../workshop.ts';
import type { Experiment, Figure } from './experiment.ts';

const DRIVERS = 100_000;
const REQUESTS = 10_000;
const LEVELS = [
  { percent: 100, fromPressure: 0 },
  { percent: 150, fromPressure: 1_000 },
  { percent: 200, fromPressure: 2_000 },
  { percent: 300, fromPressure: 4_000 },
];
const CENTRE = { lat: 40.75, lng: -73.98 };
/** Some 60 km across, busier in the middle. */
const CITY_DEGREES = 0.6;
/** One after the other, as the city goes on. */
const VERSIONS_PER_ROUND = 5;

interface Version {
  readonly countMs: number;
  readonly reckonMs: number;
  readonly writeMs: number;
  /** Of the process, whoever else had the machine meanwhile. */
  readonly cpuMs: number;
  readonly bytes: number;
  readonly fields: SurgeVersion['fields'];
}

export const surgeExperiment: Experiment = {
  name: 'surge',
  purpose: 'a version of the surge of a city of 100,000 drivers and 10,000 requests, in memory',
  async run({ options }: Workshop) {
    const { clock, rounds, seed, onProgress } = options;
    const draw = seededFraction(seed);
    const measured: Version[] = [];
    for (let round = 0; round <= rounds; round += 1) {
      onProgress(`surge: round ${round} of ${rounds}`);
      let before: SurgeVersion['fields'] | undefined;
      for (let n = 0; n < VERSIONS_PER_ROUND; n += 1) {
        const version = await makeVersion(clock, draw, before);
        before = version.fields;
        // What is compiled meanwhile is paid for by the first.
        if (round > 0) measured.push(version);
      }
    }
    return { name: 'surge', purpose: surgeExperiment.purpose, figures: figuresOf(measured) };
  },
};

async function makeVersion(
  clock: Clock,
  draw: () => number,
  before: SurgeVersion['fields'] | undefined,
): Promise<Version> {
  const requests = Array.from({ length: REQUESTS }, () => place(draw, CITY_DEGREES / 3));
  const drivers = Array.from({ length: DRIVERS }, () => place(draw, CITY_DEGREES));
  const cpuBefore = process.cpuUsage();
  const beganMs = clock.monotonicMs();
  const counts = await countPlaces(clock, requests, drivers);
  const countedMs = clock.monotonicMs();
  const fields = nextFields({ levels: LEVELS, elapsedMs: SMOOTHING_MS, before, counts });
  const reckonedMs = clock.monotonicMs();
  const bytes = JSON.stringify(fieldsJson(fields)).length;
  const writtenMs = clock.monotonicMs();
  const { user, system } = process.cpuUsage(cpuBefore);
  return {
    ...{ countMs: countedMs - beganMs, reckonMs: reckonedMs - countedMs },
    ...{ writeMs: writtenMs - reckonedMs, cpuMs: (user + system) / 1_000, bytes, fields },
  };
}

/** One in five takes, or asks for, the larger cars. */
function place(draw: () => number, spread: number): CountedPlace {
  const near = ({ lat, lng }: GeoPoint): GeoPoint => {
    const offset = () => ((draw() + draw() + draw() - 1.5) / 1.5) * (spread / 2);
    return { lat: lat + offset(), lng: lng + offset() };
  };
  return { ...near(CENTRE), types: typeBits(draw() < 0.2 ? ['xl'] : ['economy']) };
}

function figuresOf(versions: readonly Version[]): Figure[] {
  const over = (figure: (version: Version) => number) => median(versions.map(figure));
  const total = ({ countMs, reckonMs, writeMs }: Version) => countMs + reckonMs + writeMs;
  const cells = ({ fields }: Version) =>
    [...fields.values()].reduce((sum, field) => sum + field.cells.size, 0);
  return [
    { label: 'free drivers', value: DRIVERS, unit: '' },
    { label: 'open requests', value: REQUESTS, unit: '' },
    { label: 'cells of the version', value: over(cells), unit: '' },
    { label: 'counting by cell, others having turns', value: over(({ countMs }) => countMs), unit: 'ms' },
    { label: 'reckoning', value: over(({ reckonMs }) => reckonMs), unit: 'ms' },
    { label: 'writing it as text', value: over(({ writeMs }) => writeMs), unit: 'ms' },
    { label: 'all of it, median', value: over(total), unit: 'ms' },
    { label: 'all of it, CPU', value: over(({ cpuMs }) => cpuMs), unit: 'ms' },
    { label: 'all of it, longest', value: Math.max(...versions.map(total)), unit: 'ms' },
    { label: 'the version', value: over(({ bytes }) => bytes / 1_024), unit: 'KiB' },
  ];
}
