/** PostgreSQL for a topology: the one that is installed, or the one inside, run as a server that several processes use. */
import { chown, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { systemRandomness } from '../../core/clock.ts';
import { findBinaries, type PostgresBinaries } from '../../ports/sql-store/embedded-postgres/binaries.ts';
import { type Cluster, prepareCluster, SUPERUSER } from '../../ports/sql-store/embedded-postgres/cluster.ts';
import { clearOrphans } from '../../ports/sql-store/embedded-postgres/orphans.ts';
import { providePassword } from '../../ports/sql-store/embedded-postgres/password.ts';
import { clusterPath, runProgram } from '../../ports/sql-store/embedded-postgres/program.ts';
import { settingArguments } from '../../ports/sql-store/embedded-postgres/settings.ts';
import { isRoot, ownClusterFolder } from '../../ports/sql-store/embedded-postgres/user.ts';
import { withClient } from '../../ports/sql-store/postgres-connection.ts';
import { createCounterFigures } from '../figures.ts';
import type { Launch, ProcessSpec } from '../process-spec.ts';
import { findProgram, isExecutable } from '../programs.ts';
import { ENGINE_HOST, type EngineDeps, engineEnvironment } from './engine.ts';
import { countCommits } from './postgres-engine-queries.ts';

export interface PostgresEngine {
  readonly spec: ProcessSpec;
  /** With the password. */
  readonly url: string;
}

/** The oldest one that the product's statements run on. */
const MAJOR_MIN = 15;
/**
 * As root we start it as somebody else, in a folder whose parents are closed to them. Older ones leave their working
 * directory for a moment, and do not find back.
 */
const MAJOR_MIN_AS_ROOT = 16;
export const DATABASE = 'groundswell';
const HBA_FILE = 'pg_hba.conf';
/** On this machine, with the password. */
const CLIENT_AUTHENTICATION = ['127.0.0.1/32', '::1/128'].flatMap((network) => [
  `host all         all ${network} scram-sha-256`,
  `host replication all ${network} scram-sha-256`,
]);
/** An orderly shutdown writes what is in memory, and a slow disk takes its time. */
const STOP_MS = 30_000;
const DUPLICATE_DATABASE = '42P04';

/** `connectionsMax`: of all processes together. */
export async function createPostgresEngine(
  deps: EngineDeps,
  connectionsMax: number,
): Promise<PostgresEngine> {
  const { planned, folder, portOf, clock, log } = deps;
  const port = portOf(planned.name);
  const cluster = await openCluster(deps);
  await clearOrphans(cluster.folder, clock, log);
  await prepareCluster(cluster, log);
  const password = await providePassword(cluster, path.join(folder, 'password'), systemRandomness);
  const urlOf = (database: string) =>
    `postgres://${SUPERUSER}:${password}@${ENGINE_HOST}:${port}/${database}`;
  const connection = { url: urlOf('postgres') };
  const spec: ProcessSpec = {
    ...planned,
    port,
    async prepare(): Promise<Launch> {
      await clearOrphans(cluster.folder, clock, log);
      await writeClientAuthentication(cluster);
      const { binaries, user } = cluster;
      const args = ['-D', clusterPath(cluster.folder), ...serverArguments(port, connectionsMax)];
      const environment = engineEnvironment(deps.environment);
      return { file: binaries.postgres, args, folder: cluster.folder, environment, user };
    },
    check: async () => void (await withClient(connection, (client) => client.query('SELECT 1'))),
    makeUsable: () => createDatabase(connection),
    figures: createCounterFigures(() => withClient(connection, countCommits), 'tx', clock),
    readyUrl: undefined,
    // A fast shutdown: what is under way is rolled back, and what is committed is written.
    stopSignal: 'SIGINT',
    stopMs: STOP_MS,
    // Recovery after a crash may take minutes.
    readyMs: undefined,
  };
  return { spec, url: urlOf(DATABASE) };
}

export async function createDatabase(connection: { readonly url: string }): Promise<void> {
  await withClient(connection, (client) => client.query(`CREATE DATABASE ${DATABASE}`)).catch(unlessThere);
}

function unlessThere(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === DUPLICATE_DATABASE)) throw error;
}

