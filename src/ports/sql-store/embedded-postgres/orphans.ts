/**
 * Clears what a killed process of ours left behind: a PostgreSQL that still runs on the cluster, and the files
 * that would make a new one refuse to start. Call it only while holding the data folder's lock: whatever runs
 * there then is an orphan.
 */
import { readdir, readFile, readlink, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Clock } from '../../../core/clock.ts';
import { AppError } from '../../../core/errors.ts';
import type { Log } from '../../../telemetry/log.ts';
import { runProgram } from './program.ts';

interface ClusterProcess {
  readonly pid: number;
  readonly parentPid: number;
  /** A server, or initdb: told to stop, it stops those that it has started. */
  readonly isMain: boolean;
}

/** A fast shutdown writes what is in memory; the others only end processes. */
const STEPS = [
  { signal: 'SIGINT', waitMs: 30_000 },
  { signal: 'SIGQUIT', waitMs: 5_000 },
  { signal: 'SIGKILL', waitMs: 5_000 },
] as const;
const POLL_MS = 10;
const PROGRAMS = new Set(['postgres', 'initdb']);

export async function clearOrphans(folder: string, clock: Clock, log: Log): Promise<void> {
  await stopOrphans(folder, clock, log);
  // The pid in it may by now be a stranger's, most of all in a container, and PostgreSQL would believe it.
  await rm(join(folder, 'postmaster.pid'), { force: true });
}

async function stopOrphans(folder: string, clock: Clock, log: Log): Promise<void> {
  let found = await processesOn(folder);
  if (found.length === 0) return;
  log.warn({ pids: pidsOf(found) }, 'stopping a PostgreSQL that a killed process left behind');
  for (const { signal, waitMs } of STEPS) {
    const deadlineMs = clock.monotonicMs() + waitMs;
    for (const one of found) sendSignal(one, signal);
    while (found.length > 0 && clock.monotonicMs() < deadlineMs) {
      await clock.sleep(POLL_MS);
      found = await processesOn(folder);
    }
    if (found.length === 0) return;
  }
  throw new AppError(
    'unavailable',
    `PostgreSQL processes still use ${folder} and cannot be ended: ${pidsOf(found).join(', ')}.`,
  );
}

function pidsOf(processes: readonly ClusterProcess[]): number[] {
  return processes.map(({ pid }) => pid);
}

/** A back end without its server ends by itself, and takes SIGINT for "cancel the query": it gets SIGQUIT. */
function sendSignal({ pid, isMain }: ClusterProcess, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, !isMain && signal === 'SIGINT' ? 'SIGQUIT' : signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** The topmost PostgreSQL processes on the cluster: those whose parent is none of them. */
async function processesOn(folder: string): Promise<ClusterProcess[]> {
  const found = process.platform === 'linux' ? await processesIn(folder) : await processOnRecord(folder);
  const pids = new Set(pidsOf(found));
  return found.filter(({ parentPid }) => !pids.has(parentPid));
}

/** By the working directory, which every PostgreSQL process keeps in its cluster whatever path led there. */
async function processesIn(folder: string): Promise<ClusterProcess[]> {
  const cluster = await stat(folder, { bigint: true });
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const directory = await stat(`/proc/${pid}/cwd`, { bigint: true }).catch(() => undefined);
      if (directory?.ino !== cluster.ino || directory.dev !== cluster.dev) return undefined;
      return describeProcess(pid).catch(() => undefined); // It has ended meanwhile.
    }),
  );
  return found.filter((one) => one !== undefined);
}

async function describeProcess(pid: string): Promise<ClusterProcess | undefined> {
  const program = basename(await readlink(`/proc/${pid}/exe`)).replace(/ \(deleted\)$/, '');
  if (!PROGRAMS.has(program)) return undefined;
  const status = await readFile(`/proc/${pid}/stat`, 'utf8');
  // "pid (name) state parent …", where the name may hold anything.
  const parentPid = Number(status.slice(status.lastIndexOf(')') + 2).split(' ')[1]);
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8');
  return { pid: Number(pid), parentPid, isMain: !commandLine.startsWith('postgres: ') };
}

/** Where there is no /proc: the server that postmaster.pid names, if that pid is a PostgreSQL's. */
async function processOnRecord(folder: string): Promise<ClusterProcess[]> {
  const record = await readFile(join(folder, 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number.parseInt(record, 10);
  if (!(pid > 0)) return [];
  const args = ['-p', String(pid), '-o', 'comm='];
  const { output } = await runProgram({ file: '/bin/ps', args, folder: '/', user: undefined });
  return PROGRAMS.has(basename(output.trim())) ? [{ pid, parentPid: 0, isMain: true }] : [];
}
