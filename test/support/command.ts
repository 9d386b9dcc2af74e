/** The program as its user starts it, for tests of what it prints, and of what is left when it is killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { packageRoot } from '../../src/config/package-info.ts';

export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCommand {
  /** Resolves when it has ended, however it did. */
  readonly ended: Promise<CommandResult>;
  kill(signal: NodeJS.Signals): void;
}

export interface CommandOptions {
  /** What stands before the program, such as `['bash', '-c', 'ulimit -f 8; exec "$@"', 'bash']`. */
  readonly prefix?: readonly string[];
  /** What it reads from standard input; by default nothing. */
  readonly input?: string;
}

export function startCommand(
  args: readonly string[],
  { prefix = [], input = '' }: CommandOptions = {},
): RunningCommand {
  const program = [process.execPath, path.join(packageRoot(), 'dist', 'src', 'main.js'), ...args];
  const [file = process.execPath, ...rest] = [...prefix, ...program];
  const child = spawn(file, rest, { stdio: 'pipe', env: environment() });
  // It may end without having read it.
  child.stdin.on('error', () => undefined).end(input);
  return { ended: gather(child), kill: (signal) => void child.kill(signal) };
}

export function runCommand(args: readonly string[], options?: CommandOptions): Promise<CommandResult> {
  return startCommand(args, options).ended;
}

/** Without the settings of whoever runs the tests. */
function environment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('GROUNDSWELL_'));
  return Object.fromEntries(kept);
}

function gather(child: ChildProcess): Promise<CommandResult> {
  const result = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      result[name] += text;
    });
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, ...result }));
  });
}
