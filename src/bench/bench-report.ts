/** The figures of a bench: medians over its rounds, and ratios taken within each round. */

import type { Round, ScenarioResult, Slice } from './bench.ts';

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
  /** Of the open loop; `maxMs` is the greatest of all rounds. */
  readonly rate: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
  /** Of every slice against the product. */
  readonly errors: Readonly<Record<string, number>>;
  /** The generator had no time left, so the product or the bare server could do more than this. */
  readonly generatorWasLimit: boolean;
}

/** Above this share of its core the generator is what limits a closed loop. */
const GENERATOR_BUSY = 0.9;

export function summariseScenario({ name, purpose, rate, rounds }: ScenarioResult): ScenarioSummary {
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
    rate,
    p50Ms: sure(({ scheduled }) => scheduled.latency.p50Ms),
    p90Ms: sure(({ scheduled }) => scheduled.latency.p90Ms),
    p99Ms: sure(({ scheduled }) => scheduled.latency.p99Ms),
    p999Ms: sure(({ scheduled }) => scheduled.latency.p999Ms),
    maxMs: rounds.reduce((greatest, { scheduled }) => Math.max(greatest, scheduled.latency.maxMs), 0),
    errors: sumErrors(rounds.flatMap(({ product, scheduled }) => [product, scheduled])),
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
  const { serverCpuMs, postgresCpuMs } = product;
  const bareUs = cpuUs(bare, bare.serverCpuMs);
  if (serverCpuMs === undefined || postgresCpuMs === undefined || !bareUs) return undefined;
  const productUs = cpuUs(product, serverCpuMs + postgresCpuMs);
  return productUs === undefined ? undefined : productUs / bareUs;
}

function isGeneratorBusy({ generatorCpuMs, durationMs }: Slice): boolean {
  return generatorCpuMs > durationMs * GENERATOR_BUSY;
}

function sumErrors(slices: readonly Slice[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [reason, count] of slices.flatMap(({ errors }) => Object.entries(errors))) {
    sums[reason] = (sums[reason] ?? 0) + count;
  }
  return sums;
}

/** The middle one, or the mean of both; undefined if any value is missing or there is none. */
export function median(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined).sort((left, right) => left - right);
  if (known.length < values.length) return undefined;
  const middle = known.slice(Math.ceil(known.length / 2) - 1, Math.floor(known.length / 2) + 1);
  return known.length === 0 ? undefined : middle.reduce((sum, value) => sum + value, 0) / middle.length;
}

/** The tables for a terminal. */
export function formatSummaries(summaries: readonly ScenarioSummary[]): string {
  return [
    'Capacity: closed loop, all connections busy. CPU in microseconds for one operation, by the operating system.',
    formatTable(CAPACITY_COLUMNS, summaries),
    '',
    'Latency: open loop, counted from the instant when each operation was due, in milliseconds.',
    formatTable(LATENCY_COLUMNS, summaries),
    ...summaries.filter(({ insertsPerS }) => insertsPerS !== undefined).map(formatInserts),
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
  ['p50', ({ p50Ms }) => ms(p50Ms)],
  ['p90', ({ p90Ms }) => ms(p90Ms)],
  ['p99', ({ p99Ms }) => ms(p99Ms)],
  ['p99.9', ({ p999Ms }) => ms(p999Ms)],
  ['max', ({ maxMs }) => ms(maxMs)],
  ['errors', ({ errors }) => formatErrors(errors)],
];

function formatInserts({ insertsPerS, ratioToInserts, insertCpuUs }: ScenarioSummary): string {
  const ratio = ratioToInserts?.toFixed(2) ?? 'no';
  const cpu = insertCpuUs === undefined ? '' : `, CPU postgres ${whole(insertCpuUs)}`;
  return `\nInserts of one row per transaction on the same PostgreSQL: ${whole(insertsPerS)}/s${cpu}; posts are ${ratio} times that.`;
}

function formatErrors(errors: Readonly<Record<string, number>>): string {
  const entries = Object.entries(errors).map(([reason, count]) => `${count} x ${reason}`);
  return entries.length === 0 ? 'none' : entries.join(', ');
}

function formatTable(columns: readonly Column[], summaries: readonly ScenarioSummary[]): string {
  const rows = [
    columns.map(([title]) => title),
    ...summaries.map((summary) => columns.map(([, cell]) => cell(summary))),
  ];
  const widths = columns.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const last = columns.length - 1;
  const align = (cell: string, column: number) =>
    column === 0 || column === last ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
  return rows.map((row) => row.map(align).join('  ').trimEnd()).join('\n');
}

function whole(value: number | undefined): string {
  if (value === undefined) return '-';
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
}

function ms(value: number): string {
  return value.toFixed(2);
}
