/** From a topology to processes: their names, in the order in which they start, and the ports that they take. */

import type { Role } from '../config/roles.ts';
import type { SystemName } from '../config/systems.ts';
import type { StartedEngine } from './started-engine.ts';
import type { ProcessGroup, Topology } from './topology.ts';
import type { StartedPostgres, StartedRedis } from './topology-engines.ts';

/** One process that shall run. */
export interface PlannedProcess {
  /** Unique: `postgres`, `redis-2`, `api-1`. */
  readonly name: string;
  /** What it is, in a word or two, for people. */
  readonly role: string;
  readonly kind: ProcessKind;
  /** What it listens on; `undefined`: on any that is free. */
  readonly port: number | undefined;
  /** Ports besides, for itself; any that is free where none is named. */
  readonly furtherPorts: readonly FurtherPort[];
  readonly cpu: number | undefined;
}

export interface FurtherPort {
  readonly purpose: string;
  readonly port?: number;
}

export type ProcessKind = 'postgres' | 'etcd' | 'redis' | 'kafka' | 'haproxy' | 'serve';

/** A process of the product. */
export interface PlannedServe extends PlannedProcess {
  readonly kind: 'serve';
  readonly group: string;
  readonly roles: readonly Role[];
  readonly systems: readonly SystemName[] | undefined;
  readonly settings: Readonly<Record<string, string>>;
}

export interface TopologyPlan {
  readonly engines: readonly PlannedProcess[];
  readonly serves: readonly PlannedServe[];
  /** Starts last and stops first. */
  readonly balancer: PlannedProcess | undefined;
}

/** Redis nodes of a cluster talk to each other there. */
export const REDIS_BUS_PORT = 'bus';
/** Where etcd's own nodes meet, and where Patroni says how its PostgreSQL is. */
export const ETCD_PEER_PORT = 'peer';
export const PATRONI_PORT = 'patroni';
/** Kafka's controller, and HAProxy's own metrics. */
export const KAFKA_CONTROLLER_PORT = 'controller';
export const HAPROXY_STATISTICS_PORT = 'statistics';
const HAPROXY_TLS_PORT = 'tls';

export function planTopology({ engines, processes, settings }: Topology): TopologyPlan {
  const { postgres, redis, kafka, haproxy } = engines;
  return {
    engines: [
      ...(postgres.kind === 'started' ? plannedPostgres(postgres) : []),
      ...(redis?.kind === 'started' ? plannedRedis(redis) : []),
      ...(kafka?.kind === 'started'
        ? [plannedEngine('kafka', 'event log', kafka, [{ purpose: KAFKA_CONTROLLER_PORT }])]
        : []),
    ],
    serves: processes.flatMap((group) => plannedGroup(group, settings)),
    balancer:
      haproxy === undefined
        ? undefined
        : plannedEngine('haproxy', 'balancer', haproxy, [
            { purpose: HAPROXY_STATISTICS_PORT },
            ...(haproxy.tls === undefined ? [] : [{ purpose: HAPROXY_TLS_PORT, port: haproxy.tls.port }]),
          ]),
  };
}

export function plannedProcesses({ engines, serves, balancer }: TopologyPlan): readonly PlannedProcess[] {
  return [...(balancer === undefined ? [] : [balancer]), ...serves, ...engines];
}

function plannedEngine(
  kind: ProcessKind,
  role: string,
  { port, cpu }: StartedEngine,
  furtherPorts: readonly FurtherPort[] = [],
): PlannedProcess {
  return { name: kind, role, kind, port, furtherPorts, cpu };
}

/** Patroni keeps in etcd who the primary is. */
function plannedPostgres(postgres: StartedPostgres): PlannedProcess[] {
  if (postgres.nodes === 1) return [plannedEngine('postgres', 'database', postgres)];
  const etcd = { ...postgres, port: undefined, cpu: undefined };
  return [
    plannedEngine('etcd', 'who is primary', etcd, [{ purpose: ETCD_PEER_PORT }]),
    ...numbered(postgres.nodes).map((index) => ({
      ...plannedEngine('postgres', 'database', postgres, [{ purpose: PATRONI_PORT }]),
      name: `postgres-${index + 1}`,
      port: postgres.port === undefined ? undefined : postgres.port + index,
    })),
  ];
}

function plannedRedis(redis: StartedRedis): PlannedProcess[] {
  if (redis.nodes === 1) return [plannedEngine('redis', 'cache', redis)];
  return numbered(redis.nodes).map((index) => ({
    ...plannedEngine('redis', 'cache', redis, [{ purpose: REDIS_BUS_PORT }]),
    name: `redis-${index + 1}`,
    port: redis.port === undefined ? undefined : redis.port + index,
  }));
}

function plannedGroup(group: ProcessGroup, settings: Topology['settings']): PlannedServe[] {
  return numbered(group.count).map((index) => ({
    ...{ kind: 'serve', group: group.name, roles: group.roles, systems: group.systems, cpu: group.cpu },
    name: group.count === 1 ? group.name : `${group.name}-${index + 1}`,
    role: group.roles.join(', '),
    port: group.port === undefined ? undefined : group.port + index,
    furtherPorts: [],
    settings: { ...settings, ...group.settings },
  }));
}

function numbered(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
