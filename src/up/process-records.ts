/**
 * Who runs, on record in the data folder: so that another command can show and stop it, and so that a start finds what a
 * killed `up` left behind. A process is known by its id and the moment it started, because ids are used again.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import { parseStat } from '../telemetry/process-cpu.ts';
import { sendSignal } from './child-process.ts';
import type { ProcessReload } from './process-spec.ts';

export interface ProcessRecord {
  readonly name: string;
  readonly role: string;
  readonly pid: number;
  /** The moment of its start, in the words of the system. */
  readonly started: string;
  readonly port: number;
  readonly ready_url?: string | undefined;
  readonly stop_signal: NodeJS.Signals;
  readonly reload?: ProcessReload | undefined;
}

/** The content of processes.json. */
export interface UpRecord {
  readonly topology: string;
  /** Of `up` itself. */
  readonly pid: number;
  readonly started: string;
  /** Where clients reach it. */
  readonly url: string;
  /** Of the database; it has a password, and only the folder's owner can read this. */
  readonly database_url?: string | undefined;
  /** Where its processes have events and pictures; `undefined` where they are in the database and the data folder. */
  readonly event_log_url?: string | undefined;
  readonly blobs_url?: string | undefined;
  /** Whether all of it has been ready. */
  readonly ready: boolean;
  readonly processes: readonly ProcessRecord[];
}

export interface ProcessRecords {
  set(record: ProcessRecord): Promise<void>;
  remove(name: string): Promise<void>;
  /** All of it is ready, for the first time. */
  markReady(): Promise<void>;
  /** Nothing runs any more. */
  clear(): Promise<void>;
}

const FILE = 'processes.json';
const STOP_MS = 20_000;
const KILL_MS = 5_000;
const POLL_MS = 20;

export function openProcessRecords(
  folder: string,
  up: Omit<UpRecord, 'pid' | 'started' | 'ready' | 'processes'>,
): ProcessRecords {
  const file = path.join(folder, FILE);
  const processes = new Map<string, ProcessRecord>();
  const self = { pid: process.pid, started: startOf(process.pid) ?? '' };
  let ready = false;
  let writing = Promise.resolve();
  /** One after the other: the last one to be written is the last that was known. */
  const write = (): Promise<void> => {
    const record = () => ({ ...up, ...self, ready, processes: [...processes.values()] });
    // A full disk is no reason to start nothing, or to stop nothing.
    writing = writing.then(() => writeWhole(file, record())).catch(() => undefined);
    return writing;
  };
  return {
    set(record) {
      processes.set(record.name, record);
      return write();
    },
    remove(name) {
      processes.delete(name);
      return write();
    },
    markReady() {
      ready = true;
      return write();
    },
    async clear() {
      processes.clear();
      await writing;
      await rm(file, { force: true });
    },
  };
}

async function writeWhole(file: string, record: UpRecord): Promise<void> {
  await writeFile(`${file}.new`, `${JSON.stringify(record, undefined, 2)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}

/** `undefined` when none is there, or none that can be read. */
export async function readUpRecord(folder: string): Promise<UpRecord | undefined> {
  try {
    const content: unknown = JSON.parse(await readFile(path.join(folder, FILE), 'utf8'));
    return isUpRecord(content) ? content : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function isUpRecord(content: unknown): content is UpRecord {
  const { processes, pid } = (content ?? {}) as Partial<Record<keyof UpRecord, unknown>>; // Narrowed below.
  return typeof pid === 'number' && Array.isArray(processes);
}

/** When a process started, comparable with nothing but itself; `undefined` when it does not run. */
export function startOf(pid: number): string | undefined {
  if (process.platform !== 'linux') {
    return (
      spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).stdout?.trim() || undefined
    );
  }
  try {
    const { startTicks, zombie } = parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1'));
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return zombie ? undefined : `${boot} ${startTicks}`;
  } catch {
    return undefined; // It has ended.
  }
}

export function isRunning({ pid, started }: Pick<ProcessRecord, 'pid' | 'started'>): boolean {
  return startOf(pid) === started;
}

/**
 * Stops what a killed `up` left behind, and answers its names. To be called by whoever holds the folder. Fails with
 * `unavailable` for what cannot be ended.
 */
export async function clearLeftProcesses(folder: string, clock: Clock): Promise<string[]> {
  const left = ((await readUpRecord(folder))?.processes ?? []).filter(isRunning);
  for (const { pid, stop_signal } of left) sendSignal(pid, stop_signal);
  if (!(await haveEnded(left, STOP_MS, clock))) {
    for (const { pid } of left.filter(isRunning)) sendSignal(-pid, 'SIGKILL');
    if (!(await haveEnded(left, KILL_MS, clock))) {
      const names = left.filter(isRunning).map(({ name, pid }) => `${name} (${pid})`);
      throw new AppError('unavailable', `These of an earlier start cannot be ended: ${names.join(', ')}.`);
    }
  }
  return left.map(({ name }) => name);
}

async function haveEnded(records: readonly ProcessRecord[], waitMs: number, clock: Clock): Promise<boolean> {
  const deadlineMs = clock.monotonicMs() + waitMs;
  while (records.some(isRunning)) {
    if (clock.monotonicMs() > deadlineMs) return false;
    await clock.sleep(POLL_MS);
  }
  return true;
}
