import { build } from 'hdr-histogram-js';

export interface LatencySummary {
  readonly count: number;
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
}

export interface LatencyRecorder {
  record(durationMs: number): void;
  summary(): LatencySummary;
}

/** What took longer is recorded as this long. */
export const LATENCY_MAX_MS = 60_000;
const UNITS_PER_MS = 1000;

/** A histogram of microseconds with three significant digits (HdrHistogram). */
export function createLatencyRecorder(): LatencyRecorder {
  const histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: LATENCY_MAX_MS * UNITS_PER_MS,
    numberOfSignificantValueDigits: 3,
  });
  const percentileMs = (percentile: number) => histogram.getValueAtPercentile(percentile) / UNITS_PER_MS;
  return {
    record(durationMs) {
      const bounded = Math.min(Math.max(durationMs, 0), LATENCY_MAX_MS);
      histogram.recordValue(Math.round(bounded * UNITS_PER_MS));
    },
    summary: () => ({
      count: histogram.totalCount,
      meanMs: histogram.totalCount === 0 ? 0 : histogram.mean / UNITS_PER_MS,
      p50Ms: percentileMs(50),
      p90Ms: percentileMs(90),
      p99Ms: percentileMs(99),
      p999Ms: percentileMs(99.9),
      maxMs: histogram.maxValue / UNITS_PER_MS,
    }),
  };
}
