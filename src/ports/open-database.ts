/** Where the SQL is: the embedded server, started or already running, or the one that the configuration names. */
import path from 'node:path';
import type { Config } from '../config/config.ts';
import type { Clock } from '../core/clock.ts';
import { hasCode } from '../core/errors.ts';
import type { Log } from '../telemetry/log.ts';
import { type DataFolder, openDataFolder } from './data-folder/data-folder.ts';
import { readServingUrl } from './data-folder/folder-lock.ts';
import { attachEmbeddedPostgres } from './sql-store/embedded-postgres/attach.ts';
import { openEmbeddedPostgres } from './sql-store/embedded-postgres/embedded-postgres.ts';
import { createPostgresCluster, type PostgresCluster } from './sql-store/postgres-cluster.ts';
import type { PostgresConnection } from './sql-store/postgres-connection.ts';
import { refuseUnfitPooler } from './sql-store/postgres-pooler-check.ts';

export interface Database {
  readonly connection: PostgresConnection;
  /** Only where the configuration names several servers. */
  readonly cluster: PostgresCluster | undefined;
  /** Only where this process holds the data folder: with the embedded server, started by us. */
  readonly dataFolder: DataFolder | undefined;
  /** Where the process serves whose embedded server this is; only known of another process. */
  readonly servingUrl: string | undefined;
  /** Stops what was started here, and nothing else. */
  close(): Promise<void>;
}

export interface DatabaseOptions {
  readonly config: Config;
  readonly log: Log;
  readonly clock: Clock;
  /** What holds the data folder, in the words of its user. */
  readonly command: string;
  /** Gives up a start that is under way. */
  readonly signal?: AbortSignal;
}

/** Starts the embedded server, or uses the configured one. Fails with `conflict` if the data folder is held. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { config, log, clock, command, signal } = options;
  const { url, nodes } = config.database;
  if (nodes !== undefined) return clustered(createPostgresCluster({ nodes, clock, log }));
  if (url !== undefined) return configured(url);
  const dataFolder = await openDataFolder(config.dataFolder, { clock, command });
  try {
    const server = await openEmbeddedPostgres({
      folder: path.join(dataFolder.path, 'postgres'),
      log,
      clock,
      ...(signal === undefined ? {} : { signal }),
    });
    const close = async (): Promise<void> => {
      await server.close();
      await dataFolder.close();
    };
    return { connection: server.connection, cluster: undefined, dataFolder, servingUrl: undefined, close };
  } catch (error) {
    await dataFolder.close();
    throw error;
  }
}

/** A server that is starting, and another command that ends, are waited for as long. */
const REACH_MS_MAX = 10_000;
const REACH_POLL_MS = 200;

/** The same, for commands that may work beside a running `serve`: its server is used if it holds the folder. */
export async function reachDatabase(options: DatabaseOptions): Promise<Database> {
  const { clock, config } = options;
  const deadlineMs = clock.monotonicMs() + REACH_MS_MAX;
  for (;;) {
    try {
      return await openDatabase(options);
    } catch (error) {
      if (!hasCode(error, 'conflict')) throw error;
      const attached = await attachDatabase(config.dataFolder);
      if (attached !== undefined) return attached;
      if (clock.monotonicMs() >= deadlineMs) throw error;
    }
    await clock.sleep(REACH_POLL_MS);
  }
}

async function attachDatabase(folder: string): Promise<Database | undefined> {
  const connection = await attachEmbeddedPostgres(path.join(folder, 'postgres'));
  if (connection === undefined) return undefined;
  const servingUrl = await readServingUrl(folder);
  return { connection, ...ELSEWHERE, servingUrl };
}

/** What is somebody else's to stop, and has no folder of ours. */
const ELSEWHERE = {
  cluster: undefined,
  dataFolder: undefined,
  servingUrl: undefined,
  close: async () => undefined,
} as const;

function configured(url: string): Database {
  return { connection: { url }, ...ELSEWHERE };
}

function clustered(cluster: PostgresCluster): Database {
  return { ...ELSEWHERE, connection: { primary: cluster.primary }, cluster, close: () => cluster.close() };
}

/** Where the configuration names a pooler before the database: it must be one that can be used. */
export async function checkPooler({ connection }: Database, { database }: Config): Promise<void> {
  if (database.pooledUrl !== undefined) await refuseUnfitPooler(connection, { url: database.pooledUrl });
}
