/** From configuration to who says how long ways are: an engine by its URL, the roads in the data folder, or the great circle. */
import type { Config } from '../config/config.ts';
import type { RoutingAddress } from '../core/routing-address.ts';
import { type MethodPolicies, wrapPort } from '../resilience/wrap-port.ts';
import { readRoadFile } from '../roads/road-file.ts';
import { roadFilePaths } from '../roads/road-folder.ts';
import { createRoads, type Roads } from '../roads/roads.ts';
import { createRoutingMetrics } from '../telemetry/routing-metrics.ts';
import type { PortsOptions } from './ports-options.ts';
import { createFallbackRouting, type RoutingSource } from './routing/fallback-routing.ts';
import { greatCircleRouting } from './routing/great-circle-routing.ts';
import { createOsrmRouting } from './routing/osrm-routing.ts';
import { createRoadsRouting } from './routing/roads-routing.ts';
import type { Routing } from './routing/routing.ts';
import type { EngineRouting } from './routing/routing-engine.ts';
import { createValhallaRouting } from './routing/valhalla-routing.ts';

export interface OpenRoutingOptions
  extends Pick<PortsOptions, 'clock' | 'randomness' | 'metrics' | 'tracing' | 'log' | 'health' | 'states'> {
  readonly config: Pick<Config, 'dataFolder' | 'routing'>;
}

/** Somebody waits for a price; and a batch of requests is made anew after 2 s. The great circle is there at once. */
const POLICIES: MethodPolicies<EngineRouting> = {
  estimate: { idempotent: true, totalMs: 1_500, tryMs: 700 },
  route: { idempotent: true, totalMs: 2_500, tryMs: 1_200 },
  durations: { idempotent: true, totalMs: 1_500, tryMs: 1_500, retriesMax: 0 },
};
const BULKHEAD = { concurrencyMax: 64, queueMax: 256, queueAgeMaxMs: 500 };

/** What is wrong with roads or an engine is shown, and no reason to be sent no requests. */
export async function openRouting(options: OpenRoutingOptions): Promise<Routing> {
  const { answers: onAnswers } = createRoutingMetrics(options.metrics.registry);
  const [source, routing] = await chooseRouting(options);
  return createFallbackRouting({ routing, source, onAnswers, log: options.log });
}

async function chooseRouting(options: OpenRoutingOptions): Promise<readonly [RoutingSource, Routing]> {
  const { config, clock } = options;
  if (config.routing !== undefined) return [config.routing.engine, openEngine(config.routing, options)];
  const towns = await readTowns(options);
  if (towns.length === 0) return ['great_circle', greatCircleRouting];
  return ['roads', createRoadsRouting({ towns, clock })];
}

function openEngine(address: RoutingAddress, options: OpenRoutingOptions): Routing {
  const engine = address.engine === 'osrm' ? createOsrmRouting(address) : createValhallaRouting(address);
  options.health.addCheck('routing', () => engine.ping(), { optional: true });
  return wrapPort<EngineRouting>(engine, {
    name: 'routing',
    methods: POLICIES,
    bulkhead: BULKHEAD,
    deps: options,
  });
}

async function readTowns({ config, log, health }: OpenRoutingOptions): Promise<readonly Roads[]> {
  const towns: Roads[] = [];
  const failures: unknown[] = [];
  for (const path of await roadFilePaths(config.dataFolder)) {
    try {
      const { city, graph, contraction } = await readRoadFile(path);
      towns.push(createRoads(city, graph, contraction));
      log.info({ city, crossings: graph.nodeLats.length }, 'the roads of a city were read');
    } catch (error) {
      failures.push(error);
      log.error(
        { err: error, path },
        'the roads of a city cannot be read; its ways are reckoned by the great circle',
      );
    }
  }
  const check = async (): Promise<void> => {
    if (failures.length > 0) throw failures[0];
  };
  if (towns.length + failures.length > 0) health.addCheck('routing', check, { optional: true });
  return towns;
}
