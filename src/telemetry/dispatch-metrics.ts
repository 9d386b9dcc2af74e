/** How requests for rides become offers. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

export interface DispatchMetrics {
  batch(outcome: string, durationMs: number): void;
  offered(offers: number): void;
  reached(waitedMs: number): void;
  unassigned(requests: number): void;
  hurried(requests: number): void;
  lease(change: string): void;
  /** Reads at every scrape how many cities this process leads. */
  watchLed(cities: () => number): void;
}

const BATCH_BUCKETS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5];
/** Round a batch of 2 s. */
const REACHED_BUCKETS_S = [0.25, 0.5, 1, 1.5, 2, 2.2, 2.5, 3, 5, 10, 30, 60, 300];

export function createDispatchMetrics(registry: Registry): DispatchMetrics {
  const registers = [registry];
  const batches = new Histogram({
    name: 'dispatch_batch_seconds',
    help: 'Time that a batch of a city took, by outcome: written (offers were made), idle (there were none to make), fenced (another process leads the city), failed.',
    labelNames: ['outcome'],
    buckets: BATCH_BUCKETS_S,
    registers,
  });
  const reached = new Histogram({
    name: 'dispatch_first_offer_seconds',
    help: 'Time from a request for a ride to its first offers.',
    buckets: REACHED_BUCKETS_S,
    registers,
  });
  const offers = new Counter({ name: 'dispatch_offers_total', help: 'Offers made to drivers.', registers });
  const unassigned = new Counter({
    name: 'dispatch_unassigned_total',
    help: 'Requests that a batch found nobody for; one that stays counts in each.',
    registers,
  });
  const hurried = new Counter({
    name: 'dispatch_hurried_total',
    help: 'Requests that were assigned greedily, because the time for the best assignment was over.',
    registers,
  });
  const leases = new Counter({
    name: 'dispatch_leases_total',
    help: 'Cities that this process has begun to lead (gained), or that another has taken over (lost).',
    labelNames: ['change'],
    registers,
  });
  return {
    batch: (outcome, durationMs) => batches.observe({ outcome }, durationMs / 1_000),
    offered: (count) => offers.inc(count),
    reached: (waitedMs) => reached.observe(waitedMs / 1_000),
    unassigned: (requests) => unassigned.inc(requests),
    hurried: (requests) => hurried.inc(requests),
    lease: (change) => leases.inc({ change }),
    watchLed(cities) {
      new Gauge({
        name: 'dispatch_cities',
        help: 'Cities that this process leads.',
        registers,
        collect() {
          this.set(cities());
        },
      });
    },
  };
}
