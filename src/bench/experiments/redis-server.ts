/** A Redis of the bench's own, on a core of its own where the machine has one, and what redis-benchmark says of it. */
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { AppError } from '../../core/errors.ts';
import type { RedisAddress } from '../../core/redis-address.ts';
import { processTree } from '../../telemetry/process-cpu.ts';
import { type Cores, pinRunning } from '../pinned-process.ts';

export interface BenchRedis {
  readonly address: RedisAddress;
  /** CPU time that it has taken; `undefined` where the system does not tell. */
  cpuMs(): number | undefined;
  /** Of all that it holds. */
  usedBytes(): Promise<number>;
  /** Writes a second of redis-benchmark, 64 in flight on each of its connections, so many in all. */
  pipelinedWrites(command: 'set' | 'lpush', writes: number): Promise<number>;
  /** Sends the commands as bytes, all at once, and waits for their answers: no client could do with less. */
  send(commands: readonly (readonly string[])[]): Promise<void>;
  close(): Promise<void>;
}

const HOST = '127.0.0.1';
const PIPELINE = 64;
const KEYS = 100_000;
/** As an id in a timeline. */
const VALUE_BYTES = 8;

/** Fails with `not_found` where there is none. */
export async function startBenchRedis(cores: Cores): Promise<BenchRedis> {
  const folder = await mkdtemp(path.join(tmpdir(), 'groundswell-bench-redis-'));
  const port = await freePort();
  const place = ['--port', `${port}`, '--bind', HOST, '--dir', folder, '--save', ''];
  const child = spawn('redis-server', place, { stdio: 'ignore' });
  const { pid } = child;
  child.on('error', () => undefined);
  if (pid === undefined) {
    await rm(folder, { recursive: true });
    throw new AppError('not_found', 'There is no redis-server on the PATH: apt-get install redis-server');
  }
  pinRunning(pid, cores);
  return {
    address: {
      cluster: false,
      nodes: [{ host: HOST, port }],
      database: 0,
      tls: false,
      username: undefined,
      password: undefined,
    },
    cpuMs: () => processTree([pid])?.reduce((sum, stat) => sum + stat.cpuMs, 0),
    async usedBytes() {
      const { stdout } = await promisify(execFile)('redis-cli', ['-p', `${port}`, 'info', 'memory']);
      return Number(/^used_memory:(\d+)/m.exec(stdout)?.[1] ?? Number.NaN);
    },
    async pipelinedWrites(command, writes) {
      const load = [
        '-t',
        command,
        '-P',
        `${PIPELINE}`,
        '-n',
        `${writes}`,
        '-r',
        `${KEYS}`,
        '-d',
        `${VALUE_BYTES}`,
      ];
      const { stdout } = await promisify(execFile)('redis-benchmark', ['-p', `${port}`, '--csv', ...load]);
      // "SET","1234567.89",… below the titles.
      return Number(stdout.trim().split('\n').at(-1)?.split('","')[1] ?? Number.NaN);
    },
    send: (commands) => sendRaw(port, commands),
    async close() {
      child.kill('SIGKILL');
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** In its protocol (RESP 2). Each command must answer a number or a list of texts; an error fails. */
async function sendRaw(port: number, commands: readonly (readonly string[])[]): Promise<void> {
  const socket = connect(port, HOST);
  const quit = ['PING'];
  const texts = [...commands, quit].map(
    (words) => `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`,
  );
  socket.write(texts.join(''));
  let tail = '';
  for await (const data of socket) {
    tail = `${tail}${data}`;
    if (/^-/m.test(tail)) throw new AppError('internal', `Redis refused: ${tail.slice(0, 200)}`);
    if (tail.endsWith('+PONG\r\n')) break;
    tail = tail.slice(-200);
  }
  socket.destroy();
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
