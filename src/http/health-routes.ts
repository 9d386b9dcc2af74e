/** What balancers, orchestrators and Prometheus ask. Never limited, shed or authenticated. */
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { AppError } from '../core/errors.ts';
import { SERVICE_LEVELS } from '../core/service-level.ts';
import type { ServiceLevels } from '../resilience/service-levels.ts';
import type { Health, Readiness } from '../telemetry/health.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { isPassedOn } from './proxy-protocol.ts';
import type { App } from './server.ts';

const Ready = Type.Object({
  status: Type.String({
    description: 'ready, limited (its database is away: what needs none is answered), not_ready or draining',
  }),
  checks: Type.Record(
    Type.String(),
    Type.Object({
      status: Type.String({ description: 'up or down' }),
      duration_ms: Type.Number(),
      message: Type.Optional(Type.String()),
    }),
  ),
  service_level: Type.Optional(
    Type.Object(
      {
        level: Type.Enum([...SERVICE_LEVELS]),
        causes: Type.Record(Type.String(), Type.String(), {
          description: 'What each would lead to alone: load, engines that are away, forced by an operator.',
        }),
        forced_for_s: Type.Number({ description: 'For how long it is forced yet; 0: it is not.' }),
      },
      { description: 'How much of the product is served: full, partial, core or emergency.' },
    ),
  ),
});

const SERVES: ReadonlySet<Readiness> = new Set(['ready', 'limited']);

export interface HealthRoutesOptions {
  readonly health: Health;
  readonly metrics: Metrics;
  /** Of a process that serves more than this. */
  readonly levels?: ServiceLevels;
}

export function healthRoutes(app: App, { health, metrics, levels }: HealthRoutesOptions): void {
  const config = { access: 'public', exempt: true } as const;
  app.get(
    '/health/live',
    {
      config,
      schema: {
        tags: ['operations'],
        summary: 'Is the process alive?',
        operationId: 'getLive',
        response: { 200: Type.Object({ status: Type.String() }) },
      },
    },
    () => health.live(),
  );
  app.get(
    '/health/ready',
    {
      config,
      schema: {
        tags: ['operations'],
        summary: 'Can it serve anything? 503 if not, with the part that cannot.',
        operationId: 'getReady',
        response: { 200: Ready, 503: Ready },
      },
    },
    async (_request, reply) => {
      const report = await health.ready();
      return reply
        .code(SERVES.has(report.status) ? 200 : 503)
        .send(levels === undefined ? report : { ...report, service_level: describe(levels) });
    },
  );
  app.get(
    '/metrics',
    {
      config,
      schema: {
        tags: ['operations'],
        summary: 'Metrics in Prometheus text format',
        operationId: 'getMetrics',
        response: { 200: { content: { 'text/plain': { schema: Type.String() } } } },
      },
    },
    async (request, reply) => {
      if (comesByBalancer(request)) throw new AppError('not_found', 'There are no metrics here.');
      const text = await metrics.render();
      return reply.type(metrics.contentType).send(text);
    },
  );
}

/** Whoever does watches no single process, and may be anybody. A balancer refuses them too, if it reads what it passes on. */
function comesByBalancer({ ips, raw }: FastifyRequest): boolean {
  return (ips?.length ?? 0) > 1 || isPassedOn(raw.socket);
}

function describe(levels: ServiceLevels) {
  return {
    level: levels.current(),
    causes: levels.byCause(),
    forced_for_s: Math.ceil(levels.forcedForMs() / 1_000),
  };
}
