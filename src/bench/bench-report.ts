/** The figures of a bench: medians over its rounds, and ratios taken within each round. */

import { formatErrors, formatTable, milliseconds, whole } from './bench-table.ts';
import type { Round, ScenarioResult } from './rounds.ts';
import { median } from './statistics.ts';
import type { Slice } from './workshop.ts';

export interface ScenarioSummary {
  readonly name: string;
  readonly purpose: string;
  readonly operationsPerS: number;
  readonly barePerS: number;
  readonly ratioToBare: number;
  readonly insertsPerS: number | undefined;
  readonly ratioToInserts: number | undefined;
  /** Microseconds of CPU time for one operation. */
  readonly serverCpuUs: number | undefined;
  readonly postgresCpuUs: number | undefined;
  readonly bareCpuUs: number | undefined;
  /** The server's and PostgreSQL's together, in multiples of the bare server's. */
  readonly cpuToBare: number | undefined;
  /** PostgreSQL's, for one insert. */
  readonly insertCpuUs: number | undefined;
  readonly nginxPerS: number | undefined;
  readonly ratioToNginx: number | undefined;
  readonly nginxCpuUs: number | undefined;
  /** What went on in the background of the closed loop. */
  readonly backgroundPerS: number;
  /** The server's and PostgreSQL's for one operation, without what the background costs by itself. */
  readonly ownCpuUs: number | undefined;
  /** The same in multiples of the bare server's. */
  readonly ownCpuToBare: number | undefined;
  /** Of all rounds, by source. */
  readonly homeReads: Readonly<Record<string, number>>;
  readonly homeBuilds: number;
  /** Bytes of the bodies of one operation's answers. */
  readonly answerBytes: number;
  /** Of the open loop; `maxMs` is the greatest of all rounds. */
  readonly rate: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
  /** Of the bare server at the same rate. */
  readonly bareP50Ms: number;
  readonly bareP99Ms: number;
  /** Of every slice against the product. */
  readonly errors: Readonly<Record<string, number>>;
  /** The generator had no time left, so the product or the bare server could do more than this. */
  readonly generatorWasLimit: boolean;
}

/** Above this share of its core the generator is what limits a closed loop. */
const GENERATOR_BUSY = 0.9;

export function summariseScenario(result: ScenarioResult): ScenarioSummary {
  const { name, purpose, rounds, answerBytes } = result;
  const over = (figure: (round: Round) => number | undefined) => median(rounds.map(figure));
  const sure = (figure: (round: Round) => number) => over(figure) ?? 0;
  return {
    name,
    purpose,
    operationsPerS: sure(({ product }) => perS(product)),
    barePerS: sure(({ bare }) => perS(bare)),
    ratioToBare: sure(({ product, bare }) => perS(product) / perS(bare)),
    insertsPerS: over(({ inserts }) => inserts && perS(inserts)),
    ratioToInserts: over(({ product, inserts }) => inserts && perS(product) / perS(inserts)),
    serverCpuUs: over(({ product }) => cpuUs(product, product.serverCpuMs)),
    postgresCpuUs: over(({ product }) => cpuUs(product, product.postgresCpuMs)),
    bareCpuUs: over(({ bare }) => cpuUs(bare, bare.serverCpuMs)),
    cpuToBare: over(({ product, bare }) => cpuToBare(product, bare)),
    insertCpuUs: over(({ inserts }) => inserts && cpuUs(inserts, inserts.postgresCpuMs)),
    nginxPerS: over(({ nginx }) => nginx && perS(nginx)),
    ratioToNginx: over(({ product, nginx }) => nginx && perS(product) / perS(nginx)),
    nginxCpuUs: over(({ nginx }) => nginx && cpuUs(nginx, nginx.serverCpuMs)),
    backgroundPerS: sure(({ product }) => (product.background / product.durationMs) * 1000),
    ownCpuUs: over(ownCpuUs),
    ownCpuToBare: over(ownCpuToBare),
    homeReads: sumCounts(rounds.map(({ homeReads }) => homeReads)),
    homeBuilds: rounds.reduce((sum, { homeBuilds }) => sum + homeBuilds, 0),
    answerBytes,
    rate: sure(({ rate }) => rate),
    p50Ms: sure(({ scheduled }) => scheduled.latency.p50Ms),
    p90Ms: sure(({ scheduled }) => scheduled.latency.p90Ms),
    p99Ms: sure(({ scheduled }) => scheduled.latency.p99Ms),
    p999Ms: sure(({ scheduled }) => scheduled.latency.p999Ms),
    maxMs: rounds.reduce((greatest, { scheduled }) => Math.max(greatest, scheduled.latency.maxMs), 0),
    bareP50Ms: sure(({ bareScheduled }) => bareScheduled.latency.p50Ms),
    bareP99Ms: sure(({ bareScheduled }) => bareScheduled.latency.p99Ms),
    errors: sumCounts(rounds.flatMap(({ product, scheduled }) => [product.errors, scheduled.errors])),
    generatorWasLimit: rounds.some(({ product, bare }) => isGeneratorBusy(product) || isGeneratorBusy(bare)),
  };
}

