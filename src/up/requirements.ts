/** What must be there before anything of a topology is started. */
import { ConfigError, loadConfig } from '../config/config.ts';
import type { Environment } from '../config/env.ts';
import { SETTINGS } from '../config/settings.ts';
import { entranceHosts } from '../planner/balancer-pools.ts';
import type { Topology } from '../planner/topology.ts';
import {
  ENGINE_SETTINGS,
  type EngineUrls,
  MADE_SETTINGS,
  PROCESS_HOST,
  serveEnvironment,
} from '../planner/topology-environment.ts';
import { plannedProcesses, planTopology, type TopologyPlan } from '../planner/topology-plan.ts';
import type { TopologyProblem } from '../planner/topology-problem.ts';
import { missingHaproxy } from './engines/haproxy-engine.ts';
import { missingKafka } from './engines/kafka-engine.ts';
import { readOperatorCertificate } from './engines/operator-certificate.ts';
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
  s3: 's3://key:secret@127.0.0.1/bucket',
};
const SAMPLE_PORT = 20_000;

/**
 * Every mistake in what the processes will be told, before one of them is: in the settings of the topology, in the
 * environment that they inherit, in the URLs of engines.
 */
export function settingProblems(topology: Topology, environment: Environment): TopologyProblem[] {
  const { engines } = topology;
  const urlOf = (engine: keyof EngineUrls): string | undefined => {
    const found = engines[engine];
    if (found === undefined || found.kind === 'embedded') return undefined;
    // Of one that could not be read nothing is known.
    return (found.kind === 'external' ? found.url : '') || SAMPLE_URLS[engine];
  };
  const engineUrls = {
    ...{ postgres: urlOf('postgres'), redis: urlOf('redis'), kafka: urlOf('kafka'), s3: urlOf('s3') },
  };
  return planTopology(topology).serves.flatMap(({ group, roles, systems, settings }) => {
    const place = { roles, systems, settings, engineUrls, port: SAMPLE_PORT, dataFolder: 'data' };
    const balancer = engines.haproxy && { ...engines.haproxy, url: '' };
    const told = serveEnvironment({ ...place, balancer });
    return problemsOf({ ...environment, ...told }).flatMap((problem) => {
      return problemAt(problem, { topology, group, environment });
    });
  });
}

/** Of a balancer with a certificate of the operator's: why it could not start with it. */
export function certificateProblems(topology: Topology, nowMs: number): TopologyProblem[] {
  const read = readCertificateOf(topology, nowMs);
  if (read?.problem === undefined) return [];
  const path = ['engines', 'haproxy', 'tls', 'certificate'];
  return [{ path, message: `names ${read.file}, ${read.problem}`, from: [path] }];
}

/** What is to be known of it although it can start. */
export function certificateNotes(topology: Topology, nowMs: number): readonly string[] {
  return readCertificateOf(topology, nowMs)?.notes ?? [];
}

function readCertificateOf(topology: Topology, nowMs: number) {
  const file = topology.engines.haproxy?.tls?.certificate;
  // Of one that could not be read from the topology nothing is known.
  if (file === undefined || file === '') return undefined;
  return { file, ...readOperatorCertificate({ file, hosts: entranceHosts(topology), nowMs }) };
}

/** Where in the file it can be mended, if it can. */
function problemAt(
  problem: string,
  { topology, group, environment }: { topology: Topology; group: string; environment: Environment },
): TopologyProblem[] {
  const [name = ''] = /^GROUNDSWELL_\w+/.exec(problem) ?? [];
  const message = problem.slice(name.length).trimStart();
  const own = topology.processes.find((each) => each.name === group)?.settings ?? {};
  const engine = Object.entries(ENGINE_SETTINGS).find(([, settings]) => settings.includes(name))?.[0];
  if (name in own || name in topology.settings) {
    // The rules of the topology say it of those that there are not.
    if (!(name in SETTINGS)) return [];
    const path = name in own ? ['processes', group, 'settings', name] : ['settings', name];
    return [{ path, message, from: [path] }];
  }
  if (engine !== undefined && isExternal(topology, engine)) {
    const path = ['engines', engine, 'url'];
    return [{ path, message, from: [path] }];
  }
  const isInherited = name in environment && !MADE_SETTINGS.includes(name);
  return [{ path: undefined, message: problem, from: isInherited ? [] : CONNECTED }];
}

/** By which settings that are right by themselves may not go together. */
const CONNECTED = [
  ['processes', '*', 'roles'],
  ['processes', '*', 'systems'],
  ['engines', '*', 'url'],
] as const;

function isExternal({ engines }: Topology, engine: string): boolean {
  return Object.entries(engines).some(([name, each]) => name === engine && each?.kind === 'external');
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
