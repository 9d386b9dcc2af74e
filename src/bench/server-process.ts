/** A `groundswell serve` of our own, in another process, for benchmarks and for tests that kill it. */

import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { createHttpClient, type HttpClient } from '../client/http-client.ts';
import type { Environment } from '../config/env.ts';
import type { Clock } from '../core/clock.ts';
import { type Cores, startPinned } from './pinned-process.ts';

export interface ServerProcess {
  readonly url: string;
  readonly pid: number;
  /** Its exit code once it has ended, however it did; `undefined` if a signal ended it. */
  readonly ended: Promise<number | undefined>;
  /** The last of what it wrote to standard output and standard error. */
  logs(): string;
  /** Asks it to end, and answers its exit code; kills it after `STOP_MS`. */
  stop(): Promise<number | undefined>;
  /** SIGKILL: to the whole process group if it has one of its own. Resolves when the process is gone. */
  kill(): Promise<void>;
}

export interface ServerProcessOptions {
  readonly dataFolder: string;
  /** What the process inherits, and what is set for it on top. */
  readonly environment: Environment;
  readonly settings?: Environment;
  /** A free one by default. */
  readonly port?: number;
  readonly cores?: Cores;
  readonly ownGroup?: boolean;
  readonly readyMs?: number;
  readonly clock: Clock;
}

const PROGRAM = fileURLToPath(new URL('../main.js', import.meta.url));
const HOST = '127.0.0.1';
/** A first start makes a database cluster, on slow disks too. */
const READY_MS = 60_000;
const STOP_MS = 30_000;
const POLL_MS = 20;
const LOG_CHARS_MAX = 64 * 1024;

/** Resolves when the server is ready for requests. Fails with its log if it ends, or is not ready in time. */
export async function startServerProcess(options: ServerProcessOptions): Promise<ServerProcess> {
  const { dataFolder, environment, settings, cores, ownGroup = false, readyMs = READY_MS, clock } = options;
  const port = options.port ?? (await findFreePort());
  const child = startPinned(PROGRAM, ['serve'], {
    cores,
    ownGroup,
    stdio: 'logs',
    environment: {
      ...environment,
      GROUNDSWELL_DATA: dataFolder,
      GROUNDSWELL_HOST: HOST,
      GROUNDSWELL_PORT: String(port),
      ...settings,
    },
  });
  const exited = once(child, 'exit');
  // A failure to start at all shows as a process without an id.
  child.on('error', () => undefined);
  const { pid } = child;
  if (pid === undefined) throw new Error(`${process.execPath} cannot be started`);
  const logs = gatherLogs([child.stdout, child.stderr]);
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;

  const server: ServerProcess = {
    url: `http://${HOST}:${port}`,
    pid,
    ended: exited.then(() => child.exitCode ?? undefined),
    logs,
    async stop() {
      const timer = setTimeout(() => signal(pid, 'SIGKILL', ownGroup), STOP_MS);
      if (!hasEnded()) child.kill('SIGTERM');
      if (!hasEnded()) await exited;
      clearTimeout(timer);
      return child.exitCode ?? undefined;
    },
    async kill() {
      signal(pid, 'SIGKILL', ownGroup);
      if (!hasEnded()) await exited;
    },
  };
  await awaitReady(server, { hasEnded, deadlineMs: clock.monotonicMs() + readyMs, clock });
  return server;
}

function signal(pid: number, name: NodeJS.Signals, group: boolean): void {
  try {
    process.kill(group ? -pid : pid, name);
  } catch {
    // It is gone already.
  }
}

interface Waiting {
  readonly hasEnded: () => boolean;
  readonly deadlineMs: number;
  readonly clock: Clock;
}

async function awaitReady(server: ServerProcess, { hasEnded, deadlineMs, clock }: Waiting): Promise<void> {
  const client = createHttpClient({ url: server.url, connectionsMax: 1, timeoutMs: 2000 });
  try {
    while (!(await isReady(client))) {
      if (hasEnded()) throw new Error(`groundswell serve ended before it was ready:\n${server.logs()}`);
      if (clock.monotonicMs() > deadlineMs) {
        throw new Error(`groundswell serve was not ready in time:\n${server.logs()}`);
      }
      await clock.sleep(POLL_MS);
    }
  } catch (error) {
    await server.kill();
    throw error;
  } finally {
    client.close();
  }
}

async function isReady(client: HttpClient): Promise<boolean> {
  try {
    return (await client.send({ method: 'GET', path: '/health/ready' })).status === 200;
  } catch {
    return false;
  }
}

/** Free a moment ago, which is as sure as it gets. */
export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, HOST);
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}

function gatherLogs(streams: readonly (Readable | null)[]): () => string {
  let text = '';
  for (const stream of streams) {
    stream?.setEncoding('utf8').on('data', (part: string) => {
      text = (text + part).slice(-LOG_CHARS_MAX);
    });
  }
  return () => text;
}
