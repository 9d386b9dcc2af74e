/**
 * One child process of `up`. It has a process group of its own, so that a Ctrl-C in the terminal reaches only us and
 * things stop in order; and the kernel tells it to stop when we die, however we do (Linux, by `setpriv`).
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import type { Clock } from '../core/clock.ts';
import type { Launch } from './process-spec.ts';

export interface ChildExit {
  readonly exitCode: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  /** It could not even be started. */
  readonly error: Error | undefined;
}

export interface RunningChild {
  /** 0 if it could not be started. */
  readonly pid: number;
  readonly exited: Promise<ChildExit>;
  signal(name: NodeJS.Signals): void;
  /** Asks it to end, and kills it with all that it started if it has not after `killAfterMs`. */
  stop(name: NodeJS.Signals, killAfterMs: number): Promise<ChildExit>;
}

export interface ChildOptions {
  readonly launch: Launch;
  /** Where it writes what it has to say. */
  readonly outputFile: number;
  /** What the kernel sends it when we die. */
  readonly orphanSignal: NodeJS.Signals;
  readonly clock: Clock;
}

export function startChild({ launch, outputFile, orphanSignal, clock }: ChildOptions): RunningChild {
  const [file = '', ...args] = [...orphanPrefix(orphanSignal), launch.file, ...launch.args];
  const child = spawn(file, args, {
    cwd: launch.folder,
    env: { ...launch.environment },
    stdio: [launch.input === undefined ? 'ignore' : 'pipe', outputFile, outputFile],
    detached: true,
    ...launch.user,
  });
  const exited = exitOf(child);
  // It may end without having read it.
  child.stdin?.on('error', () => undefined).end(launch.input);
  const pid = child.pid ?? 0;
  return {
    pid,
    exited,
    signal: (name) => sendSignal(pid, name),
    async stop(name, killAfterMs) {
      sendSignal(pid, name);
      const late = new AbortController();
      void clock.sleep(killAfterMs, late.signal).then(() => {
        if (!late.signal.aborted) sendSignal(-pid, 'SIGKILL');
      });
      const exit = await exited;
      late.abort();
      // What it started, and left behind.
      sendSignal(-pid, 'SIGKILL');
      return exit;
    },
  };
}

/** `pid` is negative for a process group. Whoever is gone already needs no signal. */
export function sendSignal(pid: number, name: NodeJS.Signals): void {
  if (pid === 0) return; // That would be our own group.
  try {
    process.kill(pid, name);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

export function describeExit({ exitCode, signal, error }: ChildExit): string {
  if (error !== undefined) return `cannot be started: ${error.message}`;
  return signal === undefined ? `ended with exit code ${exitCode ?? 'unknown'}` : `was ended by ${signal}`;
}

function exitOf(child: ChildProcess): Promise<ChildExit> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ exitCode: undefined, signal: undefined, error }));
    child.once('exit', (code, signal) =>
      resolve({ exitCode: code ?? undefined, signal: signal ?? undefined, error: undefined }),
    );
  });
}

/** Whether children stop when we are killed. Where they do not, the next start clears them. */
export function canTieToUs(): boolean {
  return process.platform === 'linux' && spawnSync('setpriv', ['--pdeathsig', 'keep', 'true']).status === 0;
}

function orphanPrefix(signal: NodeJS.Signals): string[] {
  return canTieToUs() ? ['setpriv', '--pdeathsig', signal.replace(/^SIG/, ''), '--'] : [];
}
