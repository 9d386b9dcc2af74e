/** Starting PostgreSQL's programs: as an unprivileged user, in the cluster's folder, in an environment of ours. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { SystemUser } from './user.ts';

export interface Program {
  readonly file: string;
  readonly args: readonly string[];
  /** The working directory. */
  readonly folder: string;
  readonly user: SystemUser | undefined;
}

export interface ProgramResult {
  /** `undefined` when a signal ended it. */
  readonly exitCode: number | undefined;
  /** Standard output and standard error, as they came. */
  readonly output: string;
}

/** Enough to tell why a program failed. */
const OUTPUT_LENGTH_MAX = 64_000;

/**
 * How the cluster's folder is named to a program whose working directory it is. Processes inherit the working
 * directory, and this path needs no right to pass through the folders above: a data folder below /root works.
 */
export function clusterPath(folder: string): string {
  return process.platform === 'linux' ? '/proc/self/cwd' : folder;
}

/**
 * The child stays in our process group, so that killing the group takes it too. It inherits no variable: PGDATA,
 * PGOPTIONS or a locale of the caller's must not change what it does.
 */
export function spawnProgram({ file, args, folder, user }: Program): ChildProcess {
  return spawn(file, args, {
    cwd: folder,
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
    stdio: ['pipe', 'pipe', 'pipe'],
    windowsHide: true,
    ...user,
  });
}

/** Runs the program to its end. Rejects only if it cannot be started; `signal` ends it. */
export function runProgram(program: Program, input = '', signal?: AbortSignal): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const child = spawnProgram(program);
    const stop = (): void => void child.kill('SIGTERM');
    let output = '';
    const collect = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-OUTPUT_LENGTH_MAX);
    };
    child.stdout?.on('data', collect);
    child.stderr?.on('data', collect);
    child.stdin?.on('error', () => undefined); // It may end without having read everything.
    child.once('error', reject);
    child.once('close', (code) => {
      signal?.removeEventListener('abort', stop);
      resolve({ exitCode: code ?? undefined, output });
    });
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted) stop();
    child.stdin?.end(input);
  });
}
