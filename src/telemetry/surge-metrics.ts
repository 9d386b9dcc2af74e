/** How the surge is reckoned, and what it asks for. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

export interface SurgeMetrics {
  made(outcome: string, durationMs: number): void;
  cells(city: string, byPercent: ReadonlyMap<number, number>): void;
  quoted(rideType: string, percent: number): void;
}

const MADE_BUCKETS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5];

export function createSurgeMetrics(registry: Registry): SurgeMetrics {
  const registers = [registry];
  const made = new Histogram({
    name: 'surge_version_seconds',
    help: 'Time that a version of the surge of a city took, by outcome: written, calm (nobody asks for rides, so there is nothing to write), early (another process has just made one), fenced (another process leads the city), failed.',
    labelNames: ['outcome'],
    buckets: MADE_BUCKETS_S,
    registers,
  });
  const cells = new Gauge({
    name: 'surge_cells',
    help: 'Cells of a city by what they ask for, in percent, of all types of rides; as of the last version that this process made.',
    labelNames: ['city', 'percent'],
    registers,
  });
  const quoted = new Counter({
    name: 'ride_quotes_total',
    help: 'Prices that were made for riders, by the type of ride and the surge in percent.',
    labelNames: ['ride_type', 'surge_percent'],
    registers,
  });
  return {
    made: (outcome, durationMs) => made.observe({ outcome }, durationMs / 1_000),
    cells(city, byPercent) {
      for (const [percent, count] of byPercent) cells.set({ city, percent: String(percent) }, count);
    },
    quoted: (rideType, percent) => quoted.inc({ ride_type: rideType, surge_percent: String(percent) }),
  };
}
