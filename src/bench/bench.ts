/**
 * Measures the product beside its yardsticks, in rounds within one run, because rates on a shared machine are only
 * comparable when they are taken moments apart: a bare `node:http` server that answers the same bytes, and for
 * posts also inserts of one row per transaction on the same PostgreSQL.
 */

import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import { createApiClient, requireSuccess } from './api-client.ts';
import type { Arrivals } from './arrivals.ts';
import { type BareAnswer, type BareServer, bareAnswerOf, startBareServer } from './bare-server.ts';
import type { BenchStage } from './bench-stage.ts';
import { addressOf, createHttpClient, type HttpClient, type HttpRequest } from './http-client.ts';
import type { HttpResponse } from './http-response-parser.ts';
import { type LoadGenerator, startLoadGenerator } from './load-generator.ts';
import type { LoadReport, LoadTarget, LoadTask } from './load-task.ts';
import type { Cores } from './pinned-process.ts';
import { createPopulation } from './population.ts';
import { readTreeCpu } from './process-cpu.ts';
import { createDraw } from './request-mix.ts';
import { createScenarios, POST_TEXT, type Scenario, type ScenarioName } from './scenarios.ts';

export interface BenchOptions {
  readonly stage: BenchStage;
  readonly scenarios: readonly ScenarioName[];
  readonly users: number;
  readonly posts: number;
  readonly follows: number;
  readonly skew: number;
  readonly seed: number;
  readonly connections: number;
  readonly rounds: number;
  readonly seconds: number;
  /** Of the open loop, operations a second; by default half of what the closed loop reached first. */
  readonly rate: number | undefined;
  readonly arrivals: Arrivals;
  readonly serverCores: Cores;
  readonly loadCores: Cores;
  /** Tells this run's names and keys from those of others. */
  readonly runId: string;
  readonly clock: Clock;
  /** Ends the bench early: it fails then, once its processes are stopped. */
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

export interface Slice extends LoadReport {
  /** CPU time of the server's processes over the slice; undefined where the system does not tell. */
  readonly serverCpuMs: number | undefined;
  readonly postgresCpuMs: number | undefined;
}

export interface Round {
  readonly product: Slice;
  readonly bare: Slice;
  readonly inserts: Slice | undefined;
  /** The product again, in an open loop at `rate`. */
  readonly scheduled: Slice;
}

export interface ScenarioResult {
  readonly name: ScenarioName;
  readonly purpose: string;
  /** Requests in one operation. */
  readonly requests: number;
  /** Bytes of the bodies of one operation's answers. */
  readonly answerBytes: number;
  readonly rate: number;
  readonly rounds: readonly Round[];
}

/** Operations in one slice at most. */
const OPERATIONS_MAX = 5_000_000;
const REQUEST_TIMEOUT_MS = 10_000;
/** The embedded PostgreSQL allows 64, and the server has its own. */
export const INSERT_CONNECTIONS_MAX = 40;
const WARM_UP_MS_MAX = 1000;
/** Of these the answer of middling length is what the bare server repeats. */
const SAMPLES = 9;

export async function runBench(options: BenchOptions): Promise<ScenarioResult[]> {
  const { stage, signal, loadCores } = options;
  const http = createHttpClient({ url: stage.url, connectionsMax: 8, timeoutMs: REQUEST_TIMEOUT_MS });
  const generator = startLoadGenerator(loadCores);
  // With the generator gone, whatever is waited for fails at once.
  const stop = () => {
    generator.close();
    http.close();
  };
  signal.addEventListener('abort', stop);
  try {
    const { skew, users, posts, follows, seed, runId, onProgress } = options;
    const population = await createPopulation(createApiClient(http, options.clock), {
      ...{ users, posts, follows, skew, seed },
      prefix: `bench_${runId}`,
      onProgress: (done, total) => onProgress(`users and posts: ${done} of ${total}`),
    });
    const results: ScenarioResult[] = [];
    for (const scenario of createScenarios(population, skew)) {
      if (!options.scenarios.includes(scenario.name)) continue;
      results.push(await measureScenario(scenario, { http, generator, options }));
    }
    return results;
  } catch (error) {
    if (signal.aborted) throw new AppError('unavailable', 'The bench was interrupted.');
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
  }
}

interface Workshop {
  readonly http: HttpClient;
  readonly generator: LoadGenerator;
  readonly options: BenchOptions;
}

async function measureScenario(scenario: Scenario, workshop: Workshop): Promise<ScenarioResult> {
  const { options } = workshop;
  const answers = await captureAnswers(scenario, workshop);
  const bare = await startBareServer(answers, options.serverCores);
  try {
    const bench = createSlices(scenario, bare, workshop);
    await bench.warmUp();
    const rounds: Round[] = [];
    let rate = options.rate;
    for (let round = 0; round < options.rounds; round += 1) {
      options.onProgress(`${scenario.name}: round ${round + 1} of ${options.rounds}`);
      const measured = await bench.round(rate);
      rate = measured.rate;
      rounds.push(measured.round);
    }
    const { name, purpose } = scenario;
    const answerBytes = answers.reduce((sum, { body }) => sum + Buffer.from(body, 'base64').length, 0);
    return { name, purpose, requests: answers.length, answerBytes, rate: rate ?? 0, rounds };
  } finally {
    bare.close();
  }
}

/** A real answer of middling length for each request of the scenario's operation. */
async function captureAnswers(scenario: Scenario, { http, options }: Workshop): Promise<BareAnswer[]> {
  const draw = createDraw(mixOf(scenario, options, 'capture'));
  const samples: HttpResponse[][] = [];
  for (let sample = 0; sample < SAMPLES; sample += 1) samples.push(await askAll(http, draw()));
  return scenario.suffixes.map((suffix, index) => {
    // The suffixes stand in the order in which they are tried; the last request's is the first.
    const step = scenario.suffixes.length - 1 - index;
    const responses = samples.flatMap((sample) => sample[step] ?? []);
    const [middling] = responses
      .sort((left, right) => left.body.length - right.body.length)
      .slice(Math.floor(responses.length / 2));
    if (middling === undefined) throw new AppError('internal', `${scenario.name} has no request ${step}`);
    return bareAnswerOf(middling, suffix);
  });
}

async function askAll(http: HttpClient, requests: readonly HttpRequest[]): Promise<HttpResponse[]> {
  const responses: HttpResponse[] = [];
  for (const request of requests) {
    const response = await http.send(request);
    requireSuccess(request, response);
    responses.push(response);
  }
  return responses;
}

function mixOf({ mix, unique }: Scenario, { seed, runId }: BenchOptions, slice: string) {
  return { ...mix, seed, ...(unique ? { uniquePrefix: `${runId}-${slice}` } : {}) };
}

interface Slices {
  /** Both servers get to run a while before anything counts. */
  warmUp(): Promise<void>;
  round(rate: number | undefined): Promise<{ readonly round: Round; readonly rate: number }>;
}

function createSlices(scenario: Scenario, bare: BareServer, { generator, options }: Workshop): Slices {
  const { stage, connections, seconds, arrivals, seed } = options;
  let slices = 0;

  function httpTarget(address: { host: string; port: number }): LoadTarget {
    slices += 1;
    return { kind: 'http', address, mix: mixOf(scenario, options, `${scenario.name}-${slices}`) };
  }

  async function measure(
    target: LoadTarget,
    pids: readonly number[],
    task: Partial<LoadTask> = {},
  ): Promise<Slice> {
    const before = readTreeCpu(pids);
    const report = await generator.run({
      target,
      slots: connections,
      durationMs: seconds * 1000,
      operationsMax: OPERATIONS_MAX,
      timeoutMs: REQUEST_TIMEOUT_MS,
      ...task,
    });
    const after = readTreeCpu(pids);
    if (before === undefined || after === undefined || pids.length === 0) {
      return { ...report, serverCpuMs: undefined, postgresCpuMs: undefined };
    }
    const serverCpuMs = after.serverMs - before.serverMs;
    return { ...report, serverCpuMs, postgresCpuMs: after.postgresMs - before.postgresMs };
  }

  const product = (task?: Partial<LoadTask>) => measure(httpTarget(addressOf(stage.url)), stage.pids, task);
  const yardstick = (task?: Partial<LoadTask>) => measure(httpTarget(bare.address), [bare.pid], task);

  function inserts(): Promise<Slice | undefined> {
    if (!scenario.durable || stage.database === undefined) return Promise.resolve(undefined);
    const target = { kind: 'inserts', connection: stage.database, text: POST_TEXT } as const;
    return measure(target, stage.pids, { slots: Math.min(connections, INSERT_CONNECTIONS_MAX) });
  }

  return {
    async warmUp() {
      const durationMs = Math.min(seconds * 1000, WARM_UP_MS_MAX);
      await product({ durationMs });
      await yardstick({ durationMs });
    },
    async round(wanted) {
      const closed = { product: await product(), bare: await yardstick(), inserts: await inserts() };
      const rate = wanted ?? chooseRate(closed.product);
      // Watching the clock without rest would take the server's time where both share a core.
      const schedule = {
        arrivals,
        ratePerS: rate,
        seed: seed + slices,
        spins: options.loadCores !== undefined,
      };
      return { round: { ...closed, scheduled: await product({ schedule }) }, rate };
    },
  };
}

/** Half of the capacity: where people's requests queue now and then, but nothing piles up. */
function chooseRate({ completed, durationMs }: LoadReport): number {
  const half = (completed / durationMs) * 500;
  return Math.max(1, Number(half.toPrecision(2)));
}
