/** Every experiment, in the order in which they run: what restarts the server comes last. */

import { coldStartExperiment } from './cold-start.ts';
import { deliveriesExperiment } from './deliveries.ts';
import type { Experiment } from './experiment.ts';
import { fanOutExperiment } from './fan-out.ts';
import { hotLikeExperiment } from './hot-like.ts';
import { lagExperiment } from './lag.ts';
import { refreshAheadExperiment } from './refresh-ahead.ts';
import { writeThroughExperiment } from './write-through.ts';

export const EXPERIMENTS: readonly Experiment[] = [
  fanOutExperiment,
  deliveriesExperiment,
  lagExperiment,
  hotLikeExperiment,
  refreshAheadExperiment,
  writeThroughExperiment,
  coldStartExperiment,
];
