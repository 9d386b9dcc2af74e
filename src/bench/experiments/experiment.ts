/** What is measured by figures of its own, not as requests a second beside a bare server. */

import type { Crowd } from '../crowd/crowd.ts';
import type { Workshop } from '../workshop.ts';

export const EXPERIMENT_NAMES = [
  'fan-out',
  'deliveries',
  'redis-deliveries',
  'lag',
  'hot-like',
  'refresh-ahead',
  'write-through',
  'live-broadcast',
  'live-delivery',
  'live-idle',
  'database-reads',
  'load-steps',
  'cold-start',
  'search',
  'clicks',
  'photos',
  'blobs',
  'geo-index',
  'redis-geo-index',
  'driver-positions',
  'live-trips',
  'dispatch',
  'routing',
  'ledger',
  'surge',
  'balancer',
] as const;
export type ExperimentName = (typeof EXPERIMENT_NAMES)[number];

export interface Figure {
  readonly label: string;
  /** `undefined`: the server, or the system, does not tell. */
  readonly value: number | string | undefined;
  readonly unit: string;
}

export interface Finding {
  readonly name: ExperimentName;
  readonly purpose: string;
  readonly figures: readonly Figure[];
  /** What the figures were made of, row by row; the first row has the titles. */
  readonly table?: readonly (readonly string[])[];
}

export interface ExperimentWorkshop extends Workshop {
  readonly crowd: Crowd;
}

export interface Experiment {
  readonly name: ExperimentName;
  readonly purpose: string;
  run(workshop: ExperimentWorkshop): Promise<Finding>;
}
