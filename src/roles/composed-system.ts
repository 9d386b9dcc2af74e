/** What a system is to the roles, and what it is composed from. */
import type { TSchema } from 'typebox';
import type { Config } from '../config/config.ts';
import type { SystemName } from '../config/systems.ts';
import type { Clock, Randomness } from '../core/clock.ts';
import type { Job } from '../core/job.ts';
import type { Front } from '../http/front.ts';
import type { App } from '../http/server.ts';
import type { Subscription, TailFollower } from '../ports/event-log/event-log.ts';
import type { Ports } from '../ports/open-ports.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Tracing } from '../telemetry/trace.ts';

export interface ProductDeps {
  readonly config: Config;
  readonly ports: Ports;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
  /** Where people reach this server; known once it listens. */
  readonly publicUrl: () => string;
}

/** What the roles run of one system. */
export interface ComposedSystem {
  /** Of those that can be answered by processes of their own. */
  readonly name?: SystemName;
  /** Schemas that its routes refer to. */
  readonly schemas?: readonly TSchema[];
  /** Its calls, below the prefix of the API. */
  routes?(app: App): void;
  /** What people open in a browser, at the root. */
  pages?(app: App): void;
  /** What is answered before all that. One system has such a thing. */
  readonly front?: Front;
  readonly tails?: readonly TailFollower[];
  readonly subscriptions?: readonly Subscription[];
  readonly jobs?: readonly Job[];
  /** Accepted work that waits in this process. */
  queued?(): number;
  /** The process is going to stop: lets go of connections that would not end by themselves. */
  drain?(): void;
  close?(): Promise<void>;
}
