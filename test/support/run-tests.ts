/**
 * `npm test [-- PATH… --node-option…]`: starts one embedded PostgreSQL for the run, runs every compiled test, or
 * those below the given source paths, and stops what it started. A long run, which is no `.test.ts`, is run when it is named. The last line says how many passed.
 *
 * GROUNDSWELL_TEST_DATABASE_URL names a server to use instead; GROUNDSWELL_TEST_FSYNC=off is for slow disks.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { packageRoot } from '../../src/config/package-info.ts';
import { systemClock } from '../../src/core/clock.ts';
import { hasCode } from '../../src/core/errors.ts';
import { openDataFolder } from '../../src/ports/data-folder/data-folder.ts';
import { openEmbeddedPostgres } from '../../src/ports/sql-store/embedded-postgres/embedded-postgres.ts';
import { clearOrphans } from '../../src/ports/sql-store/embedded-postgres/orphans.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { databaseUrl } from './database.ts';

const FOLDER_PREFIX = 'groundswell-tests-';
const CONCURRENCY = 2;
/** No test takes this long; one that hangs must not hold up the run for ever. */
const TEST_TIMEOUT_MS = 900_000;
/** Every file has pools of its own, and some make many. */
const CONNECTIONS_MAX = 200;

const clock = systemClock;
const log = createLog({ level: 'warn', pretty: true });

interface TestServer {
  readonly url: string;
  close(): Promise<void>;
}

