/** What a process does, read from outside: how much of it a second, and how long the slowest of a hundred takes. */
import { createHttpClient, type HttpClient } from '../client/http-client.ts';
import { histogramsBy, increaseBy, readMetrics, type Sample, sumBy } from '../client/prometheus-text.ts';
import type { Clock } from '../core/clock.ts';

export interface Figures {
  /** Since the reading before. */
  readonly perS: number;
  /** What is counted, such as `req`. */
  readonly unit: string;
  readonly p99Ms: number | undefined;
}

/** `undefined` while nothing can be said: at the first reading, and where none comes. */
export type FigureReader = () => Promise<Figures | undefined>;

const TIMEOUT_MS = 2_000;
/** Asked by ourselves, balancers and monitors: not what the process is for. */
const OPERATIONS = /^\/(health\/|metrics$)/;

/** Of an api: requests. Of a process that only works: events. */
export function createServeFigures(url: string, isApi: boolean, clock: Clock): FigureReader {
  return isApi
    ? createMetricsFigures(url, clock, {
        total: 'http_requests_total',
        seconds: 'http_request_duration_seconds',
        unit: 'req',
      })
    : createMetricsFigures(url, clock, {
        total: 'consumer_events_total',
        seconds: 'consumer_latency_seconds',
        unit: 'ev',
      });
}

interface MetricNames {
  readonly total: string;
  /** A histogram. */
  readonly seconds: string;
  readonly unit: string;
}

function createMetricsFigures(
  url: string,
  clock: Clock,
  { total, seconds, unit }: MetricNames,
): FigureReader {
  const http = createHttpClient({ url, connectionsMax: 1, timeoutMs: TIMEOUT_MS });
  let before: { readonly samples: readonly Sample[]; readonly ms: number } | undefined;
  return async () => {
    const samples = await readOwnMetrics(http);
    if (samples === undefined) {
      before = undefined;
      return undefined;
    }
    const earlier = before;
    before = { samples, ms: clock.monotonicMs() };
    if (earlier === undefined) return undefined;
    const count = sumOf(increaseBy(earlier.samples, samples, total, ''));
    // A process that was started again counts from nothing.
    if (count < 0) return undefined;
    const p99S = histogramsBy(earlier.samples, samples, seconds, '')['']?.p99;
    const perS = (count * 1_000) / (before.ms - earlier.ms);
    return { perS, unit, p99Ms: p99S === undefined ? undefined : p99S * 1_000 };
  };
}

async function readOwnMetrics(http: HttpClient): Promise<Sample[] | undefined> {
  const samples = await readMetrics(http).catch(() => undefined);
  return samples?.filter(({ labels }) => !OPERATIONS.test(labels['route'] ?? ''));
}

/** From a counter that only grows; what cannot be read is nothing to say. */
export function createCounterFigures(read: () => Promise<number>, unit: string, clock: Clock): FigureReader {
  let before: { readonly count: number; readonly ms: number } | undefined;
  return async () => {
    const earlier = before;
    const count = await read().catch(() => undefined);
    before = count === undefined ? undefined : { count, ms: clock.monotonicMs() };
    if (before === undefined || earlier === undefined || before.count < earlier.count) return undefined;
    const perS = ((before.count - earlier.count) * 1_000) / (before.ms - earlier.ms);
    return { perS, unit, p99Ms: undefined };
  };
}

/** The sum of a metric whose label has a value, at an address that answers in Prometheus' format. */
export async function readMetricSum(
  url: string,
  name: string,
  label: string,
  value: string,
): Promise<number> {
  const http = createHttpClient({ url, connectionsMax: 1, timeoutMs: TIMEOUT_MS });
  try {
    return sumBy(await readMetrics(http), name, label)[value] ?? 0;
  } finally {
    http.close();
  }
}

function sumOf(sums: Readonly<Record<string, number>>): number {
  return Object.values(sums).reduce((sum, value) => sum + value, 0);
}
