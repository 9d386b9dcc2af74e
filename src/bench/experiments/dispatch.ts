/**
 * Dispatching: how long a batch of 400 requests with 400 drivers takes in the process of the bench, how much more than the least it costs
 * (by the Hungarian algorithm on the whole matrix), and what greed would cost; and how long it takes with a server from a request until a driver
 * hears the first offer.
 */

import { seededFraction } from '../../core/clock.ts';
import { distanceM, type GeoPoint } from '../../core/geo.ts';
import { straightDurationS } from '../../ports/routing/routing.ts';
import { BEHAVIOUR } from '../../simulator/behaviour.ts';
import { generatedDemand } from '../../simulator/demand.ts';
import { runSimulation } from '../../simulator/simulation.ts';
import { type Quantiles, quantiles } from '../../simulator/simulation-report.ts';
import { BATCH_MS } from '../../systems/rides/dispatch/dispatch-loop.ts';
import { assign, costOf } from '../../systems/rides/matching/assignment.ts';
import { type AssignmentTask, NOBODY } from '../../systems/rides/matching/assignment-task.ts';
import { assignGreedily } from '../../systems/rides/matching/greedy-assignment.ts';
import { UNASSIGNED_S } from '../../systems/rides/matching/match-batch.ts';
import type { Experiment, ExperimentWorkshop, Figure } from './experiment.ts';

const SIDE = 400;
const NEAREST = 20;
/** Of noon. */
const NOON_MS = 17 * 3_600_000;
const DRIVERS = 500;
const REQUESTS_PER_MINUTE = 120;
const SLICES_PER_ROUND = 5;
const GOAL_MS = BATCH_MS + 200;
const FORBIDDEN = 1e9;

interface Batch {
  readonly ms: number;
  readonly munkresMs: number | undefined;
  /** Over the least, 0 to 1. */
  readonly excess: number | undefined;
  readonly greedyExcess: number;
}

export const dispatchExperiment: Experiment = {
  name: 'dispatch',
  purpose: `batches of ${SIDE} requests and ${SIDE} drivers beside the Hungarian algorithm, and the time from a request to its first offer`,
  async run(workshop) {
    const { options } = workshop;
    const munkres = await optionalMunkres();
    const batches: Batch[] = [];
    for (let round = 0; round <= options.rounds; round += 1) {
      options.onProgress(`dispatch: batch ${round} of ${options.rounds}`);
      const batch = measureBatch(townBatch(options.seed + round), munkres);
      // What is compiled meanwhile is paid for by the first.
      if (round > 0) batches.push(batch);
    }
    const offers = await measureOffers(workshop);
    return { name: 'dispatch', purpose: dispatchExperiment.purpose, figures: figuresOf(batches, offers) };
  },
};

type Munkres = (matrix: number[][]) => [number, number][];

/** A package of those who develop this one; who has installed it is shown the time alone. */
async function optionalMunkres(): Promise<Munkres | undefined> {
  try {
    return (await import('munkres')).munkres;
  } catch {
    return undefined;
  }
}

/** Requests and cars of a busy noon, each request with the nearest. */
function townBatch(seed: number): AssignmentTask {
  const demand = generatedDemand({ requestsPerMinute: SIDE * 2, durationMs: 60_000, seed });
  const draw = seededFraction(seed);
  const cars = Array.from({ length: SIDE }, () => demand.driverStart(draw));
  const near = (pickup: GeoPoint) =>
    cars
      .map((car, driver) => ({ driver, meters: distanceM(car, pickup), car }))
      .sort((one, other) => one.meters - other.meters)
      .slice(0, NEAREST)
      .map(({ driver, car }) => ({ driver, cost: straightDurationS(car, pickup, NOON_MS) }));
  const candidates = demand.requests.slice(0, SIDE).map(({ pickup }) => near(pickup));
  return { candidates, drivers: SIDE, unassignedCost: UNASSIGNED_S };
}

