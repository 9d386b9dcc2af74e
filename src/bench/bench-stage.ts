/** What a bench measures: a server of its own, or one that runs already. */

import path from 'node:path';
import type { Environment } from '../config/env.ts';
import type { Clock } from '../core/clock.ts';
import { isClusterUrl } from '../core/postgres-cluster.ts';
import { attachEmbeddedPostgres } from '../ports/sql-store/embedded-postgres/attach.ts';
import type { PostgresConnection } from '../ports/sql-store/postgres-connection.ts';
import { requireLoopback } from './loopback.ts';
import type { Cores } from './pinned-process.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';

export interface BenchStage {
  readonly url: string;
  /** The roots of the process trees whose CPU time counts; none if it is unknown which. */
  readonly pids: readonly number[];
  /** Where the yardstick's inserts go: the PostgreSQL that the server uses. */
  readonly database: PostgresConnection | undefined;
  /** Only of a server of our own: stops it and starts it again at the same address, with other processes. */
  readonly restart?: () => Promise<void>;
  close(): Promise<void>;
}

export interface RunningServer {
  readonly url: string;
  /** The roots of its process trees, where somebody has said them. */
  readonly pids: readonly number[];
  readonly databaseUrl: string | undefined;
}

/** Uses a server that somebody else started, and leaves it running. */
export async function attachStage({ url, pids, databaseUrl }: RunningServer): Promise<BenchStage> {
  const close = async () => undefined;
  return {
    url: await requireLoopback(url),
    pids,
    database: databaseUrl ? serverAt(databaseUrl) : undefined,
    close,
  };
}

/** What is measured is one server: of several, whose primary may change meanwhile, nothing is measured directly. */
function serverAt(url: string): PostgresConnection | undefined {
  return isClusterUrl(url) ? undefined : { url };
}

export interface OwnServer {
  readonly dataFolder: string;
  readonly environment: Environment;
  /** On top of what a bench needs. */
  readonly settings: Environment;
  readonly cores: Cores;
  readonly databaseUrl: string | undefined;
  readonly clock: Clock;
}

/** Starts the product as `serve` does, but for rate limits and logs. Closing stops it and leaves its data. */
export async function openOwnStage(options: OwnServer): Promise<BenchStage> {
  const { dataFolder, environment, cores, databaseUrl, clock } = options;
  const settings = {
    GROUNDSWELL_RATE_LIMITS: 'off',
    // Of what is measured nothing is on the internet.
    GROUNDSWELL_LINKS_CHECKS: 'off',
    GROUNDSWELL_LOG_LEVEL: 'warn',
    ...(databaseUrl === undefined ? {} : { GROUNDSWELL_DATABASE_URL: databaseUrl }),
    ...options.settings,
  };
  const start = (port?: number): Promise<ServerProcess> =>
    startServerProcess({
      ...{ dataFolder, environment, settings, cores, clock },
      ...(port === undefined ? {} : { port }),
    });
  const find = async (): Promise<PostgresConnection | undefined> =>
    databaseUrl === undefined
      ? await attachEmbeddedPostgres(path.join(dataFolder, 'postgres'))
      : serverAt(databaseUrl);
  let server = await start();
  let database = await find();
  const { url } = server;
  return {
    url,
    get pids() {
      return [server.pid];
    },
    get database() {
      return database;
    },
    async restart() {
      await server.stop();
      server = await start(Number(new URL(url).port));
      database = await find();
    },
    async close() {
      await server.stop();
    },
  };
}
