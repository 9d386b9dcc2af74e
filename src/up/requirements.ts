/** What must be there before anything of a topology is started. */
import { ConfigError, loadConfig } from '../config/config.ts';
import type { Environment } from '../config/env.ts';
import type { Topology } from '../planner/topology.ts';
import { type EngineUrls, PROCESS_HOST, serveEnvironment } from '../planner/topology-environment.ts';
import { plannedProcesses, type TopologyPlan } from '../planner/topology-plan.ts';
import { missingHaproxy } from './engines/haproxy-engine.ts';
import { missingKafka } from './engines/kafka-engine.ts';
import { missingPatroni } from './engines/patroni-engine.ts';
import { missingRedis } from './engines/redis-engine.ts';
import type { PortWish } from './ports.ts';
import type { MissingProgram } from './programs.ts';

/** Of PostgreSQL there is always one: that of the system, or the one inside. Only several need more. */
export function missingPrograms({ engines }: Topology, environment: Environment): MissingProgram[] {
  const { postgres, redis, kafka, haproxy } = engines;
  return [
    ...(postgres.kind === 'started' && postgres.nodes > 1 ? missingPatroni({ environment }) : []),
    ...(redis?.kind === 'started' ? missingRedis({ environment }) : []),
    ...(kafka?.kind === 'started' ? missingKafka({ kafka, environment }) : []),
    ...(haproxy === undefined ? [] : missingHaproxy({ haproxy, environment })),
  ];
}

export function portWishes(plan: TopologyPlan, { engines }: Topology): PortWish[] {
  return plannedProcesses(plan).flatMap(({ name, kind, port, furtherPorts }) => {
    const host = kind === 'haproxy' ? (engines.haproxy?.host ?? PROCESS_HOST) : PROCESS_HOST;
    const further = furtherPorts.map(({ purpose, port: named }) => ({
      ...{ name: `${name} ${purpose}`, host: named === undefined ? PROCESS_HOST : host, port: named },
    }));
    return [{ name, host, port }, ...further];
  });
}

/** As they will look; only what stands in them is not known yet. */
const SAMPLE_URLS: Readonly<Record<keyof EngineUrls, string>> = {
  postgres: `postgres://${PROCESS_HOST}/groundswell`,
  redis: `redis://${PROCESS_HOST}`,
  kafka: `kafka://${PROCESS_HOST}:9092`,
  s3: '',
};
const SAMPLE_PORT = 20_000;

/**
 * Every mistake in what the processes will be told, before one of them is: in the settings of the topology, in the
 * environment that they inherit, in the URLs of engines. Throws a `ConfigError`.
 */
export function refuseBadSettings(
  { engines, name }: Topology,
  plan: TopologyPlan,
  environment: Environment,
): void {
  const urlOf = (engine: keyof EngineUrls): string | undefined => {
    const found = engines[engine];
    if (found === undefined || found.kind === 'embedded') return undefined;
    return found.kind === 'external' ? found.url : SAMPLE_URLS[engine];
  };
  const engineUrls = {
    ...{ postgres: urlOf('postgres'), redis: urlOf('redis'), kafka: urlOf('kafka'), s3: urlOf('s3') },
  };
  const problems = plan.serves.flatMap(({ roles, systems, settings }) => {
    const place = { roles, systems, settings, engineUrls, port: SAMPLE_PORT, dataFolder: 'data' };
    const balancer = engines.haproxy && { ...engines.haproxy, url: '' };
    return problemsOf({ ...environment, ...serveEnvironment({ ...place, balancer }) });
  });
  if (problems.length > 0) throw new ConfigError([...new Set(problems)], `What ${name} tells its processes`);
}

function problemsOf(environment: Environment): readonly string[] {
  try {
    loadConfig(environment);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}
