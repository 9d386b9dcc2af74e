/**
 * Ways by road in a generated town of 100,000 crossings, in the process of the bench: estimates, whole ways, and the travel times of a batch
 * (400 requests, 20 drivers each, of 2,000); what preparing the roads takes, and how much memory they do.
 */
import { type Clock, seededFraction, systemClock } from '../../core/clock.ts';
import type { GeoPoint } from '../../core/geo.ts';
import { createRoadsRouting } from '../../ports/routing/roads-routing.ts';
import { type Contraction, contract } from '../../roads/contraction.ts';
import { generateCity } from '../../roads/generated-city.ts';
import type { RoadGraph } from '../../roads/road-graph.ts';
import { createRoads, type Roads } from '../../roads/roads.ts';
import { quantiles } from '../../simulator/simulation-report.ts';
import { median } from '../statistics.ts';
import type { Workshop } from '../workshop.ts';
import { amountOf, type Experiment, type Figure } from './experiment.ts';

const SIDE = 317;
const MIDDLE = { lat: 40.75, lng: -73.98 };
const WAYS = 2_000;
const [REQUESTS, CANDIDATES, DRIVERS] = [400, 20, 2_000];
const NOON_MS = 17 * 3_600_000;

export const routingExperiment: Experiment = {
  name: 'routing',
  purpose: 'ways by road in a generated town, in memory',
  async run({ options }: Workshop) {
    const { rounds, seed, onProgress } = options;
    onProgress('routing: a town');
    const side = amountOf(SIDE, options);
    const graph = generateCity({ seed, columns: side, rows: side, middle: MIDDLE });
    const { result: contraction, cpuMs: contractionMs } = cpuOf(() => contract(graph));
    const roads = createRoads('town', graph, contraction);
    const measured: Round[] = [];
    for (let round = 0; round <= rounds; round += 1) {
      onProgress(`routing: round ${round} of ${rounds}`);
      const one = await measureRound(options.clock, roads, seed + round);
      // What is compiled meanwhile is paid for by the first.
      if (round > 0) measured.push(one);
    }
    const figures = [...figuresOf(measured), ...figuresOfRoads(graph, contraction, contractionMs)];
    return { name: 'routing', purpose: routingExperiment.purpose, figures };
  },
};

interface Round {
  readonly estimateMs: readonly number[];
  readonly routeMs: readonly number[];
  readonly batchMs: number;
}

async function measureRound(clock: Clock, roads: Roads, seed: number): Promise<Round> {
  const routing = createRoadsRouting({ towns: [roads], clock: systemClock });
  const draw = seededFraction(seed);
  const { south, west, north, east } = roads.box;
  const place = (): GeoPoint => ({
    lat: south + draw() * (north - south),
    lng: west + draw() * (east - west),
  });
  const ways = Array.from({ length: WAYS }, () => [place(), place()] as const);
  const drivers = Array.from({ length: DRIVERS }, place);
  const approaches = Array.from({ length: REQUESTS }, () => ({
    from: Array.from({ length: CANDIDATES }, () => drivers[Math.floor(draw() * DRIVERS)] ?? MIDDLE),
    to: place(),
  }));
  const timed = (work: (from: GeoPoint, to: GeoPoint) => unknown): number[] =>
    ways.map(([from, to]) => {
      const beganMs = clock.monotonicMs();
      work(from, to);
      return clock.monotonicMs() - beganMs;
    });
  const estimateMs = timed((from, to) => routing.estimate(from, to, NOON_MS));
  const routeMs = timed((from, to) => routing.route(from, to, NOON_MS));
  const before = process.cpuUsage();
  await routing.durations(approaches, NOON_MS);
  return { estimateMs, routeMs, batchMs: millisecondsSince(before) };
}

/** Of this process: steadier than the clock where others work on the machine. */
function cpuOf<Result>(work: () => Result): { readonly result: Result; readonly cpuMs: number } {
  const before = process.cpuUsage();
  const result = work();
  return { result, cpuMs: millisecondsSince(before) };
}

function millisecondsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

function figuresOf(rounds: readonly Round[]): Figure[] {
  const speed = (read: (round: Round) => readonly number[]): number | undefined =>
    median(rounds.map((round) => 1_000 / (read(round).reduce((sum, ms) => sum + ms, 0) / WAYS)));
  const p99 = (read: (round: Round) => readonly number[]) => quantiles(rounds.flatMap(read)).p99;
  return [
    { label: 'estimates, one core', value: speed(({ estimateMs }) => estimateMs), unit: '/s' },
    { label: 'an estimate, p99', value: p99(({ estimateMs }) => estimateMs), unit: 'ms' },
    { label: 'ways with their shape, one core', value: speed(({ routeMs }) => routeMs), unit: '/s' },
    { label: 'a way with its shape, p99', value: p99(({ routeMs }) => routeMs), unit: 'ms' },
    {
      label: `travel times of a batch, ${REQUESTS} x ${CANDIDATES}, the slowest`,
      value: Math.max(...rounds.map(({ batchMs }) => batchMs)),
      unit: 'ms of CPU',
    },
  ];
}

function figuresOfRoads(
  graph: RoadGraph,
  { forward, backward }: Contraction,
  contractionMs: number,
): Figure[] {
  const columns = [graph, forward, backward].flatMap(
    (part) => Object.values(part) as (Int32Array | Uint8Array)[],
  ); // Columns are all they have.
  const bytes = columns.reduce((sum, column) => sum + column.byteLength, 0);
  const nodes = graph.nodeLats.length;
  return [
    { label: 'crossings', value: nodes, unit: '' },
    { label: 'the contraction of all of them, once', value: contractionMs / 1_000, unit: 's of CPU' },
    { label: 'roads and contraction, a crossing', value: bytes / nodes, unit: 'bytes' },
  ];
}
