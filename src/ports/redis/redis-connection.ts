/**
 * A Redis, or a Redis Cluster, as the adapters of ports use it. Connections are kept and made anew by themselves; while
 * there is none, calls fail at once, and what is not answered in time fails too: nothing waits in a queue without an end.
 */
import { Cluster, Redis } from 'ioredis';
import { AppError } from '../../core/errors.ts';
import type { RedisAddress } from '../../core/redis-address.ts';
import type { Log } from '../../telemetry/log.ts';
import { translateRedisError } from './redis-errors.ts';
import { redisRefusal } from './redis-refusals.ts';
import type { RedisScript } from './redis-script.ts';

export interface RedisConnection {
  /** Runs the script where the key lives; all keys that it touches have the same hash tag. Strings come as bytes. */
  run(
    script: RedisScript,
    key: string,
    args: readonly (string | number | Buffer)[],
  ): Promise<Buffer | number | null>;
  /** All keys that match the pattern, some at a time; of changes meanwhile it may know or not. */
  scan(pattern: string): AsyncGenerator<readonly string[]>;
  /** To all who listen on the channel, over the whole cluster; whoever is away misses it. */
  publish(channel: string, message: Buffer): Promise<void>;
  listen(channel: string, hear: (message: Buffer) => void): void;
  /** Fails if a server cannot be reached, and says why it lets nobody in where it does not. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

export interface RedisConnectionOptions {
  readonly address: RedisAddress;
  readonly log: Log;
  /** Default COMMAND_TIMEOUT_MS. */
  readonly commandTimeoutMs?: number;
}

export const COMMAND_TIMEOUT_MS = 1_000;
const CONNECT_TIMEOUT_MS = 2_000;
/** A connection that has been silent for so long after a call is given up: the kernel would wait for a quarter of an hour. */
const SILENT_MS = 3_000;
const KEEP_ALIVE_MS = 10_000;
const RECONNECT_MS_MAX = 1_000;
/** While a replica takes the place of a primary, a call is sent again so often, and then fails. */
const REDIRECTIONS_MAX = 4;
const FAILOVER_RETRY_MS = 50;
const SLOTS_REFRESH_MS = 5_000;
const SCAN_COUNT = 1_000;

export async function openRedisConnection(options: RedisConnectionOptions): Promise<RedisConnection> {
  const client = openClient(options);
  let listener: Redis | Cluster | undefined;
  const hearers = new Map<string, ((message: Buffer) => void)[]>();
  const refusal = watch(client, options.log);
  const denials = createDenials(options.log);
  await untilReady(client);

  async function call(name: string, ...args: (string | number | Buffer)[]): Promise<unknown> {
    try {
      const answer = await client.callBuffer(name, ...args);
      denials.clear(name);
      return answer;
    } catch (error) {
      denials.note(name, error);
      throw translateRedisError(error);
    }
  }

  return {
    async run({ lua, digest }, key, args) {
      try {
        // What our scripts return.
        return (await call('EVALSHA', digest, 1, key, ...args)) as Buffer | number | null;
      } catch (error) {
        if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
        return (await call('EVAL', lua, 1, key, ...args)) as Buffer | number | null;
      }
    },

    async *scan(pattern) {
      for (const node of client instanceof Cluster ? client.nodes('master') : [client]) {
        let cursor = '0';
        do {
          const [next, keys] = await node
            .scan(cursor, 'MATCH', pattern, 'COUNT', SCAN_COUNT)
            .catch(translated);
          if (keys.length > 0) yield keys;
          cursor = next;
        } while (cursor !== '0');
      }
    },

    async publish(channel, message) {
      await call('PUBLISH', channel, message);
    },

    listen(channel, hear) {
      const known = hearers.get(channel);
      if (known !== undefined) return void known.push(hear);
      hearers.set(channel, [hear]);
      listener ??= openListener(options, (from, message) => {
        for (const each of hearers.get(from) ?? []) each(message);
      });
      listener.subscribe(channel).catch((error: unknown) => denials.note('SUBSCRIBE', error));
    },

    async ping() {
      const nodes = client instanceof Cluster ? client.nodes('master') : [client];
      try {
        if (nodes.length === 0)
          throw new AppError('unavailable', 'No node of the Redis Cluster can be reached.');
        await Promise.all(nodes.map((node) => node.ping()));
      } catch (error) {
        const message = redisRefusal(error) ?? refusal();
        throw message === undefined
          ? translateRedisError(error)
          : new AppError('unavailable', message, { cause: error });
      }
      const denied = denials.first();
      if (denied !== undefined) throw new AppError('unavailable', denied);
    },

    async close() {
      listener?.disconnect();
      client.disconnect();
    },
  };
}

