/** Reads what a server says of itself at /metrics, in Prometheus' text format. */

import { requireSuccess } from './api-client.ts';
import type { HttpClient } from './http-client.ts';

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** Nothing of a server that has no metrics. */
export async function readMetrics(http: HttpClient): Promise<Sample[]> {
  const request = { method: 'GET', path: '/metrics' } as const;
  const response = await http.send(request);
  if (response.status === 404) return [];
  requireSuccess(request, response);
  return parseMetrics(response.body.toString());
}

export function parseMetrics(text: string): Sample[] {
  return text.split('\n').flatMap((line) => {
    const [, name, labels = '', value] = LINE.exec(line) ?? [];
    if (name === undefined || value === undefined || line.startsWith('#')) return [];
    const pairs = [...labels.matchAll(LABEL)].map(([, key = '', text = '']) => [key, text] as const);
    return [{ name, labels: Object.fromEntries(pairs), value: Number(value.replace('Inf', 'Infinity')) }];
  });
}

/** The sums of a metric by the values of one label (without that label, by ''). What is not there has no entry. */
export function sumBy(samples: readonly Sample[], name: string, label: string): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { labels, value } of samples.filter((sample) => sample.name === name)) {
    const key = labels[label] ?? '';
    sums[key] = (sums[key] ?? 0) + value;
  }
  return sums;
}

/** What was added to a counter meanwhile, by the values of one label. */
export function increaseBy(
  before: readonly Sample[],
  after: readonly Sample[],
  name: string,
  label: string,
): Record<string, number> {
  const earlier = sumBy(before, name, label);
  const later = Object.entries(sumBy(after, name, label));
  return Object.fromEntries(later.map(([key, value]) => [key, value - (earlier[key] ?? 0)]));
}

export interface HistogramSummary {
  readonly count: number;
  /** Interpolated within the bucket, as Prometheus does; of the last bound where it lies beyond all. */
  readonly p50: number;
  readonly p99: number;
}

/** What a histogram took up meanwhile, by the values of one label. Those that took nothing have no entry. */
export function histogramsBy(
  before: readonly Sample[],
  after: readonly Sample[],
  name: string,
  label: string,
): Record<string, HistogramSummary> {
  const ofLabel = (samples: readonly Sample[], key: string) =>
    samples.filter(({ labels }) => (labels[label] ?? '') === key);
  const counts = Object.entries(increaseBy(before, after, `${name}_count`, label)).filter(
    ([, count]) => count > 0,
  );
  return Object.fromEntries(
    counts.map(([key, count]) => {
      const buckets = bucketsOf(ofLabel(before, key), ofLabel(after, key), `${name}_bucket`);
      const quantile = (share: number) => quantileOf(buckets, share * count);
      return [key, { count, p50: quantile(0.5), p99: quantile(0.99) }];
    }),
  );
}

type Bucket = readonly [bound: number, atMost: number];

function bucketsOf(before: readonly Sample[], after: readonly Sample[], name: string): Bucket[] {
  return Object.entries(increaseBy(before, after, name, 'le'))
    .map(([bound, atMost]): Bucket => [Number(bound.replace('+Inf', 'Infinity')), atMost])
    .sort(([left], [right]) => left - right);
}

function quantileOf(buckets: readonly Bucket[], rank: number): number {
  let [lower, below] = [0, 0];
  for (const [bound, atMost] of buckets) {
    if (bound === Number.POSITIVE_INFINITY) return lower;
    if (atMost >= rank && atMost > below) {
      return lower + ((bound - lower) * (rank - below)) / (atMost - below);
    }
    [lower, below] = [bound, atMost];
  }
  return lower;
}
