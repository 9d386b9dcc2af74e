/**
 * A network and a table of mounts of our own: what is cut off or filled there is nobody else's, and goes with the last
 * process of the run, however that ends.
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { findProgram } from '../../src/up/programs.ts';

const INSIDE = 'FAULT_RUN_INSIDE';

export function isInside(): boolean {
  return process.env[INSIDE] === 'yes';
}

/** Only root may have them, on Linux. */
export function canHaveNamespaces(): boolean {
  return process.getuid?.() === 0 && findProgram('unshare', process.env) !== undefined;
}

/** Runs this program again in there, and answers how it ended. */
export async function runInside(args: readonly string[]): Promise<number> {
  const command = 'ip link set lo up && exec "$@"';
  const program = [process.execPath, ...process.execArgv, ...args];
  const child = spawn('unshare', ['--net', '--mount', 'sh', '-c', command, 'sh', ...program], {
    stdio: 'inherit',
    env: { ...process.env, [INSIDE]: 'yes' },
  });
  const forward = (signal: NodeJS.Signals): void => void child.kill(signal);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, forward);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

/** A disk that is small enough to be filled: gone with the namespace. */
export function mountSmallDisk(folder: string, megabytes: number): void {
  mkdirSync(folder, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0755`, 'groundswell-faults', folder]);
}
