/** What drivers report, and what becomes of it. */
import { Counter, Gauge, type Registry } from 'prom-client';

export interface DriverMetrics {
  accepted(positions: number): void;
  dropped(positions: number, reason: string): void;
  recorded(positions: number): void;
  unrecorded(positions: number, reason: string): void;
  ended(reason: string): void;
  /** Reads the number of streams at every scrape. */
  watchStreams(connections: () => number): void;
}

export function createDriverMetrics(registry: Registry): DriverMetrics {
  const accepted = new Counter({
    name: 'driver_positions_accepted_total',
    help: 'Positions of drivers on duty that were believed.',
    registers: [registry],
  });
  const dropped = new Counter({
    name: 'driver_positions_dropped_total',
    help: 'Positions of drivers that were not: repeated (sent before), late (older than one known, or than five minutes), inaccurate (by more than 50 m), impossible (too far from the one before, or in the future), elsewhere (in no city).',
    labelNames: ['reason'],
    registers: [registry],
  });
  const recorded = new Counter({
    name: 'driver_positions_recorded_total',
    help: 'Positions of drivers that went into their history.',
    registers: [registry],
  });
  const unrecorded = new Counter({
    name: 'driver_positions_unrecorded_total',
    help: 'Positions of drivers that were lost to their history: full (too many waited), failed (they could not be published), stopped (nor before the process ended).',
    labelNames: ['reason'],
    registers: [registry],
  });
  const ended = new Counter({
    name: 'driver_streams_ended_total',
    help: 'Streams of drivers that have ended, by the reason.',
    labelNames: ['reason'],
    registers: [registry],
  });
  return {
    accepted: (positions) => accepted.inc(positions),
    dropped: (positions, reason) => dropped.inc({ reason }, positions),
    recorded: (positions) => recorded.inc(positions),
    unrecorded: (positions, reason) => unrecorded.inc({ reason }, positions),
    ended: (reason) => ended.inc({ reason }),
    watchStreams(connections) {
      new Gauge({
        name: 'driver_streams',
        help: 'Streams of drivers that are open.',
        registers: [registry],
        collect() {
          this.set(connections());
        },
      });
    },
  };
}
