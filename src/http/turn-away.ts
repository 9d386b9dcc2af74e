import type { FastifyInstance } from 'fastify';
import type { Clock } from '../core/clock.ts';
import type { AppError } from '../core/errors.ts';
import type { Priority } from '../resilience/shed.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Answers } from './answered.ts';
import type { LimitClass } from './rate-limit.ts';
import { createTurns } from './turns.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who is shed first under load; by default `critical` for signing in, `read` for GET and HEAD, else `write`. */
    priority?: Priority;
  }
  interface FastifyRequest {
    /** Counted among those in flight. */
    admitted: boolean;
  }
}

export interface Refusal {
  readonly error: AppError;
  /** For the metric. */
  readonly reason: string;
}

export interface Arrival {
  readonly priority: Priority;
  readonly writes: boolean;
  /** For its turn in this process. */
  readonly waitedMs: number;
  /** Requests that are admitted and not answered yet. */
  readonly inFlight: number;
}

/** Says, at the cost of a few comparisons, why a request cannot be taken now. */
export type TurnAway = (arrival: Arrival) => Refusal | undefined;

export interface TurningAwayOptions {
  readonly turnAway: TurnAway;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly onAnswered: Answers['onAnswered'];
}

/** Refuses cheaply, before authentication, what could not be done well: overload, a disk down to its reserve. */
export function registerTurningAway(
  app: FastifyInstance,
  { turnAway, metrics, clock, onAnswered }: TurningAwayOptions,
): void {
  const turns = createTurns(clock);
  metrics.watchQueue('requests', turns.waiting);
  let inFlight = 0;
  app.decorateRequest('admitted', false);
  app.addHook('onRequest', (request, _reply, done) => {
    const { config } = request.routeOptions;
    if (config.exempt === true) return done();
    turns.enter((waitedMs) => {
      const writes = request.method !== 'GET' && request.method !== 'HEAD';
      const priority = config.priority ?? priorityOf(config.limit, writes);
      const refusal = turnAway({ priority, writes, waitedMs, inFlight });
      if (refusal !== undefined) {
        metrics.refusal(refusal.reason);
        return done(refusal.error);
      }
      request.admitted = true;
      inFlight += 1;
      done();
    });
  });
  onAnswered((request) => {
    // Not every answer was admitted: some are refused here, or given before.
    if (request.admitted) inFlight -= 1;
  });
}

function priorityOf(limit: LimitClass | undefined, writes: boolean): Priority {
  if (limit === 'sign-in') return 'critical';
  return writes ? 'write' : 'read';
}
