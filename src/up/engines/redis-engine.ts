/** Redis for a topology: one server, or the primaries of a cluster. What it holds can be made again, so none of it is on disk. */
import { systemRandomness } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { StartedRedis } from '../../planner/topology-engines.ts';
import { type PlannedProcess, REDIS_BUS_PORT } from '../../planner/topology-plan.ts';
import { ownClusterFolder, type SystemUser } from '../../ports/sql-store/embedded-postgres/user.ts';
import { createCounterFigures } from '../figures.ts';
import type { ProcessSpec } from '../process-spec.ts';
import { findProgram, installCommand, type MissingProgram } from '../programs.ts';
import { ENGINE_HOST, type EngineDeps, engineEnvironment } from './engine.ts';
import { askRedis, type RedisAddress } from './redis-commands.ts';
import { keepSecret } from './secret-file.ts';

export interface RedisEngine {
  /** One a node. */
  readonly specs: readonly ProcessSpec[];
  /** With the password. */
  readonly url: string;
  /** Makes a cluster of the nodes, unless they are one; to be called when all of them answer. */
  join(): Promise<void>;
}

export interface RedisDeps extends Omit<EngineDeps, 'planned'> {
  readonly redis: StartedRedis;
  /** The nodes. */
  readonly planned: readonly PlannedProcess[];
}

const PROGRAM = 'redis-server';
const SLOTS = 16_384;
const JOIN_MS = 30_000;
const POLL_MS = 50;
const STOP_MS = 10_000;
const READY_MS = 30_000;
/** A dead primary is known as such after this long. */
const NODE_TIMEOUT_MS = 2_000;

export function missingRedis({ environment }: Pick<EngineDeps, 'environment'>): MissingProgram[] {
  if (findProgram(PROGRAM, environment) !== undefined) return [];
  const remedy = installCommand({ debian: PROGRAM, homebrew: 'redis' });
  return [{ what: 'redis-server (Redis 7 or later)', remedy }];
}

export async function createRedisEngine(deps: RedisDeps): Promise<RedisEngine> {
  const { redis, planned, folder, portOf } = deps;
  const password = await keepSecret(folder, systemRandomness);
  const nodes = planned.map(({ name }) => ({
    ...{ host: ENGINE_HOST, port: portOf(name), password },
    busPort: redis.nodes === 1 ? undefined : portOf(`${name} ${REDIS_BUS_PORT}`),
  }));
  const [first] = nodes;
  if (first === undefined) throw new AppError('invalid', 'A Redis needs a node.');
  const addresses = nodes.map(({ host, port }) => `${host}:${port}`);
  return {
    specs: planned.map((each, index) => nodeSpec(deps, each, nodes[index] ?? first)),
    url:
      nodes.length === 1
        ? `redis://:${password}@${addresses[0]}`
        : `redis-cluster://:${password}@${addresses[0]}?node=${addresses.slice(1).join('&node=')}`,
    join: async () => {
      if (nodes.length > 1) await joinCluster(nodes, deps);
    },
  };
}

interface RedisNode extends RedisAddress {
  /** Where nodes of a cluster talk to each other. */
  readonly busPort: number | undefined;
}

function nodeSpec(deps: RedisDeps, planned: PlannedProcess, node: RedisNode): ProcessSpec {
  const { redis, folder: parent, environment, clock } = deps;
  return {
    ...planned,
    port: node.port,
    async prepare() {
      const folder = `${parent}/${planned.name}`;
      const user: SystemUser | undefined = await ownClusterFolder(folder);
      return {
        ...{ file: findProgram(PROGRAM, environment) ?? PROGRAM, folder, user },
        // Its configuration comes by standard input: no list of processes shows the password, and no file has to be
        // where the user can read it.
        args: ['-'],
        input: configurationOf(redis, node),
        environment: engineEnvironment(environment),
      };
    },
    async check() {
      await askRedis(node, 'PING');
    },
    figures: createCounterFigures(() => countCommands(node), 'cmd', clock),
    readyUrl: undefined,
    stopSignal: 'SIGTERM',
    stopMs: STOP_MS,
    readyMs: READY_MS,
  };
}

function configurationOf({ memoryMb }: StartedRedis, { host, port, busPort, password }: RedisNode): string {
  const lines = [
    `bind ${host}`,
    `port ${port}`,
    `requirepass ${password}`,
    'save ""',
    'appendonly no',
    `maxmemory ${memoryMb}mb`,
    'maxmemory-policy allkeys-lru',
    'daemonize no',
    'loglevel warning',
    ...(busPort === undefined
      ? []
      : [
          'cluster-enabled yes',
          'cluster-config-file nodes.conf',
          `cluster-port ${busPort}`,
          `cluster-node-timeout ${NODE_TIMEOUT_MS}`,
          `masterauth ${password}`,
          // While a primary is away, the rest goes on with its own part.
          'cluster-require-full-coverage no',
        ]),
  ];
  return `${lines.join('\n')}\n`;
}

async function countCommands(node: RedisAddress): Promise<number> {
  const info = await askRedis(node, 'INFO stats');
  return Number(/^total_commands_processed:(\d+)/m.exec(info)?.[1]);
}

/** Each node gets its part of the slots, and all are introduced to the first. */
async function joinCluster(nodes: readonly RedisNode[], { clock }: RedisDeps): Promise<void> {
  const [first, ...others] = nodes;
  if (first === undefined) return;
  for (const [index, node] of nodes.entries()) {
    if (!(await hasNoSlots(node))) continue;
    const start = Math.floor((index * SLOTS) / nodes.length);
    const end = Math.floor(((index + 1) * SLOTS) / nodes.length) - 1;
    await askRedis(node, `CLUSTER ADDSLOTSRANGE ${start} ${end}`);
  }
  for (const { host, port, busPort } of others) {
    await askRedis(first, `CLUSTER MEET ${host} ${port} ${busPort}`);
  }
  const deadlineMs = clock.monotonicMs() + JOIN_MS;
  for (const node of nodes) {
    while (!(await isJoined(node, nodes.length))) {
      if (clock.monotonicMs() > deadlineMs) throw notJoined(nodes);
      await clock.sleep(POLL_MS);
    }
  }
}

async function hasNoSlots(node: RedisAddress): Promise<boolean> {
  const info = await askRedis(node, 'CLUSTER NODES');
  const own = info.split('\n').find((line) => line.includes('myself')) ?? '';
  // Id, address, flags, primary, two times, epoch, link, and then the slots.
  return own.trim().split(' ').length <= 8;
}

async function isJoined(node: RedisAddress, count: number): Promise<boolean> {
  const info = await askRedis(node, 'CLUSTER INFO');
  return (
    /^cluster_state:ok/m.test(info) &&
    /^cluster_slots_ok:16384/m.test(info) &&
    info.includes(`cluster_known_nodes:${count}`)
  );
}

function notJoined(nodes: readonly RedisNode[]): AppError {
  const ports = nodes.map(({ port }) => port).join(', ');
  const message = `The Redis nodes at the ports ${ports} have not become a cluster. Remove the folder redis of the data, which holds nothing that cannot be made again, and start again.`;
  return new AppError('unavailable', message);
}
