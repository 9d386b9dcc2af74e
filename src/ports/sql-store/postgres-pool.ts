/** A bounded pool of connections: to one server, or to whichever is the primary. */
import pg, { type PoolClient, type PoolConfig } from 'pg';
import type { Log } from '../../telemetry/log.ts';
import {
  clientConfig,
  type PostgresConnection,
  type PrimaryFinder,
  type PrimaryServer,
} from './postgres-connection.ts';

export interface PostgresPool {
  readonly totalCount: number;
  readonly idleCount: number;
  readonly waitingCount: number;
  /** Errors come out as the driver has them, or as `PrimaryFinder.find` says. */
  connect(): Promise<PoolClient>;
  /** Resolves when every connection is given back and closed. */
  end(): Promise<void>;
}

export function createPostgresPool(
  connection: PostgresConnection,
  config: PoolConfig,
  log: Log,
): PostgresPool {
  if ('primary' in connection) return createFollowingPool(connection.primary, config, log);
  return openPool({ ...clientConfig(connection), ...config }, log);
}

function openPool(config: PoolConfig, log: Log): pg.Pool {
  const pool = new pg.Pool(config);
  // Without these listeners, a connection that breaks between two statements would end the process.
  pool.on('error', (error) => {
    // While it closes, a server that stops too may be faster than its farewell.
    if (!pool.ending) log.warn({ err: error }, 'an idle database connection broke');
  });
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

/**
 * A pool for each primary there is in its time. When another one has taken over, all connections to the one before are cut
 * at once: statements that wait for it fail, and none is sent to it any more.
 */
function createFollowingPool(primary: PrimaryFinder, config: PoolConfig, log: Log): PostgresPool {
  let followed: { readonly server: PrimaryServer; readonly pool: pg.Pool; cut(): void } | undefined;
  const stop = primary.onChange((server) => {
    if (server !== followed?.server) leave();
  });

  function leave(): void {
    const left = followed;
    followed = undefined;
    left?.cut();
  }

  function follow(server: PrimaryServer): pg.Pool {
    if (followed?.server === server) return followed.pool;
    leave();
    const clients = new Set<PoolClient>();
    const verify: PoolConfig['verify'] = (client, done) =>
      void server.verify(client).then(() => done(), done);
    const pool = openPool({ ...clientConfig(server.connection), ...config, verify }, log);
    pool.on('connect', (client) => clients.add(client));
    pool.on('remove', (client) => clients.delete(client));
    const cut = (): void => {
      void pool.end().catch(() => undefined);
      // What runs on them fails; the pool of types leaves out that its clients can end.
      for (const client of clients) void (client as PoolClient & pg.Client).end().catch(() => undefined);
    };
    followed = { server, pool, cut };
    return pool;
  }

  return {
    get totalCount() {
      return followed?.pool.totalCount ?? 0;
    },
    get idleCount() {
      return followed?.pool.idleCount ?? 0;
    },
    get waitingCount() {
      return followed?.pool.waitingCount ?? 0;
    },
    connect: async () => follow(await primary.find()).connect(),
    async end() {
      stop();
      await followed?.pool.end();
    },
  };
}
