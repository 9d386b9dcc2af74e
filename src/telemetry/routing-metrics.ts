/** Who says how long ways are. */
import { Counter, type Registry } from 'prom-client';

export interface RoutingMetrics {
  answers(source: string, pairs: number): void;
}

export function createRoutingMetrics(registry: Registry): RoutingMetrics {
  const answers = new Counter({
    name: 'routing_answers_total',
    help: 'Ways that were reckoned, by who did: roads (the road graphs in the data folder), osrm, valhalla, or great_circle, which answers for all of them where they cannot.',
    labelNames: ['source'],
    registers: [registry],
  });
  return { answers: (source, pairs) => answers.inc({ source }, pairs) };
}
