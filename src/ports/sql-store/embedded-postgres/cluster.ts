/**
 * The cluster: the folder of files that PostgreSQL calls its data directory. It is made once. Until its mark is
 * there it is half made, by a start that was interrupted, and is made again from nothing.
 */
import { chown, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../../core/errors.ts';
import type { Log } from '../../../telemetry/log.ts';
import type { PostgresBinaries } from './binaries.ts';
import { clusterPath, runProgram } from './program.ts';
import type { SystemUser } from './user.ts';

export interface Cluster {
  readonly folder: string;
  readonly binaries: PostgresBinaries;
  readonly user: SystemUser | undefined;
}

export const SUPERUSER = 'groundswell';

/** Inside the cluster, so that it goes wherever the data is copied. */
const MARK_FILE = 'groundswell-cluster.json';
/** PostgreSQL numbers what users make from here on; a database of that number holds somebody's data. */
const FIRST_USER_OID = 16_384;

/** Makes the cluster unless it is there. Fails with `unavailable` for one of another major version. */
export async function prepareCluster(cluster: Cluster, log: Log, signal?: AbortSignal): Promise<void> {
  if (await isComplete(cluster.folder)) return checkVersion(cluster);
  await emptyFolder(cluster.folder, log);
  log.info({ folder: cluster.folder }, 'making a new database cluster');
  await initialize(cluster, signal);
  await writeOwned(cluster, 'pg_hba.conf', CLIENT_AUTHENTICATION);
  await writeOwned(cluster, MARK_FILE, `${JSON.stringify({ major: cluster.binaries.major })}\n`);
}

/** Only through the socket, only with the password. */
const CLIENT_AUTHENTICATION = [
  '# TYPE DATABASE    USER METHOD',
  'local  all         all  scram-sha-256',
  'local  replication all  scram-sha-256',
  '',
].join('\n');

async function isComplete(folder: string): Promise<boolean> {
  if (await exists(join(folder, MARK_FILE))) return true;
  // Belt and braces: what holds a database of its own is never wiped, whatever became of the mark.
  const databases = await readdir(join(folder, 'base')).catch(() => []);
  return databases.some((name) => Number(name) >= FIRST_USER_OID);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
}

async function checkVersion({ folder, binaries }: Cluster): Promise<void> {
  const found = (await readFile(join(folder, 'PG_VERSION'), 'utf8')).trim();
  if (found === binaries.major) return;
  throw new AppError(
    'unavailable',
    `The database in ${folder} was made by PostgreSQL ${found}, and this release brings ${binaries.major}. ` +
      'Start the release that made it, run `groundswell backup` there, and restore that backup into a new ' +
      'data folder with this release.',
  );
}

async function emptyFolder(folder: string, log: Log): Promise<void> {
  const names = await readdir(folder);
  if (names.length > 0) log.warn({ folder }, 'starting over: a first start was interrupted half way');
  for (const name of names) await rm(join(folder, name), { recursive: true, force: true });
}

const INITDB_ARGS = [
  `--username=${SUPERUSER}`,
  '--auth=reject',
  '--encoding=UTF8',
  '--data-checksums',
  '--no-instructions',
] as const;
/**
 * The built-in locale lower-cases and matches all of Unicode and sorts by code point: the same on every machine
 * and in every version, so that no upgrade of the system corrupts an index.
 */
const BUILT_IN_LOCALE_ARGS = ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'] as const;
const BUILT_IN_LOCALE_MAJOR_MIN = 17;
/** The next best in older ones, which a system may have: the C library's, by code point too. */
const SYSTEM_LOCALE_ARGS = ['--locale=C.UTF-8'] as const;

function localeArgs({ major }: PostgresBinaries): readonly string[] {
  return Number(major) >= BUILT_IN_LOCALE_MAJOR_MIN ? BUILT_IN_LOCALE_ARGS : SYSTEM_LOCALE_ARGS;
}

async function initialize({ folder, binaries, user }: Cluster, signal?: AbortSignal): Promise<void> {
  const args = [`--pgdata=${clusterPath(folder)}`, ...INITDB_ARGS, ...localeArgs(binaries)];
  const { exitCode, output } = await runProgram({ file: binaries.initdb, args, folder, user }, '', signal);
  if (exitCode === 0 && !signal?.aborted) return;
  const reason = output.trim().split('\n').slice(-5).join(' ');
  throw new AppError(
    'unavailable',
    `The database cluster in ${folder} could not be made: ${signal?.aborted ? 'stopped' : reason}.${remedyOf(reason)}`,
  );
}

/** PostgreSQL asks for its user's name, which a container that is started with a bare uid does not know. */
function remedyOf(reason: string): string {
  if (!reason.includes('could not look up effective user ID')) return '';
  return ' Start as a user that /etc/passwd names, or set GROUNDSWELL_DATABASE_URL.';
}

/** Durable once it returns, and whole or absent before. */
async function writeOwned({ folder, user }: Cluster, name: string, text: string): Promise<void> {
  const path = join(folder, name);
  const temporary = `${path}.new`;
  await writeFile(temporary, text, { mode: 0o600, flush: true });
  if (user !== undefined) await chown(temporary, user.uid, user.gid);
  await rename(temporary, path);
  const entries = await open(folder, 'r');
  await entries.sync().finally(() => entries.close());
}