function perS({ completed, durationMs }: Slice): number {
  return (completed / durationMs) * 1000;
}

function cpuUs({ completed }: Slice, cpuMs: number | undefined): number | undefined {
  return cpuMs === undefined || completed === 0 ? undefined : (cpuMs * 1000) / completed;
}

function cpuToBare(product: Slice, bare: Slice): number | undefined {
  const bareUs = cpuUs(bare, bare.serverCpuMs);
  const productUs = cpuUs(product, bothCpuMs(product));
  return productUs === undefined || !bareUs ? undefined : productUs / bareUs;
}

function isGeneratorBusy({ generatorCpuMs, durationMs }: Slice): boolean {
  return generatorCpuMs > durationMs * GENERATOR_BUSY;
}

function ownCpuUs({ product, background }: Round): number | undefined {
  if (background === undefined) return undefined;
  const otherUs = cpuUs(background, bothCpuMs(background));
  const allMs = bothCpuMs(product);
  if (otherUs === undefined || allMs === undefined) return undefined;
  return cpuUs(product, allMs - (product.background * otherUs) / 1000);
}

function ownCpuToBare(round: Round): number | undefined {
  const [ownUs, bareUs] = [ownCpuUs(round), cpuUs(round.bare, round.bare.serverCpuMs)];
  return ownUs === undefined || !bareUs ? undefined : ownUs / bareUs;
}

function bothCpuMs({ serverCpuMs, postgresCpuMs }: Slice): number | undefined {
  return serverCpuMs === undefined || postgresCpuMs === undefined ? undefined : serverCpuMs + postgresCpuMs;
}

function sumCounts(all: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [key, count] of all.flatMap((counts) => Object.entries(counts))) {
    sums[key] = (sums[key] ?? 0) + count;
  }
  return sums;
}

/** The tables for a terminal. */
export function formatSummaries(summaries: readonly ScenarioSummary[]): string {
  return [
    'Capacity: closed loop, all connections busy. CPU in microseconds for one operation, by the operating system.',
    tableOf(CAPACITY_COLUMNS, summaries),
    '',
    'Latency: open loop, counted from the instant when each operation was due, in milliseconds; bare: at the same rate.',
    tableOf(LATENCY_COLUMNS, summaries),
    ...summaries.flatMap(formatHome),
    ...summaries.filter(({ insertsPerS }) => insertsPerS !== undefined).map(formatInserts),
    ...summaries.filter(({ nginxPerS }) => nginxPerS !== undefined).map(formatNginx),
    ...(summaries.some(({ generatorWasLimit }) => generatorWasLimit)
      ? ['', '* The load generator had no time left: what it loaded could do more than this.']
      : []),
  ].join('\n');
}

