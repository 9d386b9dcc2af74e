/** One run of the server: from its start until its process has ended. */
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import pg from 'pg';
import type { Clock } from '../../../core/clock.ts';
import { AppError } from '../../../core/errors.ts';
import type { Log } from '../../../telemetry/log.ts';
import { clientConfig } from '../postgres-connection.ts';
import type { Cluster } from './cluster.ts';
import { parseLogLine, saysReady, writeServerLine } from './log.ts';
import { clusterPath, spawnProgram } from './program.ts';

/** How the embedded server is reached: `host` is the folder of its socket. */
export interface SocketConnection {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

export interface ServerExit {
  readonly exitCode: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
}

export interface PostgresServer {
  readonly pid: number;
  readonly exited: Promise<ServerExit>;
  /** Ends it: in order, then with ever less ceremony, within 45 s. */
  stop(): Promise<void>;
}

export interface ServerDependencies {
  readonly cluster: Cluster;
  readonly settingArgs: readonly string[];
  readonly connection: SocketConnection;
  readonly clock: Clock;
  readonly log: Log;
}

/** A fast shutdown writes what is in memory: on a slow disk that takes its time. */
const STOP_STEPS = [
  { signal: 'SIGINT', waitMs: 30_000 },
  { signal: 'SIGQUIT', waitMs: 10_000 },
  { signal: 'SIGKILL', waitMs: 5_000 },
] as const;
const PROGRESS_INTERVAL_MS = 10_000;
const REMEMBERED_LINES = 5;
const FIRST_ANSWER_MS = 60_000;
const RETRY_MS = 100;
const INVALID_CATALOG_NAME = '3D000';
const CANNOT_CONNECT_NOW = '57P03';

/**
 * Starts the server and resolves once its database answers. Recovery after a crash may take long: it waits as
 * long as the process lives. Fails with `unavailable` when that ends, or `signal` aborts; nothing runs then.
 */
export async function startServer(
  dependencies: ServerDependencies,
  signal: AbortSignal,
): Promise<PostgresServer> {
  const { cluster, settingArgs, connection, clock, log } = dependencies;
  const { folder, binaries, user } = cluster;
  const args = ['-D', clusterPath(folder), ...settingArgs];
  const child = spawnProgram({ file: binaries.postgres, args, folder, user });
  const exited = exitOf(child);
  const output = followOutput(child, log);
  const server = { pid: child.pid ?? 0, exited, stop: () => stopServer(child, exited, clock) };
  const progress = setInterval(
    () => log.info({ lastLine: output.lines.at(-1) }, 'still waiting for PostgreSQL to start'),
    PROGRESS_INTERVAL_MS,
  );
  const abort = rejectOnAbort(signal);
  const ended = rejectOnExit(exited, output.lines);
  try {
    await Promise.race([output.ready, ended, abort.rejected]);
    await Promise.race([awaitDatabase(connection, clock), ended, abort.rejected]);
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  } finally {
    abort.forget();
    clearInterval(progress);
  }
}

function exitOf(child: ChildProcess): Promise<ServerExit> {
  // Should our own process end without closing, the server is told at least.
  const stopWithUs = (): void => void child.kill('SIGINT');
  process.once('exit', stopWithUs);
  return new Promise((resolve) => {
    const settle = (exit: ServerExit): void => {
      process.removeListener('exit', stopWithUs);
      resolve(exit);
    };
    child.once('exit', (code, signal) =>
      settle({ exitCode: code ?? undefined, signal: signal ?? undefined }),
    );
    child.on('error', () => settle({ exitCode: undefined, signal: undefined }));
  });
}

function followOutput(child: ChildProcess, log: Log): { ready: Promise<void>; lines: string[] } {
  const lines: string[] = [];
  child.on('error', (error) => lines.push(error.message));
  child.stdin?.end();
  child.stdout?.resume();
  const ready = new Promise<void>((resolve) => {
    if (child.stderr === null) return;
    createInterface({ input: child.stderr }).on('line', (text) => {
      const line = parseLogLine(text);
      lines.push(line.message);
      if (lines.length > REMEMBERED_LINES) lines.shift();
      writeServerLine(log, line);
      if (saysReady(line)) resolve();
    });
  });
  return { ready, lines };
}

async function rejectOnExit(exited: Promise<ServerExit>, lines: readonly string[]): Promise<never> {
  const { exitCode, signal } = await exited;
  const how = signal === undefined ? `exit code ${exitCode ?? 'unknown'}` : signal;
  throw new AppError('unavailable', `PostgreSQL ended while starting (${how}): ${lines.join(' ')}`);
}

function rejectOnAbort(signal: AbortSignal): { rejected: Promise<never>; forget: () => void } {
  let stop = (): void => undefined;
  const rejected = new Promise<never>((_resolve, reject) => {
    stop = () => reject(new AppError('unavailable', 'The start of PostgreSQL was stopped.'));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  return { rejected, forget: () => signal.removeEventListener('abort', stop) };
}

async function stopServer(child: ChildProcess, exited: Promise<ServerExit>, clock: Clock): Promise<void> {
  for (const { signal, waitMs } of STOP_STEPS) {
    child.kill(signal);
    if (await endsWithin(exited, waitMs, clock)) return;
  }
}

async function endsWithin(exited: Promise<ServerExit>, waitMs: number, clock: Clock): Promise<boolean> {
  const timer = new AbortController();
  const ended = exited.then(() => true);
  const late = clock.sleep(waitMs, timer.signal).then(() => false);
  return Promise.race([ended, late]).finally(() => timer.abort());
}

/** The first connection proves that it serves; on a machine under load it may need more than one try. */
async function awaitDatabase(connection: SocketConnection, clock: Clock): Promise<void> {
  const deadlineMs = clock.monotonicMs() + FIRST_ANSWER_MS;
  for (;;) {
    try {
      return await createDatabaseIfMissing(connection);
    } catch (error) {
      const isFinal = error instanceof pg.DatabaseError && error.code !== CANNOT_CONNECT_NOW;
      if (isFinal || clock.monotonicMs() > deadlineMs) throw error;
      await clock.sleep(RETRY_MS);
    }
  }
}

async function createDatabaseIfMissing(connection: SocketConnection): Promise<void> {
  try {
    await runOnce(connection, 'SELECT 1');
  } catch (error) {
    if (!(error instanceof pg.DatabaseError) || error.code !== INVALID_CATALOG_NAME) throw error;
    await runOnce({ ...connection, database: 'postgres' }, `CREATE DATABASE "${connection.database}"`);
  }
}

async function runOnce(connection: SocketConnection, text: string): Promise<void> {
  const client = new pg.Client(clientConfig(connection));
  client.on('error', () => undefined); // Reported by the call that it breaks.
  try {
    await client.connect();
    await client.query(text);
  } finally {
    await client.end().catch(() => undefined);
  }
}
