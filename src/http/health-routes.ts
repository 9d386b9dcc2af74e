/** What balancers, orchestrators and Prometheus ask. Never limited, shed or authenticated. */
import { Type } from 'typebox';
import type { Health } from '../telemetry/health.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { App } from './server.ts';

const Ready = Type.Object({
  status: Type.String({ description: 'ready, not_ready or draining' }),
  checks: Type.Record(
    Type.String(),
    Type.Object({
      status: Type.String({ description: 'up or down' }),
      duration_ms: Type.Number(),
      message: Type.Optional(Type.String()),
    }),
  ),
});

export interface HealthRoutesOptions {
  readonly health: Health;
  readonly metrics: Metrics;
}

export function healthRoutes(app: App, { health, metrics }: HealthRoutesOptions): void {
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
        summary: 'Can it serve? 503 if not, with the part that cannot.',
        operationId: 'getReady',
        response: { 200: Ready, 503: Ready },
      },
    },
    async (_request, reply) => {
      const report = await health.ready();
      return reply.code(report.status === 'ready' ? 200 : 503).send(report);
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
    async (_request, reply) => {
      const text = await metrics.render();
      return reply.type(metrics.contentType).send(text);
    },
  );
}