type Column = readonly [title: string, cell: (summary: ScenarioSummary) => string];

const CAPACITY_COLUMNS: readonly Column[] = [
  ['scenario', ({ name }) => name],
  ['operations/s', (summary) => whole(summary.operationsPerS) + (summary.generatorWasLimit ? '*' : '')],
  ['bare/s', ({ barePerS }) => whole(barePerS)],
  ['ratio', ({ ratioToBare }) => ratioToBare.toFixed(3)],
  ['CPU server', ({ serverCpuUs }) => whole(serverCpuUs)],
  ['CPU postgres', ({ postgresCpuUs }) => whole(postgresCpuUs)],
  ['CPU bare', ({ bareCpuUs }) => whole(bareCpuUs)],
  ['CPU x bare', ({ cpuToBare }) => cpuToBare?.toFixed(1) ?? '-'],
  ['what', ({ purpose }) => purpose],
];

const LATENCY_COLUMNS: readonly Column[] = [
  ['scenario', ({ name }) => name],
  ['at operations/s', ({ rate }) => whole(rate)],
  ['p50', ({ p50Ms }) => milliseconds(p50Ms)],
  ['p90', ({ p90Ms }) => milliseconds(p90Ms)],
  ['p99', ({ p99Ms }) => milliseconds(p99Ms)],
  ['p99.9', ({ p999Ms }) => milliseconds(p999Ms)],
  ['max', ({ maxMs }) => milliseconds(maxMs)],
  ['bare p50', ({ bareP50Ms }) => milliseconds(bareP50Ms)],
  ['bare p99', ({ bareP99Ms }) => milliseconds(bareP99Ms)],
  ['errors', ({ errors }) => formatErrors(errors)],
];

function formatInserts({ insertsPerS, ratioToInserts, insertCpuUs }: ScenarioSummary): string {
  const ratio = ratioToInserts?.toFixed(2) ?? 'no';
  const cpu = insertCpuUs === undefined ? '' : `, CPU postgres ${whole(insertCpuUs)}`;
  return `\nInserts of one row per transaction on the same PostgreSQL: ${whole(insertsPerS)}/s${cpu}; posts are ${ratio} times that.`;
}

function formatNginx({ name, nginxPerS, ratioToNginx, nginxCpuUs }: ScenarioSummary): string {
  const cpu = nginxCpuUs === undefined ? '' : `, CPU ${whole(nginxCpuUs)}`;
  return `\nnginx with one redirect for all: ${whole(nginxPerS)}/s${cpu}; ${name} is ${ratioToNginx?.toFixed(2)} times that.`;
}

/** Of reads of home timelines: where they came from, and what they cost without what went on meanwhile. */
function formatHome(summary: ScenarioSummary): string[] {
  const { name, homeReads, homeBuilds, backgroundPerS, ownCpuUs, ownCpuToBare } = summary;
  const reads = Object.entries(homeReads);
  const total = reads.reduce((sum, [, count]) => sum + count, 0);
  const share = (count: number) => `${((100 * count) / total).toFixed(2)} %`;
  const shares = reads.map(([source, count]) => `${share(count)} ${source}`).join(', ');
  const lines =
    total === 0
      ? []
      : [`\n${name}: home timelines from ${shares}; ${share(homeBuilds)} had to be built first.`];
  if (backgroundPerS === 0) return lines;
  const own =
    ownCpuUs === undefined
      ? ''
      : `; without their cost an operation takes CPU ${whole(ownCpuUs)}, ${whole(ownCpuToBare)} x bare`;
  return [...lines, `\n${name}: ${whole(backgroundPerS)} posts/s in the background${own}.`];
}

function tableOf(columns: readonly Column[], summaries: readonly ScenarioSummary[]): string {
  return formatTable([
    columns.map(([title]) => title),
    ...summaries.map((summary) => columns.map(([, cell]) => cell(summary))),
  ]);
}
