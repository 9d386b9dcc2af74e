/** The sql-store as the configuration has it: one server, or a primary with replicas. */
import { AppError } from '../core/errors.ts';
import { wrapPort } from '../resilience/wrap-port.ts';
import { createSqlClusterMetrics, type SqlNodeState } from '../telemetry/sql-cluster-metrics.ts';
import type { Database } from './open-database.ts';
import type { PortsOptions } from './ports-options.ts';
import type { PostgresCluster } from './sql-store/postgres-cluster.ts';
import type { PostgresConnection } from './sql-store/postgres-connection.ts';
import type { PostgresNode } from './sql-store/postgres-node.ts';
import { isAcknowledgedEarly } from './sql-store/postgres-role.ts';
import { createPostgresSqlStore } from './sql-store/postgres-sql-store.ts';
import { createReplicaReads, LAG_MS_MAX, type ReplicaReads } from './sql-store/replica-reads.ts';
import type { SqlSessions } from './sql-store/sql-sessions.ts';
import type { SqlStore } from './sql-store/sql-store.ts';
import {
  REPLICA_POLICIES,
  REPLICA_STATEMENT_TIMEOUT_MS,
  STATEMENT_TIMEOUT_MS,
  sqlStoreBulkhead,
  sqlStorePolicies,
} from './sql-store/sql-store-policies.ts';

export interface SqlStores {
  readonly sql: SqlStore;
  /** `undefined`: there is nothing to read from but the primary. */
  readonly sqlSessions: SqlSessions | undefined;
  /** For one part of the product, with connections, a breaker and a queue of its own to each server. */
  openPart(name: string, connections: number): SqlStore;
  /** Of all of them. */
  close(): Promise<void>;
}

export function openSqlStores({ connection, cluster }: Database, options: PortsOptions): SqlStores {
  const { config, health } = options;
  const opened: SqlStore[] = [];
  const reads = cluster && openReplicaReads(cluster, options);
  const open = (name: string, connections: number): SqlStore => {
    const primary = openStore({ connection, name, connections }, options);
    opened.push(primary);
    if (name === SQL_STORE)
      health.addCheck(name, () => primary.ping(), { limits: config.roles.includes('api') });
    if (cluster === undefined || reads === undefined) return primary;
    const replicas = cluster.nodes
      .filter(({ mayRead }) => mayRead)
      .map((node) => [node.name, openReplica(node, { name, connections }, options)] as const);
    opened.push(...replicas.map(([, store]) => store));
    return reads.route(primary, new Map(replicas));
  };
  if (cluster !== undefined) watchHealth(cluster, options);
  return {
    sql: open(SQL_STORE, config.database.poolSize),
    sqlSessions: cluster?.nodes.some(({ mayRead }) => mayRead) ? reads?.sessions : undefined,
    openPart: open,
    close: async () => void (await Promise.all(opened.map((store) => store.close()))),
  };
}

const SQL_STORE = 'sql-store';

interface StorePlace {
  readonly connection: PostgresConnection;
  readonly name: string;
  readonly connections: number;
}

function openStore({ connection, name, connections }: StorePlace, options: PortsOptions): SqlStore {
  const { clock, log, metrics } = options;
  const { pooledUrl } = options.config.database;
  const pooled = pooledUrl === undefined ? undefined : { url: pooledUrl };
  const store = createPostgresSqlStore({
    ...{ connection, pooled, clock, log, poolSize: connections, tryTimeoutMs: STATEMENT_TIMEOUT_MS },
  });
  metrics.watchPool(name, () => poolState(store.stats(), connections));
  return wrapPort<SqlStore>(store, {
    ...{ name, methods: sqlStorePolicies(connections), bulkhead: sqlStoreBulkhead(connections) },
    onReturn: (listener) => whenPrimaryIsFound(connection, listener),
    deps: options,
  });
}

/** What failed while there was none says nothing about the one there is now. */
function whenPrimaryIsFound(connection: PostgresConnection, listener: () => void): void {
  if (!('primary' in connection)) return;
  connection.primary.onChange((server) => {
    if (server !== undefined) listener();
  });
}

