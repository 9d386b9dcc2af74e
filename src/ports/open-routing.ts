/** From configuration to who says how long ways are. */
import { createRoutingMetrics } from '../telemetry/routing-metrics.ts';
import type { PortsOptions } from './ports-options.ts';
import { createFallbackRouting } from './routing/fallback-routing.ts';
import { greatCircleRouting } from './routing/great-circle-routing.ts';
import type { Routing } from './routing/routing.ts';

export async function openRouting({ metrics, log }: Pick<PortsOptions, 'metrics' | 'log'>): Promise<Routing> {
  const { answers: onAnswers } = createRoutingMetrics(metrics.registry);
  return createFallbackRouting({ routing: greatCircleRouting, source: 'great_circle', onAnswers, log });
}
