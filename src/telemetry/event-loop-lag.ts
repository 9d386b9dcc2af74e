import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 10;
const SAMPLE_MS = 500;
const NS_PER_MS = 1e6;

/** How late timers ran in the latest sample; what a request waits before any of our code sees it. */
export interface EventLoopLag {
  readonly meanMs: number;
  /** The smaller mean of the latest two samples: one long block, such as a start, is no overload. */
  readonly sustainedMs: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

export interface EventLoopLagMonitor {
  /** The latest whole sample, at most half a second old unless the loop has been blocked since. */
  current(): EventLoopLag;
  close(): void;
}

/** The numbers of a histogram of delays in nanoseconds, as `monitorEventLoopDelay` keeps it. */
export interface DelayHistogram {
  readonly count: number;
  readonly mean: number;
  readonly max: number;
  percentile(percentile: number): number;
}

const NO_LAG: EventLoopLag = { meanMs: 0, sustainedMs: 0, p99Ms: 0, maxMs: 0 };

/** What the histogram says about lag: it measures from timer to timer, so an idle loop shows the resolution. */
export function lagOf(delays: DelayHistogram, resolutionMs: number, before = NO_LAG): EventLoopLag {
  if (delays.count === 0) return NO_LAG;
  const lagMs = (delayNs: number) => Math.max(0, delayNs / NS_PER_MS - resolutionMs);
  const meanMs = lagMs(delays.mean);
  const sustainedMs = Math.min(meanMs, before.meanMs);
  return { meanMs, sustainedMs, p99Ms: lagMs(delays.percentile(99)), maxMs: lagMs(delays.max) };
}

/** Measures in the background, in C++, and samples every half second. Does not keep the process alive. */
export function openEventLoopLagMonitor(): EventLoopLagMonitor {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  let latest = NO_LAG;
  delays.enable();
  const timer = setInterval(() => {
    latest = lagOf(delays, RESOLUTION_MS, latest);
    delays.reset();
  }, SAMPLE_MS).unref();
  return {
    current: () => latest,
    close() {
      clearInterval(timer);
      delays.disable();
    },
  };
}
