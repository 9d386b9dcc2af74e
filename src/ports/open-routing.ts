/** From configuration to who says how long ways are: the roads in the data folder, or the great circle where there are none. */
import type { Config } from '../config/config.ts';
import { readRoadFile } from '../roads/road-file.ts';
import { roadFilePaths } from '../roads/road-folder.ts';
import { createRoads, type Roads } from '../roads/roads.ts';
import { createRoutingMetrics } from '../telemetry/routing-metrics.ts';
import type { PortsOptions } from './ports-options.ts';
import { createFallbackRouting } from './routing/fallback-routing.ts';
import { greatCircleRouting } from './routing/great-circle-routing.ts';
import { createRoadsRouting } from './routing/roads-routing.ts';
import type { Routing } from './routing/routing.ts';

export interface OpenRoutingOptions extends Pick<PortsOptions, 'clock' | 'metrics' | 'log' | 'health'> {
  readonly config: Pick<Config, 'dataFolder'>;
}

export async function openRouting(options: OpenRoutingOptions): Promise<Routing> {
  const { clock, metrics, log } = options;
  const { answers: onAnswers } = createRoutingMetrics(metrics.registry);
  const towns = await readTowns(options);
  return towns.length === 0
    ? createFallbackRouting({ routing: greatCircleRouting, source: 'great_circle', onAnswers, log })
    : createFallbackRouting({
        routing: createRoadsRouting({ towns, clock }),
        source: 'roads',
        onAnswers,
        log,
      });
}

/** What cannot be read is shown, and no reason not to start: that town has the great circle. */
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
  const [failure] = failures;
  const check = async (): Promise<void> => {
    if (failure !== undefined) throw failure;
  };
  if (towns.length + failures.length > 0) health.addCheck('routing', check, { optional: true });
  return towns;
}
