/**
 * From configuration to who says how long ways are: an engine by its URL, the roads in the data folder, or the great circle; and to
 * the streets below maps, which are those roads.
 */
import type { Config } from '../config/config.ts';
import type { RoutingAddress } from '../core/routing-address.ts';
import { type MethodPolicies, wrapPort } from '../resilience/wrap-port.ts';
import { readRoadFile } from '../roads/road-file.ts';
import { roadFilePaths } from '../roads/road-folder.ts';
import { attributionOf } from '../roads/road-sources.ts';
import { createRoads } from '../roads/roads.ts';
import { createRoutingMetrics } from '../telemetry/routing-metrics.ts';
import type { PortsOptions } from './ports-options.ts';
import { createFallbackRouting, type RoutingSource } from './routing/fallback-routing.ts';
import { greatCircleRouting } from './routing/great-circle-routing.ts';
import { createOsrmRouting } from './routing/osrm-routing.ts';
import { createRoadsRouting } from './routing/roads-routing.ts';
import type { Routing } from './routing/routing.ts';
import type { EngineRouting } from './routing/routing-engine.ts';
import { createValhallaRouting } from './routing/valhalla-routing.ts';
import { createRoadsStreetMap, type StreetTown } from './street-map/roads-street-map.ts';
import type { StreetMap } from './street-map/street-map.ts';

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

export interface OpenedRouting {
  readonly routing: Routing;
  /** Without streets where an engine is asked, which has them for itself. */
  readonly streetMap: StreetMap;
}

/** What is wrong with roads or an engine is shown, and no reason to be sent no requests. */
export async function openRouting(options: OpenRoutingOptions): Promise<OpenedRouting> {
  const { answers: onAnswers } = createRoutingMetrics(options.metrics.registry);
  const towns = options.config.routing === undefined ? await readTowns(options) : [];
  const [source, routing] = chooseRouting(options, towns);
  return {
    routing: createFallbackRouting({ routing, source, onAnswers, log: options.log }),
    streetMap: createRoadsStreetMap(towns),
  };
}

function chooseRouting(
  options: OpenRoutingOptions,
  towns: readonly StreetTown[],
): readonly [RoutingSource, Routing] {
  const { config, clock } = options;
  if (config.routing !== undefined) return [config.routing.engine, openEngine(config.routing, options)];
  if (towns.length === 0) return ['great_circle', greatCircleRouting];
  return ['roads', createRoadsRouting({ towns: towns.map(({ roads }) => roads), clock })];
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

async function readTowns({ config, log, health }: OpenRoutingOptions): Promise<readonly StreetTown[]> {
  const towns: StreetTown[] = [];
  const failures: unknown[] = [];
  for (const path of await roadFilePaths(config.dataFolder)) {
    try {
      const { city, source, graph, contraction } = await readRoadFile(path);
      towns.push({ roads: createRoads(city, graph, contraction), attribution: attributionOf(source) });
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
