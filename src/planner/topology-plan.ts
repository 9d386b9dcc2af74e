/** From a topology to processes: their names, in the order in which they start, and the ports that they take. */
import type { Role } from '../config/config.ts';
import type { BalancerPool } from './haproxy-config.ts';
import type { ProcessGroup, SystemName, Topology } from './topology.ts';
import type { StartedEngine, StartedRedis } from './topology-engines.ts';

/** One process that shall run. */
export interface PlannedProcess {
  /** Unique: `postgres`, `redis-2`, `api-1`. */
  readonly name: string;
  /** What it is, in a word or two, for people. */
  readonly role: string;
  readonly kind: ProcessKind;
  /** What it listens on; `undefined`: on any that is free. */
  readonly port: number | undefined;
  /** Ports besides, for itself: any that are free. */
  readonly furtherPorts: readonly string[];
  readonly cpu: number | undefined;
}

export type ProcessKind = 'postgres' | 'redis' | 'kafka' | 'haproxy' | 'serve';

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
/** Kafka's controller, and HAProxy's own metrics. */
export const KAFKA_CONTROLLER_PORT = 'controller';
export const HAPROXY_STATISTICS_PORT = 'statistics';

export function planTopology({ engines, processes, settings }: Topology): TopologyPlan {
  const { postgres, redis, kafka, haproxy } = engines;
  return {
    engines: [
      ...(postgres.kind === 'started' ? [plannedEngine('postgres', 'database', postgres)] : []),
      ...(redis?.kind === 'started' ? plannedRedis(redis) : []),
      ...(kafka?.kind === 'started'
        ? [plannedEngine('kafka', 'event log', kafka, [KAFKA_CONTROLLER_PORT])]
        : []),
    ],
    serves: processes.flatMap((group) => plannedGroup(group, settings)),
    balancer:
      haproxy === undefined
        ? undefined
        : plannedEngine('haproxy', 'balancer', haproxy, [HAPROXY_STATISTICS_PORT]),
  };
}

export function plannedProcesses({ engines, serves, balancer }: TopologyPlan): readonly PlannedProcess[] {
  return [...(balancer === undefined ? [] : [balancer]), ...serves, ...engines];
}

/** What stands behind the balancer. */
export function balancerPools(plan: TopologyPlan, portOf: (name: string) => number): BalancerPool[] {
  const apis = plan.serves.filter(({ roles }) => roles.includes('api'));
  const split = apis.filter(({ systems }) => systems !== undefined);
  const rest = apis.filter(({ systems }) => systems === undefined);
  const servers = (members: readonly PlannedServe[]) =>
    members.map(({ name }) => ({ name, port: portOf(name) }));
  const pools = [...new Set(split.map(({ group }) => group))].map((group) => {
    const members = split.filter((one) => one.group === group);
    return { name: `pool_${group}`, systems: members[0]?.systems, servers: servers(members) };
  });
  return [...pools, { name: 'pool_all', systems: undefined, servers: servers(rest) }];
}

function plannedEngine(
  kind: ProcessKind,
  role: string,
  { port, cpu }: StartedEngine,
  furtherPorts: readonly string[] = [],
): PlannedProcess {
  return { name: kind, role, kind, port, furtherPorts, cpu };
}

function plannedRedis(redis: StartedRedis): PlannedProcess[] {
  if (redis.nodes === 1) return [plannedEngine('redis', 'cache', redis)];
  return numbered(redis.nodes).map((index) => ({
    ...plannedEngine('redis', 'cache', redis, [REDIS_BUS_PORT]),
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
