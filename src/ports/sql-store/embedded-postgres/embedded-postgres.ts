/**
 * The embedded PostgreSQL: a real server, started as a child of ours on a private unix socket, so that one
 * command gives a durable database. It survives whatever happens to us, and we survive what happens to it.
 */
import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, type Randomness, systemRandomness } from '../../../core/clock.ts';
import { AppError } from '../../../core/errors.ts';
import type { Log } from '../../../telemetry/log.ts';
import { findBinaries } from './binaries.ts';
import { type Cluster, prepareCluster, SUPERUSER } from './cluster.ts';
import { clearOrphans } from './orphans.ts';
import { providePassword } from './password.ts';
import { type SocketConnection, startServer } from './server.ts';
import { settingArguments } from './settings.ts';
import { prepareSocketFolder, SOCKET_PORT } from './socket.ts';
import { type EmbeddedPostgresState, superviseServer } from './supervisor.ts';
import { isRoot, ownClusterFolder } from './user.ts';

export interface EmbeddedPostgres {
  /** Stays the same for as long as it is open, across restarts of the server. */
  readonly connection: SocketConnection;
  /** 'starting' while the server has died and is being started again: calls then fail with `unavailable`. */
  state(): EmbeddedPostgresState;
  /** The process id of the server. */
  pid(): number;
  /** Shuts the server down in order. Close every connection first; those that are open are cut. */
  close(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  /** `<data>/postgres`. The caller holds the data folder: see `openDataFolder`. */
  readonly folder: string;
  readonly log: Log;
  readonly clock: Clock;
  readonly randomness?: Randomness;
  readonly connectionsMax?: number;
  /** PostgreSQL's own settings, by name. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Called at each change of `state()`. */
  readonly onState?: (state: EmbeddedPostgresState) => void;
  /** Gives up a start that is under way, which after a crash can take minutes. */
  readonly signal?: AbortSignal;
  /** Where PostgreSQL's npm package is, if not where npm puts it. */
  readonly packageFolder?: string;
}

/** Pools of some processes, and a few for the operator. Idle ones cost about 2 MB each. */
export const CONNECTIONS_MAX = 64;
const DATABASE = 'groundswell';
const NEVER = new AbortController().signal;

/**
 * Starts the server, making the database first where there is none, and resolves when it answers. Whatever a
 * killed process left behind is cleared. Fails with `unavailable`, naming the remedy, when it cannot start.
 */
export async function openEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  try {
    return await openServer(options);
  } catch (error) {
    if (error instanceof AppError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    const message = `The embedded PostgreSQL in ${options.folder} cannot start: ${reason}`;
    throw new AppError('unavailable', message, { cause: error });
  }
}

async function openServer(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { folder, clock, randomness = systemRandomness, connectionsMax = CONNECTIONS_MAX } = options;
  const signal = options.signal ?? NEVER;
  const log = options.log.child({ component: 'postgres' });
  await mkdir(folder, { recursive: true, mode: 0o700 });

  const cluster = await openCluster(options, log);
  await clearOrphans(cluster.folder, clock, log);
  await prepareCluster(cluster, log, signal);
  const password = await providePassword(cluster, join(folder, 'password'), randomness);
  const host = await prepareSocketFolder(cluster.folder, cluster.user);
  const connection = { host, port: SOCKET_PORT, user: SUPERUSER, password, database: DATABASE };
  const settingArgs = settingArguments({
    socketFolder: host,
    connectionsMax,
    ...(options.settings === undefined ? {} : { overrides: options.settings }),
  });

  const supervisor = await superviseServer(
    {
      clock,
      log,
      onState: options.onState,
      async start(abort) {
        await clearOrphans(cluster.folder, clock, log);
        await prepareSocketFolder(cluster.folder, cluster.user);
        return startServer({ cluster, settingArgs, connection, clock, log }, abort);
      },
    },
    signal,
  ).catch(async (error: unknown) => {
    await rm(host, { recursive: true, force: true });
    throw error;
  });
  return {
    connection,
    state: supervisor.state,
    pid: supervisor.pid,
    async close() {
      await supervisor.close();
      // One that was killed, and was to be started again, may have left processes that have not noticed yet.
      await clearOrphans(cluster.folder, clock, log);
      await rm(host, { recursive: true, force: true });
    },
  };
}

async function openCluster({ folder, packageFolder }: EmbeddedPostgresOptions, log: Log): Promise<Cluster> {
  const clusterFolder = join(folder, 'cluster');
  const user = await ownClusterFolder(clusterFolder);
  const binaries = await findBinaries({
    user,
    log,
    copyParents: isRoot()
      ? ['/var/cache/groundswell', join(tmpdir(), 'groundswell-root')]
      : [join(folder, 'programs')],
    ...(packageFolder === undefined ? {} : { packageFolder }),
  });
  return { folder: clusterFolder, binaries, user };
}
