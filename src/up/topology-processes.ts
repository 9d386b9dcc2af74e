/** From a topology to what can be started: engines with their addresses, and the processes that are told them. */
import path from 'node:path';
import type { Environment } from '../config/env.ts';
import type { Clock } from '../core/clock.ts';
import { balancerPools, localAddresses, publicHostOf } from '../planner/balancer-pools.ts';
import type { Topology } from '../planner/topology.ts';
import type { EngineUrls, ServePlace } from '../planner/topology-environment.ts';
import type { TopologyPlan } from '../planner/topology-plan.ts';
import type { Log } from '../telemetry/log.ts';
import { createHaproxyEngine, hostToAsk } from './engines/haproxy-engine.ts';
import { createKafkaEngine } from './engines/kafka-engine.ts';
import { createPatroniEngine } from './engines/patroni-engine.ts';
import { createPostgresEngine } from './engines/postgres-engine.ts';
import { createRedisEngine } from './engines/redis-engine.ts';
import type { ProcessSpec } from './process-spec.ts';
import { createServeProcess } from './serve-process.ts';

export interface TopologyDeps {
  readonly topology: Topology;
  readonly plan: TopologyPlan;
  /** Absolute; that of `up` is below it. */
  readonly dataFolder: string;
  readonly upFolder: string;
  readonly portOf: (name: string) => number;
  readonly environment: Environment;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Engines {
  readonly specs: readonly ProcessSpec[];
  readonly urls: EngineUrls;
  /** Once all of them answer: what makes one of several. */
  join(): Promise<void>;
}

/** Makes what they need on the disk, such as a new database. Nothing runs yet. */
export async function prepareEngines(deps: TopologyDeps): Promise<Engines> {
  const { topology, plan, upFolder } = deps;
  const { postgres, redis, kafka, s3 } = topology.engines;
  const planned = (kind: string) => plan.engines.filter((engine) => engine.kind === kind);
  const folder = (name: string) => path.join(upFolder, name);
  const databases = planned('postgres');
  const [database] = databases;
  const [etcd] = planned('etcd');
  const [broker] = planned('kafka');
  async function preparePostgres() {
    const place = { ...deps, folder: folder('postgres') };
    if (etcd !== undefined)
      return createPatroniEngine({ ...place, etcd, planned: databases }, connectionsOf(deps));
    if (database === undefined) return undefined;
    const { spec, url } = await createPostgresEngine({ ...place, planned: database }, connectionsOf(deps));
    return { specs: [spec], url, join: async () => undefined };
  }
  // A new database and a new broker take seconds to be made, each on its own.
  const [startedPostgres, startedRedis, startedKafka] = await Promise.all([
    preparePostgres(),
    redis?.kind === 'started'
      ? createRedisEngine({ ...deps, redis, planned: planned('redis'), folder: folder('redis') })
      : undefined,
    kafka?.kind === 'started' && broker !== undefined
      ? createKafkaEngine({ ...deps, kafka, planned: broker, folder: folder('kafka') })
      : undefined,
  ]);
  return {
    specs: [...(startedPostgres?.specs ?? []), ...(startedRedis?.specs ?? []), startedKafka?.spec].filter(
      (spec) => spec !== undefined,
    ),
    urls: {
      postgres: startedPostgres?.url ?? externalUrl(postgres),
      redis: startedRedis?.url ?? externalUrl(redis),
      kafka: startedKafka?.url ?? externalUrl(kafka),
      s3: externalUrl(s3),
    },
    join: async () => void (await Promise.all([startedPostgres?.join(), startedRedis?.join()])),
  };
}

function externalUrl(
  engine: { readonly kind: string; readonly url?: string } | undefined,
): string | undefined {
  return engine?.kind === 'external' ? engine.url : undefined;
}

/** Besides the pool: for the event log, searches, listening, holding names. */
const CONNECTIONS_BESIDE_POOL = 12;
/** For commands beside, and for whoever looks. */
const CONNECTIONS_SPARE = 30;
const POOL_SIZE = 'GROUNDSWELL_DATABASE_POOL_SIZE';
const POOL_SIZE_DEFAULT = 10;

/** As many as all processes together may open. */
function connectionsOf({ plan, environment }: TopologyDeps): number {
  const pools = plan.serves.map(({ settings }) =>
    Number(settings[POOL_SIZE] ?? environment[POOL_SIZE] ?? POOL_SIZE_DEFAULT),
  );
  return pools.reduce((sum, pool) => sum + pool + CONNECTIONS_BESIDE_POOL, CONNECTIONS_SPARE);
}

/** Where clients come in. */
export function entranceUrl({ topology, plan, portOf }: Omit<TopologyDeps, 'upFolder'>): string {
  const { haproxy } = topology.engines;
  if (haproxy !== undefined) {
    const host = hostToAsk(haproxy.host);
    const named = host.includes(':') ? `[${host}]` : host;
    return haproxy.tls === undefined
      ? `http://${named}:${haproxy.port}`
      : `https://${named}:${haproxy.tls.port}`;
  }
  const [first] = plan.serves.filter(({ roles }) => roles.includes('api'));
  return `http://127.0.0.1:${portOf(first?.name ?? '')}`;
}

/** Where each process of the product is, and what it is connected to. */
export function servePlace(
  deps: TopologyDeps,
  engineUrls: EngineUrls,
  name: string,
): Omit<ServePlace, 'roles' | 'systems' | 'settings'> {
  const { topology, dataFolder, portOf } = deps;
  const { haproxy } = topology.engines;
  const balancer = haproxy && { ...haproxy, url: entranceUrl(deps) };
  return { port: portOf(name), dataFolder, engineUrls, balancer };
}

export function createServeProcesses(deps: TopologyDeps, engineUrls: EngineUrls): ProcessSpec[] {
  return deps.plan.serves.map((planned) =>
    createServeProcess({ ...deps, planned, place: servePlace(deps, engineUrls, planned.name) }),
  );
}

export async function createBalancer(deps: TopologyDeps): Promise<ProcessSpec | undefined> {
  const { topology, plan, upFolder, portOf } = deps;
  const { haproxy } = topology.engines;
  if (haproxy === undefined || plan.balancer === undefined) return undefined;
  return createHaproxyEngine({
    ...deps,
    haproxy,
    planned: plan.balancer,
    folder: path.join(upFolder, 'haproxy'),
    pools: balancerPools(topology, localAddresses(topology, portOf)),
    publicHost: publicHostOf(topology),
  });
}
