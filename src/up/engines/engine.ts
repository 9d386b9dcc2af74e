/** What all engines of `up` are made of. */
import type { Environment } from '../../config/env.ts';
import type { Clock } from '../../core/clock.ts';
import type { PlannedProcess } from '../../planner/topology-plan.ts';
import type { Log } from '../../telemetry/log.ts';

export interface EngineDeps {
  readonly planned: PlannedProcess;
  /** Its own, in the data folder of `up`. */
  readonly folder: string;
  /** The port of a process, or that of `kafka controller`. */
  readonly portOf: (name: string) => number;
  readonly environment: Environment;
  readonly clock: Clock;
  readonly log: Log;
}

/** Engines listen there, and nowhere else. */
export const ENGINE_HOST = '127.0.0.1';

/** What a program of somebody else's is told of our environment: none of our settings, none of our secrets. */
export function engineEnvironment({ PATH, HOME, TMPDIR, JAVA_HOME }: Environment): Environment {
  return { PATH, HOME, TMPDIR, JAVA_HOME, LC_ALL: 'C', TZ: 'UTC' };
}
