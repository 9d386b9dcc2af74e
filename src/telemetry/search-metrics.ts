/** How far behind what happened the search index is. */
import { Histogram, type Registry } from 'prom-client';

export interface SearchMetrics {
  /** What happened `lagMs` ago is found by searches from now on. */
  indexed(topic: string, lagMs: number): void;
}

const LAG_BUCKETS_S = [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 600, 3_600];

export function createSearchMetrics(registry: Registry): SearchMetrics {
  const lag = new Histogram({
    name: 'search_index_lag_seconds',
    help: 'Time from an event to the moment from which searches know of it, by topic.',
    labelNames: ['topic'],
    buckets: LAG_BUCKETS_S,
    registers: [registry],
  });
  return {
    indexed: (topic, lagMs) => lag.labels(topic).observe(Math.max(0, lagMs) / 1_000),
  };
}
