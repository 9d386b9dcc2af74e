import type { FastifyInstance, FastifySchema } from 'fastify';
import type { Clock } from '../core/clock.ts';
import type { AppError } from '../core/errors.ts';
import type { Priority } from '../core/priority.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Answers } from './answered.ts';
import { priorityOf } from './call-priorities.ts';
import { createTurns } from './turns.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who is shed first under load; by default what `call-priorities.ts` says of the call. */
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
  app.addHook('onRoute', ({ method, schema, config = {} }) => {
    const writes = method !== 'GET' && method !== 'HEAD';
    config.priority ??= priorityOf({ operationId: operationIdOf(schema), limit: config.limit, writes });
  });
  app.addHook('onRequest', (request, _reply, done) => {
    const { config } = request.routeOptions;
    if (config.exempt === true) return done();
    turns.enter((waitedMs) => {
      const writes = request.method !== 'GET' && request.method !== 'HEAD';
      const { priority = writes ? 'write' : 'read' } = config;
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

/** As the plugin for the document declares it. */
function operationIdOf(schema: FastifySchema | undefined): string | undefined {
  return schema?.operationId;
}
