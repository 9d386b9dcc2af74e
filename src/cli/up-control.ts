/** `groundswell up status` and `up down`: a look at the `up` of a data folder, and its end, from another terminal. */
import { Command } from 'commander';
import { readEnvironment } from '../config/env.ts';
import { systemClock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import { sendSignal } from '../up/child-process.ts';
import {
  clearLeftProcesses,
  isRunning,
  type ProcessRecord,
  readUpRecord,
  type UpRecord,
} from '../up/process-records.ts';
import { checkReady } from '../up/serve-process.ts';
import { upFolderIn } from '../up/up-folder.ts';
import { withExamples } from './examples.ts';
import { formatTable } from './table.ts';
import { dataFolderOf } from './up-topology.ts';

export interface ControlOptions {
  readonly data?: string;
}

/** Everything that has been accepted is finished by then. */
const DOWN_MS = 120_000;
const POLL_MS = 50;

export function statusCommand(): Command {
  const command = withDataOption(new Command('status'))
    .summary('what runs, and whether it is ready')
    .description('What runs in the data folder, and whether it is ready: exit code 0 if all of it is.')
    .action(showStatus);
  return withExamples(command, 'groundswell up status --data /srv/groundswell');
}

export function downCommand(): Command {
  const command = withDataOption(new Command('down'))
    .summary('stop it, from another terminal')
    .description('Stop the up of the data folder in order, or what one that was killed has left.')
    .action(stopUp);
  return withExamples(command, 'groundswell up down --data /srv/groundswell');
}

export function withDataOption(command: Command): Command {
  return command.option('--data <folder>', 'its data folder (GROUNDSWELL_DATA, ./data)');
}

/** NOTE: where both have an option of the same name, commander gives it to the parent. */
export function folderOf(options: ControlOptions, command: Command): string {
  const { data } = { ...command.parent?.opts<ControlOptions>(), ...options };
  return upFolderIn(dataFolderOf(data, readEnvironment()));
}

async function showStatus(options: ControlOptions, command: Command): Promise<void> {
  const folder = folderOf(options, command);
  const record = await readUpRecord(folder);
  if (record === undefined) throw nothingRuns(folder);
  const states = await Promise.all(record.processes.map(stateOf));
  const rows = record.processes.map(({ name, role, port, pid }, index) => [
    ...[name, role, String(port), String(pid), states[index] ?? ''],
  ]);
  console.log(`${record.topology} at ${record.url}, by process ${record.pid}\n`);
  console.log(formatTable(['PROCESS', 'ROLE', 'PORT', 'PID', 'HEALTH'], rows));
  if (!isRunning(record)) {
    throw new AppError(
      'unavailable',
      'The up that started it was killed. Stop the rest with: groundswell up down',
    );
  }
  if (!record.ready || states.some((state) => state !== READY && state !== RUNNING)) {
    throw new AppError('unavailable', 'Not all of it is ready.');
  }
}

const READY = 'ready';
/** All that can be said of what speaks no HTTP. */
const RUNNING = 'running';

async function stateOf(record: ProcessRecord): Promise<string> {
  if (!isRunning(record)) return 'gone';
  if (record.ready_url === undefined) return RUNNING;
  return checkReady(new URL(record.ready_url).origin).then(
    () => READY,
    (error: unknown) => `not ready: ${error instanceof Error ? error.message : String(error)}`,
  );
}

async function stopUp(options: ControlOptions, command: Command): Promise<void> {
  const folder = folderOf(options, command);
  const record = await readUpRecord(folder);
  if (record === undefined) throw nothingRuns(folder);
  if (isRunning(record)) {
    sendSignal(record.pid, 'SIGTERM');
    await awaitEnd(record);
    console.log(`Stopped ${record.topology}.`);
    return;
  }
  const names = await clearLeftProcesses(folder, systemClock);
  console.log(names.length === 0 ? 'Nothing ran any more.' : `Stopped what was left: ${names.join(', ')}.`);
}

async function awaitEnd(record: UpRecord): Promise<void> {
  const deadlineMs = systemClock.monotonicMs() + DOWN_MS;
  while (isRunning(record)) {
    if (systemClock.monotonicMs() > deadlineMs) {
      throw new AppError('timeout', `Process ${record.pid} has not stopped after ${DOWN_MS / 1_000} s.`);
    }
    await systemClock.sleep(POLL_MS);
  }
}

export function nothingRuns(folder: string): AppError {
  return new AppError('not_found', `Nothing runs in ${folder}. Start it with: groundswell up`);
}