async function main(args: readonly string[]): Promise<number> {
  const paths = args.filter((arg) => !arg.startsWith('-'));
  const root = packageRoot();
  const files = await compiledTests(root, paths);
  // One that is misspelled must not pass with the others.
  const missed = paths.filter(
    (one) => !files.some((file) => isBelow(sourceOf(root, file), relativeTo(root, one))),
  );
  if (files.length === 0 || missed.length > 0) {
    console.error(`No test matches ${missed.join(' ')}. Name source files or folders, such as src/core.`);
    return 1;
  }
  const folder = await mkdtemp(path.join(tmpdir(), FOLDER_PREFIX));
  try {
    const server = await openServer(folder);
    try {
      const options = args.filter((arg) => arg.startsWith('-'));
      const run: Run = { options, url: server.url, tapFile: path.join(folder, 'tap') };
      const first = await runFiles(run, files);
      const last = paths.length > 0 ? first : await runFailedAgain(run, first);
      console.log(`${last.passed} passed, ${last.failed} failed, ${last.skipped} skipped`);
      return last.exitCode;
    } finally {
      await server.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Absolute; without those whose source is gone, because a build leaves the old files. */
async function compiledTests(root: string, paths: readonly string[]): Promise<string[]> {
  const wanted = paths.map((one) => relativeTo(root, one));
  const compiled = await readdir(path.join(root, 'dist'), { recursive: true });
  return compiled
    .map((file) => ({ file, source: file.replace(/\.js$/, '.ts') }))
    .filter(({ file, source }) => /^(src|test)[\\/].*\.test\.js$/.test(file) || wanted.includes(source))
    .filter(({ source }) => existsSync(path.join(root, source)))
    .filter(({ source }) => wanted.length === 0 || wanted.some((one) => isBelow(source, one)))
    .map(({ file }) => path.join(root, 'dist', file))
    .sort();
}

function relativeTo(root: string, given: string): string {
  return path.relative(root, path.resolve(given));
}

/** Of an absolute path of a compiled file, relative to the root of the package. */
function sourceOf(root: string, compiled: string): string {
  return path.relative(path.join(root, 'dist'), compiled).replace(/\.js$/, '.ts');
}

function isBelow(source: string, wanted: string): boolean {
  return wanted === '' || source === wanted || source.startsWith(`${wanted}${path.sep}`);
}

async function openServer(folder: string): Promise<TestServer> {
  const given = process.env['GROUNDSWELL_TEST_DATABASE_URL'];
  if (given !== undefined) return { url: given, close: async () => undefined };
  await clearAbandonedRuns(folder);
  const dataFolder = await openDataFolder(folder, { clock, command: 'npm test' });
  const postgres = await openEmbeddedPostgres({
    folder: path.join(dataFolder.path, 'postgres'),
    log,
    clock,
    connectionsMax: CONNECTIONS_MAX,
    settings: process.env['GROUNDSWELL_TEST_FSYNC'] === 'off' ? { fsync: 'off' } : {},
  });
  return {
    url: databaseUrl(postgres.connection),
    async close() {
      await postgres.close();
      await dataFolder.close();
    },
  };
}

/** A run that was killed could not stop its server, which still holds its port, memory and disk. */
async function clearAbandonedRuns(current: string): Promise<void> {
  const parent = path.dirname(current);
  const names = (await readdir(parent)).filter((name) => name.startsWith(FOLDER_PREFIX));
  for (const folder of names.map((name) => path.join(parent, name))) {
    const cluster = path.join(folder, 'postgres', 'cluster');
    if (folder === current || !existsSync(cluster)) continue;
    try {
      const abandoned = await openDataFolder(folder, { clock });
      await clearOrphans(cluster, clock, log);
      await abandoned.close();
      await rm(folder, { recursive: true, force: true });
    } catch (error) {
      // Another run holds it, or another user owns it.
      if (!hasCode(error, 'conflict') && !hasCode(error, 'unavailable')) throw error;
    }
  }
}

interface Run {
  readonly options: readonly string[];
  readonly url: string;
  readonly tapFile: string;
}

interface Outcome {
  readonly exitCode: number;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Compiled, each once. */
  readonly failedFiles: readonly string[];
}

/** What fails in more files is no accident. */
const ACCIDENTS_MAX = 3;

/**
 * A run of the whole takes half an hour, and one of its thousands of tests may depend on a moment of the machine. So the few files that
 * fail are run once more, by themselves, and what passes only then is named: it is to be mended, and does not hold up everybody.
 */
async function runFailedAgain(run: Run, first: Outcome): Promise<Outcome> {
  const { failedFiles } = first;
  if (failedFiles.length === 0 || failedFiles.length > ACCIDENTS_MAX) return first;
  const names = failedFiles.map((file) => path.relative(path.join(packageRoot(), 'dist'), file)).join(', ');
  console.log(`\nFailed, and run again by themselves: ${names}`);
  const again = await runFiles(run, failedFiles);
  if (again.exitCode === 0) console.log(`NOTE: passed only when run again, and must be mended: ${names}`);
  const mended = Math.max(0, first.failed - again.failed);
  return { ...first, exitCode: again.exitCode, passed: first.passed + mended, failed: again.failed };
}

async function runFiles({ options, url, tapFile }: Run, files: readonly string[]): Promise<Outcome> {
  const reporting = [
    '--enable-source-maps',
    '--test',
    `--test-concurrency=${CONCURRENCY}`,
    `--test-timeout=${TEST_TIMEOUT_MS}`,
    '--test-reporter=spec',
    '--test-reporter-destination=stdout',
    '--test-reporter=tap',
    `--test-reporter-destination=${tapFile}`,
  ];
  const exitCode = await spawnNode([...reporting, ...options, ...files], url);
  const tap = await readFile(tapFile, 'utf8').catch(() => '');
  const totals = countResults(tap);
  return {
    ...totals,
    exitCode: exitCode === 0 && totals.failed > 0 ? 1 : exitCode,
    failedFiles: failedFiles(tap),
  };
}

function spawnNode(args: readonly string[], url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, GROUNDSWELL_TEST_DATABASE_URL: url };
    const child = spawn(process.execPath, args, { stdio: 'inherit', env });
    const forward = (signal: NodeJS.Signals): void => void child.kill(signal);
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
    for (const signal of signals) process.on(signal, forward);
    child.once('error', reject);
    child.once('exit', (code) => {
      for (const signal of signals) process.removeListener(signal, forward);
      resolve(code ?? 1);
    });
  });
}

/** From the lines `# pass 12` at the end of node's TAP report. */
function countResults(tap: string): { passed: number; failed: number; skipped: number } {
  const count = (name: string): number => {
    const found = [...tap.matchAll(new RegExp(`^# ${name} (\\d+)$`, 'gm'))].at(-1);
    return Number(found?.[1] ?? 0);
  };
  return { passed: count('pass'), failed: count('fail') + count('cancelled'), skipped: count('skipped') };
}

/** From the lines `location: '…/post.test.ts:97:3'`, which only what failed has, in the source or compiled. */
function failedFiles(tap: string): string[] {
  const root = packageRoot();
  const files = [...tap.matchAll(/^ *location: '(.+?):\d+:\d+'$/gm)].map(([, file = '']) => {
    const place = path.relative(root, file).replace(/\.ts$/, '.js');
    return path.join(root, place.startsWith(`dist${path.sep}`) ? place : path.join('dist', place));
  });
  return [...new Set(files)];
}

process.exitCode = await main(process.argv.slice(2));
