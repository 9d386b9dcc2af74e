import { createLatencyRecorder, type LatencyRecorder } from './latency.ts';

/** What was answered from `fromMs` of a load on, until the next slice begins. */
export interface LoadSlice {
  readonly fromMs: number;
  readonly completed: number;
  readonly errors: Readonly<Record<string, number>>;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface LoadSlices {
  add(outcome: string, answeredMs: number, latencyMs: number): void;
  list(): LoadSlice[];
}

/** More slices than this are one: a load is cut to see what happens within it, not to be kept whole. */
export const SLICES_MAX = 500;

interface Slice {
  readonly latency: LatencyRecorder;
  readonly errors: Map<string, number>;
}

/** Cuts a load into slices of `sliceMs` by when operations ended. Slices in which nothing ended are there, too. */
export function createLoadSlices(sliceMs: number): LoadSlices {
  const slices: Slice[] = [];

  function sliceAt(answeredMs: number): Slice {
    const index = Math.min(Math.floor(answeredMs / sliceMs), SLICES_MAX - 1);
    while (slices.length < index) slices.push(newSlice());
    const slice = slices[index] ?? newSlice();
    slices[index] = slice;
    return slice;
  }

  return {
    add(outcome, answeredMs, latencyMs) {
      const { latency, errors } = sliceAt(answeredMs);
      if (outcome === 'ok') latency.record(latencyMs);
      else errors.set(outcome, (errors.get(outcome) ?? 0) + 1);
    },
    list: () =>
      slices.map(({ latency, errors }, index) => {
        const { count, p50Ms, p99Ms } = latency.summary();
        const failed = Object.fromEntries(errors);
        return { fromMs: index * sliceMs, completed: count, errors: failed, p50Ms, p99Ms };
      }),
  };
}

function newSlice(): Slice {
  return { latency: createLatencyRecorder(), errors: new Map() };
}
