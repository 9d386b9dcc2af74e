/** What every port may be opened with. */
import type { Config } from '../config/config.ts';
import type { Clock, Randomness } from '../core/clock.ts';
import type { PortStates } from '../resilience/port-states.ts';
import type { Health } from '../telemetry/health.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Tracing } from '../telemetry/trace.ts';

export interface PortsOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
  readonly health: Health;
  /** How wrapped ports are, for whoever decides what is served meanwhile. */
  readonly states: PortStates;
  /** What holds the data folder, in the words of its user. */
  readonly command: string;
  /** Whether a database that another process runs will do, as for a command beside `serve`. */
  readonly shared?: boolean;
  /** Gives up a start of the embedded database that is under way, which after a crash can take minutes. */
  readonly signal?: AbortSignal;
}
