/**
 * A PostgreSQL with streaming replicas, of a test's own, with nobody who promotes: what fails, lags and takes over is up to
 * the test. From the programs of the system, for the ones inside cannot copy a server.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { runProgram } from '../../src/ports/sql-store/embedded-postgres/program.ts';
import { ownClusterFolder, type SystemUser } from '../../src/ports/sql-store/embedded-postgres/user.ts';
import { processTree } from '../../src/telemetry/process-cpu.ts';
import { freePorts } from './free-ports.ts';
import { until } from './until.ts';

export interface PostgresServer {
  /** `host:port`, as the product calls it. */
  readonly name: string;
  /** Of this server alone. */
  readonly url: string;
  /** Runs a text on it and answers its rows. */
  run(text: string): Promise<Record<string, unknown>[]>;
  /** To all of its processes. One that is stopped must go on before it is killed. */
  signal(signal: NodeJS.Signals): void;
  /** At once, as the kernel would. */
  kill(): Promise<void>;
  /** Again, as what its folder says it is. */
  start(): Promise<void>;
}

export interface ReplicatedPostgres {
  /** Of all of them, any of which may be written to or read from. */
  readonly url: string;
  readonly primary: PostgresServer;
  readonly replicas: readonly PostgresServer[];
  close(): Promise<void>;
}

const HOST = '127.0.0.1';
const USER = 'groundswell';
const VERSIONS = '/usr/lib/postgresql';

/** For `describeOnBackend`. */
export function replicatedPostgresBackend() {
  const versions = existsSync(VERSIONS)
    ? readdirSync(VERSIONS)
        .map(Number)
        .sort((a, b) => b - a)
    : [];
  const folders = versions.map((version) => path.join(VERSIONS, String(version), 'bin'));
  return {
    backend: 'postgres',
    engine: folders.find((folder) => existsSync(path.join(folder, 'pg_basebackup'))),
    remedy: 'install postgresql',
  };
}

/** With so many replicas. */
export async function startReplicatedPostgres(programs: string, count: number): Promise<ReplicatedPostgres> {
  const folder = await mkdtemp(path.join(tmpdir(), 'groundswell-replicated-'));
  // Whoever runs the servers has to get through.
  await chmod(folder, 0o711);
  const ports = await freePorts(count + 1);
  const places = await Promise.all(
    ports.map(async (port) => {
      const data = path.join(folder, String(port));
      return { programs, data, port, user: await ownClusterFolder(data) };
    }),
  );
  const [first, ...others] = places;
  assert(first !== undefined);
  const primary = createServer(first);
  await run(first, 'initdb', [
    '-U',
    USER,
    '--auth=trust',
    '--encoding=UTF8',
    '--locale=C.UTF-8',
    '--no-sync',
    first.data,
  ]);
  await writeFile(
    path.join(first.data, 'pg_hba.conf'),
    `host all all ${HOST}/32 trust\nhost replication all ${HOST}/32 trust\n`,
  );
  await primary.start();
  await primary.run(`CREATE DATABASE ${USER}`);
  const replicas = await Promise.all(
    others.map(async (place, index) => {
      const source = `host=${HOST} port=${first.port} user=${USER} application_name=replica_${index + 1}`;
      await run(place, 'pg_basebackup', [
        '-D',
        place.data,
        '-d',
        source,
        '-X',
        'stream',
        '-c',
        'fast',
        '-R',
        '--no-sync',
      ]);
      const server = createServer(place);
      await server.start();
      return server;
    }),
  );
  const servers = [primary, ...replicas];
  const hosts = servers.map(({ name }) => name);
  return {
    url: `postgres://${USER}@${hosts.join(',')}/${USER}?${hosts.map((host) => `replica=${host}`).join('&')}`,
    primary,
    replicas,
    async close() {
      await Promise.all(servers.map((server) => server.kill()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface Place {
  readonly programs: string;
  readonly data: string;
  readonly port: number;
  readonly user: SystemUser | undefined;
}

async function run({ programs, user }: Place, program: string, args: readonly string[]): Promise<void> {
  const result = await runProgram({ file: path.join(programs, program), args, folder: '/', user });
  assert.equal(result.exitCode, 0, `${program}: ${result.output}`);
}

function createServer(place: Place): PostgresServer {
  const { programs, data, port, user } = place;
  const url = `postgres://${USER}@${HOST}:${port}/${USER}`;
  let child: ChildProcess | undefined;
  let output = '';

  async function runText(text: string, database = USER): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({ connectionString: `postgres://${USER}@${HOST}:${port}/${database}` });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return (await client.query(text)).rows;
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  return {
    name: `${HOST}:${port}`,
    url,
    run: (text) => runText(text, text.startsWith('CREATE DATABASE') ? 'postgres' : USER),
    signal(signal) {
      const tree = child?.pid === undefined ? [] : (processTree([child.pid]) ?? []);
      for (const { pid } of tree) process.kill(pid, signal);
    },
    async kill() {
      const running = child;
      child = undefined;
      if (running === undefined || running.exitCode !== null || running.signalCode !== null) return;
      const ended = new Promise((resolve) => running.once('exit', resolve));
      running.kill('SIGKILL');
      await ended;
    },
    async start() {
      // The processes of one that was killed hold on to its memory until they notice.
      const options = { ...SETTINGS, port: String(port) };
      const args = Object.entries(options).map(([name, value]) => `${name}=${value}`);
      const isUp = () =>
        runText('SELECT 1', 'postgres').then(
          () => true,
          () => false,
        );
      await until(async () => {
        if (child === undefined || child.exitCode !== null) {
          child = spawn(
            path.join(programs, 'postgres'),
            ['-D', data, ...args.flatMap((setting) => ['-c', setting])],
            {
              cwd: '/',
              env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
              stdio: ['ignore', 'ignore', 'pipe'],
              ...user,
            },
          );
          child.stderr?.on('data', (bytes: Buffer) => {
            output = (output + bytes.toString()).slice(-4_000);
          });
        }
        if (await isUp()) return true;
        await new Promise((resolve) => setTimeout(resolve, 50));
        return false;
      }, 30_000).catch((error: unknown) => {
        throw new Error(`PostgreSQL at ${port} does not start: ${output}`, { cause: error });
      });
    },
  };
}

/** Nobody pulls a plug, so that nothing waits for the disk. */
const SETTINGS = {
  listen_addresses: HOST,
  unix_socket_directories: '',
  max_connections: '100',
  fsync: 'off',
  wal_level: 'logical',
  max_wal_senders: '8',
  wal_keep_size: '256MB',
  wal_retrieve_retry_interval: '100ms',
  hot_standby: 'on',
  shared_buffers: '32MB',
};
