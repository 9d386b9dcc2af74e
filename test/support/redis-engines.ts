/** Redis servers of a test's own, on free ports: one alone, or a cluster of three primaries with a replica each. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Redis } from 'ioredis';
import { freePorts } from './free-ports.ts';
import { until } from './until.ts';

export interface RedisEngine {
  readonly url: string;
  /** Of each server that has data of its own: a client that tests may do anything with. */
  readonly primaries: readonly Redis[];
  /** Forgets everything. */
  flush(): Promise<void>;
  /** Moves the end of every key's life, as if so much time had passed. */
  advance(durationMs: number): Promise<void>;
  close(): Promise<void>;
}

export interface RedisClusterEngine extends RedisEngine {
  /** Of a primary at once, as the kernel would; its replica takes its place within seconds. Answers its port. */
  killPrimary(): number;
}

const PLACES = [process.env['GROUNDSWELL_TEST_REDIS_SERVER'], '/usr/bin/redis-server'];
const HOST = '127.0.0.1';
const SLOTS = 16_384;
const PRIMARIES = 3;
/** After which a node that does not answer is taken for dead: the least at which a busy machine does not lie. */
const NODE_TIMEOUT_MS = 1_500;
/** The bus of a cluster has the port of its node and this. */
const BUS_PORT = 10_000;
const PORT_MAX = 65_535 - BUS_PORT;

/** For `describeOnBackend`. */
export function redisBackend(backend: 'redis' | 'redis-cluster') {
  const engine = PLACES.find((place) => place !== undefined && existsSync(place));
  return {
    backend,
    engine,
    remedy: 'install redis-server, or set GROUNDSWELL_TEST_REDIS_SERVER to its path',
  };
}

export async function startRedis(program: string, ...options: readonly string[]): Promise<RedisEngine> {
  const [port = 0] = await freePorts(1, PORT_MAX);
  const folder = await mkdtemp(path.join(tmpdir(), 'groundswell-redis-'));
  const server = await startServer(program, folder, port, options);
  return engineOf(`redis://${HOST}:${port}`, [server], folder);
}

export async function startRedisCluster(program: string): Promise<RedisClusterEngine> {
  const folder = await mkdtemp(path.join(tmpdir(), 'groundswell-redis-'));
  const ports = await freePorts(PRIMARIES * 2, PORT_MAX);
  const servers = await Promise.all(
    ports.map((port) => startServer(program, folder, port, clusterOptions(port))),
  );
  const primaries = servers.slice(0, PRIMARIES);
  const replicas = servers.slice(PRIMARIES);
  await join(servers);
  await Promise.all(
    primaries.map(({ client }, n) => client.cluster('ADDSLOTSRANGE', slotAt(n), slotAt(n + 1) - 1)),
  );
  await follow(primaries, replicas);
  await until(() => allAgree(servers), 30_000);
  const [first, ...others] = ports.slice(0, PRIMARIES);
  const query = others.map((port) => `node=${HOST}:${port}`).join('&');
  const engine = engineOf(`redis-cluster://${HOST}:${first}?${query}`, servers, folder, PRIMARIES);
  return {
    ...engine,
    killPrimary() {
      const [victim] = primaries;
      victim?.client.disconnect();
      victim?.process.kill('SIGKILL');
      return victim?.port ?? 0;
    },
  };
}

interface RunningServer {
  readonly port: number;
  readonly process: ChildProcess;
  readonly client: Redis;
}

async function startServer(
  program: string,
  folder: string,
  port: number,
  options: readonly string[],
): Promise<RunningServer> {
  const all = ['--port', `${port}`, '--bind', HOST, '--dir', folder, '--save', '', '--daemonize', 'no'];
  const process = spawn(program, [...all, ...options], { stdio: 'ignore' });
  const client = new Redis({ host: HOST, port, retryStrategy: () => 50, maxRetriesPerRequest: null });
  client.on('error', () => undefined);
  await client.ping();
  assert(process.exitCode === null, `redis-server did not start on port ${port}`);
  return { port, process, client };
}

function clusterOptions(port: number): string[] {
  const timing = [
    ...['--cluster-node-timeout', `${NODE_TIMEOUT_MS}`, '--cluster-replica-validity-factor', '0'],
    // By default it waits for more replicas.
    ...['--repl-diskless-sync-delay', '0'],
  ];
  return ['--cluster-enabled', 'yes', '--cluster-config-file', `nodes-${port}.conf`, ...timing];
}

async function join(servers: readonly RunningServer[]): Promise<void> {
  const [first, ...others] = servers;
  for (const { port } of others) await first?.client.cluster('MEET', HOST, port);
  await until(async () => {
    const known = await Promise.all(servers.map(({ client }) => client.cluster('INFO')));
    return known.every((info) => `${info}`.includes(`cluster_known_nodes:${servers.length}`));
  }, 30_000);
}

async function follow(
  primaries: readonly RunningServer[],
  replicas: readonly RunningServer[],
): Promise<void> {
  for (const [n, { client }] of replicas.entries()) {
    const primaryId = `${await primaries[n]?.client.cluster('MYID')}`;
    await client.cluster('REPLICATE', primaryId);
  }
  const isSynced = async ({ client }: RunningServer) =>
    (await client.info('replication')).includes('master_link_status:up');
  await until(async () => (await Promise.all(replicas.map(isSynced))).every(Boolean), 30_000);
}

async function allAgree(servers: readonly RunningServer[]): Promise<boolean> {
  const infos = await Promise.all(servers.map(({ client }) => client.cluster('INFO')));
  return infos.every((info) => `${info}`.includes('cluster_state:ok'));
}

function slotAt(place: number): number {
  return Math.floor((SLOTS * place) / PRIMARIES);
}

function engineOf(
  url: string,
  servers: readonly RunningServer[],
  folder: string,
  primaryCount = servers.length,
): RedisEngine {
  const primaries = servers.slice(0, primaryCount).map(({ client }) => client);
  return {
    url,
    primaries,
    async flush() {
      await Promise.all(primaries.map((client) => client.flushall()));
    },
    async advance(durationMs) {
      await Promise.all(primaries.map((client) => client.eval(ADVANCE, 0, durationMs)));
    },
    async close() {
      for (const { client, process } of servers) {
        client.disconnect();
        process.kill('SIGKILL');
      }
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

const ADVANCE = `
for _, key in ipairs(redis.call('KEYS', '*')) do
  local left = redis.call('PTTL', key)
  if left >= 0 then redis.call('PEXPIRE', key, math.max(0, left - tonumber(ARGV[1]))) end
end`;