async function openCluster(deps: EngineDeps): Promise<Cluster> {
  await mkdir(deps.folder, { recursive: true, mode: 0o700 });
  const folder = path.join(deps.folder, 'cluster');
  const user = await ownClusterFolder(folder);
  const installed = await findInstalled(deps, await majorOf(folder));
  const binaries =
    installed ??
    (await findBinaries({
      user,
      log: deps.log,
      copyParents: isRoot()
        ? ['/var/cache/groundswell', path.join(tmpdir(), 'groundswell-root')]
        : [path.join(deps.folder, 'programs')],
    }));
  return { folder, user, binaries };
}

/** Of the release that made the data, which no other can read; `undefined` where there is none yet. */
async function majorOf(cluster: string): Promise<string | undefined> {
  const text = await readFile(path.join(cluster, 'PG_VERSION'), 'utf8').catch(() => undefined);
  return text?.trim();
}

/** The newest one that will do. */
async function findInstalled(
  { environment }: EngineDeps,
  major: string | undefined,
): Promise<PostgresBinaries | undefined> {
  return (await installedVersions(environment))
    .filter((one) => Number(one.major) >= (isRoot() ? MAJOR_MIN_AS_ROOT : MAJOR_MIN))
    .filter((one) => major === undefined || one.major === major)[0];
}

/** The folder of the newest installed programs, if a program that only some have is among them. */
export async function findInstalledPrograms(
  environment: EngineDeps['environment'],
  program: string,
): Promise<string | undefined> {
  const folders = (await installedVersions(environment))
    .filter(({ major }) => Number(major) >= MAJOR_MIN)
    .map(({ postgres }) => path.dirname(postgres));
  return folders.find((folder) => isExecutable(path.join(folder, program)));
}

/** The newest first. */
async function installedVersions(environment: EngineDeps['environment']): Promise<PostgresBinaries[]> {
  const onPath = findProgram('postgres', environment);
  const folders = [
    ...(await foldersOf('/usr/lib/postgresql')).map((version) => `/usr/lib/postgresql/${version}/bin`),
    ...(await foldersOf('/opt/homebrew/opt'))
      .filter((name) => name.startsWith('postgresql@'))
      .map((name) => `/opt/homebrew/opt/${name}/bin`),
    ...(onPath === undefined ? [] : [path.dirname(onPath)]),
  ];
  const found = await Promise.all(folders.map(binariesIn));
  return found
    .filter((one) => one !== undefined)
    .sort((left, right) => Number(right.major) - Number(left.major));
}

async function foldersOf(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

async function binariesIn(folder: string): Promise<PostgresBinaries | undefined> {
  const [initdb, postgres] = [path.join(folder, 'initdb'), path.join(folder, 'postgres')];
  if (!isExecutable(initdb) || !isExecutable(postgres)) return undefined;
  const { output } = await runProgram({ file: postgres, args: ['-V'], folder: '/', user: undefined });
  const major = /\(PostgreSQL\) (\d+)/.exec(output)?.[1];
  return major === undefined ? undefined : { initdb, postgres, major };
}

function serverArguments(port: number, connectionsMax: number): string[] {
  return settingArguments({
    socketFolder: '',
    connectionsMax,
    overrides: {
      listen_addresses: ENGINE_HOST,
      port: String(port),
      unix_socket_directories: '',
    },
  });
}

async function writeClientAuthentication({ folder, user }: Cluster): Promise<void> {
  const file = path.join(folder, HBA_FILE);
  await writeFile(file, `${CLIENT_AUTHENTICATION.join('\n')}\n`, { mode: 0o600 });
  if (user !== undefined) await chown(file, user.uid, user.gid);
}
