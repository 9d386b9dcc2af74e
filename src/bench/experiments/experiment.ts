/** What is measured by figures of its own, not as requests a second beside a bare server. */

import type { Crowd } from '../crowd/crowd.ts';
import type { Workshop } from '../workshop.ts';
import type { ExperimentName } from './experiment-names.ts';

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

/** Of the things that an experiment does whatever its slices: all of them, but in a short run (slices of less than a second) a share. */
export function amountOf(count: number, { seconds }: { readonly seconds: number }): number {
  return Math.max(1, Math.round(count * Math.min(1, seconds)));
}
