/**
 * What people feel at once, twice, five and ten times a load that the server bears easily: an open loop at each step, because
 * people do not wait for one another. At a closed loop's capacity a server can only be busy; beyond it, it must refuse, at once
 * and with `Retry-After`, or everybody waits.
 */

import { addressOf } from '../../client/http-client.ts';
import { formatErrors, milliseconds, whole } from '../bench-table.ts';
import { createCrowdScenarios } from '../crowd/crowd-scenarios.ts';
import { median } from '../statistics.ts';
import { measure, mixOfSlice, type Slice, scheduleOf } from '../workshop.ts';
import { awaitQuiet } from './cpu-quiet.ts';
import type { Experiment, ExperimentWorkshop, Finding } from './experiment.ts';

const STEPS = [1, 2, 5, 10] as const;
/** Of the capacity: so that twice the base is still below it, and five times is beyond. */
const BASE_SHARE = 0.3;
/**
 * For each of a closed loop: so many that what waits does so at the server, and not for a connection of the generator. With the
 * default, 4,000, three times what a process takes before it refuses reads.
 */
const CONNECTIONS_TIMES = 125;
const REFUSED = '503';
/** Above this share of its core the generator may be what was late. */
const GENERATOR_BUSY = 0.9;

export const loadStepsExperiment: Experiment = {
  name: 'load-steps',
  purpose: `60 % GET /feed, 30 % posts of a user, 10 % POST /posts at ${STEPS.join(', ')} times a base rate`,
  async run(workshop) {
    const { options } = workshop;
    const load = createLoad(workshop);
    await load.closed(options.warmUpSeconds * 1000);
    const capacity = perS(await load.closed(options.seconds * 1000));
    const base = options.rate ?? Math.max(1, Number((capacity * BASE_SHARE).toPrecision(2)));
    const steps = STEPS.map((): Slice[] => []);
    for (let round = 0; round < options.rounds; round += 1) {
      for (const [index, times] of STEPS.entries()) {
        options.onProgress(`load-steps: round ${round + 1} of ${options.rounds}, ${times}x`);
        await awaitQuiet(options.stage.pids, options.clock);
        steps[index]?.push(await load.open(times * base));
      }
    }
    return loadStepsFinding({ capacity, base, connections: load.connections }, steps);
  },
};

function createLoad(workshop: ExperimentWorkshop) {
  const { crowd, options } = workshop;
  const { stage, skew } = options;
  const scenario = createCrowdScenarios(crowd, skew).find(({ name }) => name === 'mix');
  if (scenario === undefined) throw new RangeError('there is no scenario mix');
  const connections = options.connections * CONNECTIONS_TIMES;
  let slices = 0;
  const target = () => {
    slices += 1;
    const mix = mixOfSlice(scenario, options, `load-steps-${slices}`);
    return { kind: 'http', address: addressOf(stage.url), mix } as const;
  };
  return {
    connections,
    closed: (durationMs: number) => measure(workshop, stage.pids, { target: target(), durationMs }),
    open: (ratePerS: number) =>
      measure(workshop, stage.pids, {
        target: target(),
        slots: connections,
        schedule: scheduleOf(workshop, ratePerS, options.seed + slices),
      }),
  };
}

export interface LoadSteps {
  /** Of a closed loop, operations a second. */
  readonly capacity: number;
  readonly base: number;
  /** Of the open loop. */
  readonly connections: number;
}

/** `steps` has the slices of every round, step by step. */
export function loadStepsFinding(
  { capacity, base, connections }: LoadSteps,
  steps: readonly (readonly Slice[])[],
): Finding {
  const titles = [
    'load',
    'offered/s',
    'done/s',
    'p50 ms',
    'p99 ms',
    'max ms',
    'refused',
    'p99 ms',
    'what else',
  ];
  const rows = STEPS.map((times, index) => rowOf(times, times * base, steps[index] ?? []));
  return {
    name: 'load-steps',
    purpose: loadStepsExperiment.purpose,
    figures: [
      { label: 'capacity, closed loop', value: capacity, unit: 'operations/s' },
      { label: 'base rate, 1x', value: base, unit: 'operations/s' },
      { label: 'of the open loop', value: connections, unit: 'connections' },
    ],
    table: [titles, ...rows],
  };
}

function rowOf(times: number, offered: number, slices: readonly Slice[]): string[] {
  const over = (figure: (slice: Slice) => number) => median(slices.map(figure)) ?? 0;
  const busy = slices.some(({ generatorCpuMs, durationMs }) => generatorCpuMs > durationMs * GENERATOR_BUSY);
  const all = slices.reduce((sum, slice) => sum + asked(slice), 0);
  const refused = slices.reduce((sum, { errors }) => sum + (errors[REFUSED] ?? 0), 0);
  return [
    `${times}x${busy ? '*' : ''}`,
    whole(offered),
    whole(over(perS)),
    milliseconds(over(({ latency }) => latency.p50Ms)),
    milliseconds(over(({ latency }) => latency.p99Ms)),
    milliseconds(slices.reduce((greatest, { latency }) => Math.max(greatest, latency.maxMs), 0)),
    `${((100 * refused) / Math.max(1, all)).toFixed(1)} %`,
    refused === 0 ? '-' : milliseconds(over(({ failures }) => failures.p99Ms)),
    formatErrors(otherErrors(slices)),
  ];
}

function perS({ completed, durationMs }: Slice): number {
  return (completed / durationMs) * 1000;
}

function asked({ completed, errors }: Slice): number {
  return Object.values(errors).reduce((sum, count) => sum + count, completed);
}

/** What is neither an answer nor a refusal as it should be. */
function otherErrors(slices: readonly Slice[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [reason, count] of slices.flatMap(({ errors }) => Object.entries(errors))) {
    if (reason !== REFUSED) sums[reason] = (sums[reason] ?? 0) + count;
  }
  return sums;
}
