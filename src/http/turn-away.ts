import type { FastifyInstance } from 'fastify';
import type { AppError } from '../core/errors.ts';
import type { Priority } from '../resilience/shed.ts';
import type { Metrics } from '../telemetry/metrics.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who is shed first under load; by default `read` for GET and HEAD, `write` for the rest. */
    priority?: Priority;
  }
}

export interface Refusal {
  readonly error: AppError;
  /** For the metric. */
  readonly reason: string;
}

/** Says, at the cost of a few comparisons, why a request cannot be taken now. */
export type TurnAway = (priority: Priority, writes: boolean) => Refusal | undefined;

/** Refuses cheaply, before authentication, what could not be done well: overload, a disk down to its reserve. */
export function registerTurningAway(
  app: FastifyInstance,
  { turnAway, metrics }: { readonly turnAway: TurnAway; readonly metrics: Metrics },
): void {
  app.addHook('onRequest', (request, _reply, done) => {
    const { config } = request.routeOptions;
    if (config.exempt === true) return done();
    const writes = request.method !== 'GET' && request.method !== 'HEAD';
    const refusal = turnAway(config.priority ?? (writes ? 'write' : 'read'), writes);
    if (refusal === undefined) return done();
    metrics.refusal(refusal.reason);
    return done(refusal.error);
  });
}