function measureBatch(task: AssignmentTask, munkres: Munkres | undefined): Batch {
  const { result: assigned, ms } = cpuOf(() => assign(task));
  const cost = costOf(task, assigned.driverOf);
  const greedy = new Int32Array(SIDE).fill(NOBODY);
  assignGreedily(task, greedy);
  const greedyCost = costOf(task, greedy);
  if (munkres === undefined) {
    return { ms, munkresMs: undefined, excess: undefined, greedyExcess: greedyCost / cost - 1 };
  }
  const matrix = matrixOf(task);
  const { result: pairs, ms: munkresMs } = cpuOf(() => munkres(matrix));
  const least = pairs.reduce((sum, [row, column]) => sum + (matrix[row]?.[column] ?? 0), 0);
  return { ms, munkresMs, excess: cost / least - 1, greedyExcess: greedyCost / least - 1 };
}

/** Of this process: steadier than the clock where others work on the machine. */
function cpuOf<Result>(work: () => Result): { readonly result: Result; readonly ms: number } {
  const before = process.cpuUsage();
  const result = work();
  const { user, system } = process.cpuUsage(before);
  return { result, ms: (user + system) / 1_000 };
}

/** Each request may also be left out, in a column of its own. */
function matrixOf({ candidates, drivers, unassignedCost }: AssignmentTask): number[][] {
  return candidates.map((each, request) => {
    const row = new Array<number>(drivers + candidates.length).fill(FORBIDDEN);
    for (const { driver, cost } of each) row[driver] = cost;
    row[drivers + request] = unassignedCost;
    return row;
  });
}

/** Drivers who are many, and near: what is measured is the dispatcher, not the town. */
async function measureOffers({ crowd, options }: ExperimentWorkshop): Promise<Quantiles> {
  const { stage, clock, rounds, seconds, seed, runId, signal, onProgress } = options;
  const person = (number: number) => ({ userId: crowd.userId(number), token: crowd.token(number) });
  const drivers = Math.min(DRIVERS, Math.floor(crowd.size / 2));
  const people = {
    drivers: Array.from({ length: drivers }, (_, number) => person(number)),
    riders: Array.from({ length: crowd.size - drivers }, (_, number) => person(drivers + number)),
  };
  const durationMs = rounds * seconds * SLICES_PER_ROUND * 1_000;
  const demand = generatedDemand({ requestsPerMinute: REQUESTS_PER_MINUTE, durationMs, seed });
  const { records } = await runSimulation(
    {
      ...{ clock, signal, recorder: undefined, travelS: straightDurationS },
      onProgress: ({ phase, requests }) => onProgress(`dispatch: ${phase}, ${requests} requests`),
    },
    {
      ...{ urls: [stage.url], people, demand, durationMs, drainMs: GOAL_MS, seed, driving: 1 },
      ...{ behaviour: { ...BEHAVIOUR, cancelShare: 0 }, runId },
    },
  );
  const waits = records.flatMap(({ requestedMs, offeredMs }) =>
    offeredMs === undefined ? [] : [offeredMs - requestedMs],
  );
  return quantiles(waits);
}

function figuresOf(batches: readonly Batch[], offers: Quantiles): Figure[] {
  const worst = (value: (batch: Batch) => number | undefined): number | undefined => {
    const values = batches.map(value).filter((one) => one !== undefined);
    return values.length === 0 ? undefined : Math.max(...values);
  };
  const percent = (share: number | undefined) => share && share * 100;
  return [
    { label: `a batch of ${SIDE} x ${SIDE}, the slowest`, value: worst(({ ms }) => ms), unit: 'ms of CPU' },
    { label: 'the same by munkres', value: worst(({ munkresMs }) => munkresMs), unit: 'ms of CPU' },
    { label: 'cost over the least, at most', value: percent(worst(({ excess }) => excess)), unit: '%' },
    { label: 'cost of greed over the least', value: percent(worst((one) => one.greedyExcess)), unit: '%' },
    { label: 'requests that were offered', value: offers.count, unit: '' },
    { label: 'request to offer, p50', value: offers.p50, unit: 'ms' },
    { label: `request to offer, p99 (goal ${GOAL_MS})`, value: offers.p99, unit: 'ms' },
  ];
}
