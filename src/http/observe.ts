/** Counts, times, logs and traces every request. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Clock } from '../core/clock.ts';
import type { Log } from '../telemetry/log.ts';
import type { EndedRequest, Metrics } from '../telemetry/metrics.ts';
import type { EntrySpan, Tracing } from '../telemetry/trace.ts';
import type { Answers } from './answered.ts';

declare module 'fastify' {
  interface FastifyRequest {
    startedMs: number;
    span: EntrySpan | undefined;
  }
}

export interface ObserveOptions {
  readonly metrics: Metrics;
  readonly tracing: Tracing;
  readonly log: Log;
  readonly clock: Clock;
  readonly onAnswered: Answers['onAnswered'];
}

/** A request that takes longer is logged as slow. */
const SLOW_MS = 1_000;

export function registerObservation(app: FastifyInstance, options: ObserveOptions): void {
  const { metrics, tracing, log, clock, onAnswered } = options;
  app.decorateRequest('startedMs', 0);
  app.decorateRequest('span', undefined);
  app.addHook('onRequest', (request, reply, done) => {
    request.startedMs = clock.monotonicMs();
    metrics.requestStarted();
    reply.header('x-request-id', request.id);
    request.span = tracing.enter('server', request.method, {
      traceparent: request.headers['traceparent'],
      tracestate: request.headers['tracestate'],
    });
    if (request.span === undefined) done();
    else request.span.run(done);
  });
  onAnswered((request, statusCode) => {
    const durationMs = clock.monotonicMs() - request.startedMs;
    const route = request.is404 ? undefined : request.routeOptions.url;
    const { method } = request;
    const durationS = durationMs / 1_000;
    metrics.requestEnded({ method, route, priority: priorityOf(request), status: statusCode, durationS });
    request.span?.end({
      name: `${request.method} ${route ?? 'unknown'}`,
      attributes: { 'http.response.status_code': statusCode },
      failed: statusCode >= 500,
    });
    if (durationMs > SLOW_MS) log.warn(fieldsOf(request, statusCode, durationMs), 'slow request');
    else if (log.isLevelEnabled('debug')) log.debug(fieldsOf(request, statusCode, durationMs), 'request');
  });
}

/** What is asked at no known route is a read or a write all the same. */
function priorityOf({ routeOptions: { config }, method }: FastifyRequest): EndedRequest['priority'] {
  if (config.exempt === true) return 'exempt';
  return config.priority ?? (method === 'GET' || method === 'HEAD' ? 'read' : 'write');
}

function fieldsOf(request: FastifyRequest, status: number, durationMs: number): Record<string, unknown> {
  return {
    request_id: request.id,
    trace_id: request.span?.traceId,
    method: request.method,
    // The template: a path or a query may hold what does not belong in a log, such as the secret of a reset.
    route: request.is404 ? undefined : request.routeOptions.url,
    status,
    duration_ms: Math.round(durationMs * 10) / 10,
    user_id: request.principal?.userId,
  };
}
