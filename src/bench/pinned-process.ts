/** Starts processes on chosen processor cores, where the system can do that (`taskset`, Linux). */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Environment } from '../config/env.ts';

/** As `taskset` writes them: `0`, `0,2`, `0-3`. Undefined: wherever the system likes. */
export type Cores = string | undefined;

export const CORES_PATTERN = /^[0-9]+(?:[-,][0-9]+)*$/;

export function canPin(): boolean {
  return availableParallelism() > 1 && spawnSync('taskset', ['--version']).status === 0;
}

export interface PinnedProcessOptions {
  readonly cores: Cores;
  readonly stdio: 'ipc' | 'logs';
  readonly environment?: Environment;
  /** A process group of its own, so that it can be killed with all its children. */
  readonly ownGroup?: boolean;
}

/** Runs a program with this same Node. The process id is the program's own: `taskset` becomes it. */
export function startPinned(
  program: string,
  args: readonly string[],
  options: PinnedProcessOptions,
): ChildProcess {
  const { cores, stdio, environment, ownGroup = false } = options;
  const node = [process.execPath, program, ...args];
  const [command = '', ...rest] = cores === undefined ? node : ['taskset', '-c', cores, ...node];
  return spawn(command, rest, {
    stdio: stdio === 'ipc' ? ['ignore', 'inherit', 'inherit', 'ipc'] : ['ignore', 'pipe', 'pipe'],
    detached: ownGroup,
    ...(environment === undefined ? {} : { env: { ...environment } }),
  });
}

/** Moves all threads of a process that runs already; children that it starts from now on follow. */
export function pinRunning(pid: number, cores: Cores): void {
  if (cores !== undefined) spawnSync('taskset', ['-a', '-c', '-p', cores, String(pid)]);
}

/** The path of a program that lies beside this file, compiled or not as this one is. */
export function programBeside(name: string): string {
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
  return fileURLToPath(new URL(`./${name}${extension}`, import.meta.url));
}

/** The next message of a child, or an error if it ends first. */
export function nextMessage(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null) => reject(new Error(`a process of the bench ended (${code})`));
    child.once('exit', ended);
    child.once('error', reject);
    child.once('message', (message) => {
      child.off('exit', ended);
      child.off('error', reject);
      resolve(message);
    });
  });
}
