import type { Clock } from '../core/clock.ts';
import type { Arrivals } from './arrivals.ts';
import type { BenchStage } from './bench-stage.ts';
import type { Crowd } from './crowd/crowd.ts';
import type { ExperimentName } from './experiments/experiment-names.ts';
import type { Cores } from './pinned-process.ts';
import type { ScenarioName } from './scenarios.ts';

export interface BenchOptions {
  readonly stage: BenchStage;
  readonly scenarios: readonly (ScenarioName | ExperimentName)[];
  /** The people of a graph, whom some scenarios need: `NEEDS_CROWD`. */
  readonly crowd: Crowd | undefined;
  /** Of those that are made for the scenarios that need no graph. */
  readonly users: number;
  readonly posts: number;
  readonly follows: number;
  /** That are opened. */
  readonly links: number;
  readonly skew: number;
  readonly seed: number;
  readonly connections: number;
  readonly rounds: number;
  readonly seconds: number;
  /** How long scenarios on a graph run before anything counts, so that what is cached is cached. */
  readonly warmUpSeconds: number;
  /** Of the open loop, operations a second; by default half of what the closed loop reached first. */
  readonly rate: number | undefined;
  readonly arrivals: Arrivals;
  readonly serverCores: Cores;
  readonly loadCores: Cores;
  /** From how many followers on an author is not pushed, as the server was told. */
  readonly pullFollowers: number;
  /** In which `search` searches. */
  readonly searchPosts: number;
  /** Tells this run's names and keys from those of others. */
  readonly runId: string;
  readonly clock: Clock;
  /** Ends the bench early: it fails then, once its processes are stopped. */
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}