function openClient({ address, commandTimeoutMs = COMMAND_TIMEOUT_MS }: RedisConnectionOptions) {
  const { nodes, username, password, database, tls } = address;
  const [first] = nodes;
  const every = {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(tls && { tls: {} }),
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: commandTimeoutMs,
    socketTimeout: SILENT_MS,
    keepAlive: KEEP_ALIVE_MS,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    connectionName: 'groundswell',
    disableClientInfo: true,
    protocol: 2,
  } as const;
  if (!address.cluster) {
    return new Redis({
      ...every,
      host: first?.host ?? '',
      port: first?.port ?? 0,
      db: database,
      enableOfflineQueue: false,
      retryStrategy: reconnectMs,
    });
  }
  return new Cluster([...nodes], {
    redisOptions: every,
    enableOfflineQueue: false,
    clusterRetryStrategy: reconnectMs,
    slotsRefreshTimeout: CONNECT_TIMEOUT_MS,
    slotsRefreshInterval: SLOTS_REFRESH_MS,
    maxRedirections: REDIRECTIONS_MAX,
    retryDelayOnFailover: FAILOVER_RETRY_MS,
    retryDelayOnClusterDown: FAILOVER_RETRY_MS,
    retryDelayOnTryAgain: FAILOVER_RETRY_MS,
  });
}

/** A connection that listens can do nothing else. It queues what it is to listen to until it is there. */
function openListener(
  options: RedisConnectionOptions,
  hear: (channel: string, message: Buffer) => void,
): Redis | Cluster {
  const listener = openClient(options);
  listener.on('messageBuffer', (channel: Buffer, message: Buffer) => hear(`${channel}`, message));
  listener.options.enableOfflineQueue = true;
  watch(listener, options.log);
  return listener;
}

function reconnectMs(tries: number): number {
  return Math.min(RECONNECT_MS_MAX, 25 * 2 ** Math.min(tries, 10));
}

/**
 * The driver makes connections anew; what nobody listens to would end the process. Answers why the server lets nobody in:
 * calls meanwhile fail for want of a connection, and do not know.
 */
function watch(client: Redis | Cluster, log: Log): () => string | undefined {
  let isReported = false;
  let refusal: string | undefined;
  client.on('error', (error: unknown) => {
    const found = redisRefusal(error);
    // Of a server that is away nothing is known any more; of a connection that was refused the end follows, which says nothing.
    if (!isReported || (found !== undefined && found !== refusal)) {
      log.warn({ err: error }, found ?? 'Redis cannot be reached: it is tried again and again');
    }
    refusal = isAway(error) ? undefined : (found ?? refusal);
    isReported = true;
  });
  client.on('ready', () => {
    if (isReported) log.info('Redis is reached again');
    isReported = false;
    refusal = undefined;
  });
  return () => refusal;
}

/** What a server that we are let into does not do for us, by the name of the command: a ping may do all the same. */
function createDenials(log: Log) {
  const denied = new Map<string, string>();
  const told = new Set<string>();
  return {
    note(command: string, error: unknown): void {
      if (!(error instanceof Error) || error.name !== 'ReplyError') return;
      const found = redisRefusal(error);
      // Such as that it does not know the script: it would do it.
      if (found === undefined) return void denied.delete(command);
      denied.set(command, found);
      if (!told.has(found)) log.warn({ err: error }, found);
      told.add(found);
    },
    clear(command: string): void {
      denied.delete(command);
    },
    first: (): string | undefined => [...denied.values()][0],
  };
}

function isAway(error: unknown): boolean {
  return error instanceof Error && /\bECONNREFUSED\b/.test(error.message);
}

/** Not for ever: a process starts without it, too. */
async function untilReady(client: Redis | Cluster): Promise<void> {
  if (client.status === 'ready') return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, CONNECT_TIMEOUT_MS);
    client.once('ready', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function translated(error: unknown): never {
  throw translateRedisError(error);
}
