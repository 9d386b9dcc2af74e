/** One server of a cluster: what it is, asked again and again on a connection of its own. */
import pg from 'pg';
import type { Clock } from '../../core/clock.ts';
import type { ClusterNode } from '../../core/postgres-cluster.ts';
import { clientConfig } from './postgres-connection.ts';
import { type Durability, readDurability, readServerRole, type ServerRole } from './postgres-role.ts';
import type { CommitPosition } from './sql-sessions.ts';

export interface NodeStatus extends Pick<ServerRole, 'role' | 'receivedTo'> {
  /** `undefined`: of a replica to which nobody has streamed, which may have gone another way than the others. */
  readonly at: CommitPosition | undefined;
  /** When it was asked (monotonic): since then it may have come further. */
  readonly askedMs: number;
}

export interface PostgresNode extends ClusterNode {
  /** As of the last answer; `undefined`: it did not answer when it was last asked. */
  status(): NodeStatus | undefined;
  /** Asks after this call, once for all who call meanwhile. Never rejects. */
  ask(): Promise<NodeStatus | undefined>;
  /** Somebody has met with a failure: it counts as gone until it answers again. */
  suspect(): void;
  /** Of a primary. Rejects as the driver does. */
  durability(): Promise<Durability>;
  close(): Promise<void>;
}

/** A server that says nothing for so long is as good as gone. */
const ANSWER_MS_MAX = 1_000;

export function createPostgresNode(node: ClusterNode, clock: Clock): PostgresNode {
  let client: pg.Client | undefined;
  let status: NodeStatus | undefined;
  /** Since it was connected to: it goes no other way before it is started again, which breaks the connection. */
  let timeline: number | undefined;
  let asking: Promise<NodeStatus | undefined> | undefined;
  let askingNext: Promise<NodeStatus | undefined> | undefined;
  let closed = false;

  async function look(): Promise<NodeStatus | undefined> {
    if (closed) return undefined;
    const askedMs = clock.monotonicMs();
    try {
      client ??= await connect(node);
      const { role, position, receivedTo, ...answer } = await readServerRole(client);
      timeline = answer.timeline ?? timeline;
      const at = timeline === undefined ? undefined : { timeline, position };
      status = { role, receivedTo, at, askedMs };
    } catch {
      status = undefined;
      disconnect();
    }
    return status;
  }

  function disconnect(): Promise<void> | undefined {
    const broken = client;
    client = undefined;
    timeline = undefined;
    return broken?.end().catch(() => undefined);
  }

  function ask(): Promise<NodeStatus | undefined> {
    if (asking === undefined) {
      asking = look().finally(() => {
        asking = undefined;
      });
      return asking;
    }
    // What is under way may have been asked too early for this caller.
    askingNext ??= asking.then(() => {
      askingNext = undefined;
      return ask();
    });
    return askingNext;
  }

  return {
    ...node,
    status: () => status,
    ask,
    suspect() {
      status = undefined;
    },
    async durability() {
      client ??= await connect(node);
      return readDurability(client);
    },
    async close() {
      closed = true;
      await asking;
      await disconnect();
    },
  };
}

async function connect({ url }: ClusterNode): Promise<pg.Client> {
  const client = new pg.Client({
    ...clientConfig({ url }),
    connectionTimeoutMillis: ANSWER_MS_MAX,
    query_timeout: ANSWER_MS_MAX,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return client;
  } catch (error) {
    void client.end().catch(() => undefined);
    throw error;
  }
}