function openReplicaReads(cluster: PostgresCluster, { clock, metrics }: PortsOptions): ReplicaReads {
  const observer = createSqlClusterMetrics(metrics.registry);
  observer.watchNodes(() => cluster.nodes.map((node) => stateOf(cluster, node)), cluster.promotions);
  if (canPromote(cluster)) {
    observer.watchStandbys(async () => (await cluster.durability())?.synchronousStandbys);
  }
  return createReplicaReads({ cluster, clock, observer });
}

/** What fails there is asked of the primary: no second try, and no long wait. */
function openReplica(
  node: PostgresNode,
  { name: part, connections }: Pick<StorePlace, 'name' | 'connections'>,
  options: PortsOptions,
): SqlStore {
  const { clock, log, metrics } = options;
  const name = `${part} ${node.name}`;
  const connection = { url: node.url };
  const store = createPostgresSqlStore({
    ...{ connection, clock, log, poolSize: connections, tryTimeoutMs: REPLICA_STATEMENT_TIMEOUT_MS },
  });
  metrics.watchPool(name, () => poolState(store.stats(), connections));
  const bulkhead = sqlStoreBulkhead(connections);
  return wrapPort<SqlStore>(store, { name, methods: REPLICA_POLICIES, bulkhead, deps: options });
}

function poolState(
  {
    connections,
    idleConnections,
    waitingCalls,
  }: ReturnType<ReturnType<typeof createPostgresSqlStore>['stats']>,
  max: number,
) {
  return { active: connections - idleConnections, idle: idleConnections, waiting: waitingCalls, max };
}

function stateOf(cluster: PostgresCluster, node: PostgresNode): SqlNodeState {
  const role = node.status()?.role ?? 'absent';
  return { name: node.name, role, lagMs: node.mayRead ? cluster.lagMs(node) : undefined };
}

/** Shown, but no reason to be sent no requests: the primary answers. */
function watchHealth(cluster: PostgresCluster, { health, log }: PortsOptions): void {
  const replicas = cluster.nodes.filter(({ mayRead }) => mayRead);
  health.addCheck('sql-replicas', async () => refuseUnusable(cluster, replicas), { optional: true });
  if (!canPromote(cluster)) return;
  const check = () => refuseUnsafe(cluster);
  health.addCheck('sql-standby', check, { optional: true });
  void check().catch((error: unknown) => log.warn({ err: error }, 'commits may not outlive the primary'));
}

function canPromote({ nodes }: PostgresCluster): boolean {
  return nodes.filter(({ mayWrite }) => mayWrite).length > 1;
}

function refuseUnusable(cluster: PostgresCluster, replicas: readonly PostgresNode[]): void {
  const unusable = replicas.filter((node) => {
    const isPrimary = node.status()?.role === 'primary';
    return !isPrimary && (cluster.lagMs(node) ?? Number.POSITIVE_INFINITY) > LAG_MS_MAX;
  });
  if (unusable.length === 0) return;
  const names = unusable.map(({ name }) => name).join(', ');
  throw new AppError(
    'unavailable',
    `Not read from, because it is gone, far behind or not sent anything by the primary: ${names}. A user outside of pg_monitor cannot see what it is sent.`,
  );
}

/** What is acknowledged must be on two servers, or a promotion loses it. */
async function refuseUnsafe(cluster: PostgresCluster): Promise<void> {
  // At the start it is waited for.
  await cluster.primary.find();
  const durability = await cluster.durability();
  if (durability === undefined) return;
  const { synchronousCommit, synchronousStandbys } = durability;
  if (isAcknowledgedEarly(durability)) {
    throw new AppError(
      'unavailable',
      `synchronous_commit is ${synchronousCommit}, so what is acknowledged may be lost. Set it to on or remote_apply.`,
    );
  }
  if (synchronousStandbys > 0) return;
  throw new AppError(
    'unavailable',
    'No synchronous standby is there, so what is acknowledged is on one server only. See synchronous_standby_names.',
  );
}
