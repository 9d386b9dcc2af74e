/** How late home timelines are, and how much is delivered into them. Its SLO is in docs/runbook.md. */
import { Counter, Histogram, type Registry } from 'prom-client';

/** Lanes are named in the code, so there are few. */
export interface FanOutMetrics {
  /** `entries` places in cached timelines were filled. */
  delivered(lane: string, entries: number): void;
  /** An entry has reached the last of its readers, `lagMs` after it was written. */
  completed(lane: string, lagMs: number): void;
}

/** Round the limits of the SLO, 1 s and 5 s. */
const LAG_BUCKETS_S = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 600];

export function createFanOutMetrics(registry: Registry): FanOutMetrics {
  const deliveries = new Counter({
    name: 'fan_out_deliveries_total',
    help: 'Entries added to cached home timelines, by lane: page (at once) or continuation (authors of very many followers).',
    labelNames: ['lane'],
    registers: [registry],
  });
  const lag = new Histogram({
    name: 'fan_out_lag_seconds',
    help: 'Time from an entry to its delivery to the last of its readers.',
    labelNames: ['lane'],
    buckets: LAG_BUCKETS_S,
    registers: [registry],
  });
  const lanes = new Map<string, LaneMetrics>();

  function laneOf(lane: string): LaneMetrics {
    const known = lanes.get(lane);
    if (known !== undefined) return known;
    const made = { deliveries: deliveries.labels(lane), lag: lag.labels(lane) };
    lanes.set(lane, made);
    return made;
  }

  return {
    delivered: (lane, entries) => laneOf(lane).deliveries.inc(entries),
    completed: (lane, lagMs) => laneOf(lane).lag.observe(lagMs / 1_000),
  };
}

interface LaneMetrics {
  readonly deliveries: Counter.Internal;
  readonly lag: Histogram.Internal<string>;
}
