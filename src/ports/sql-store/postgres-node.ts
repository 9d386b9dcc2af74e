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
  /** The same, for who has another to turn to: `undefined` as soon as it has been silent for BRIEFLY_MS. */
  askBriefly(): Promise<NodeStatus | undefined>;
  /** Whether it has owed an answer for so long. It may still give it. */
  isSilent(): boolean;
  /** Somebody has met with a failure: it counts as gone until it answers again. */
  suspect(): void;
  /** Of a primary. Rejects as the driver does. */
  durability(): Promise<Durability>;
  close(): Promise<void>;
}

/** A server that says nothing for so long is as good as gone. */
const ANSWER_MS_MAX = 1_000;
/** Long for a server that is asked what it is, which takes a ms. Nothing is held against it but that others are asked meanwhile. */
const BRIEFLY_MS = 200;

export function createPostgresNode(node: ClusterNode, clock: Clock): PostgresNode {
  let client: pg.Client | undefined;
  let status: NodeStatus | undefined;
  /** Since it was connected to: it goes no other way before it is started again, which breaks the connection. */
  let timeline: number | undefined;
  let asking: Promise<NodeStatus | undefined> | undefined;
  let askingNext: Promise<NodeStatus | undefined> | undefined;
  let isSilent = false;
  /** Of those who do not wait for longer than briefly. */
  const giveUp = new Set<() => void>();
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
      const answered = new AbortController();
      void watchSilence(answered.signal);
      asking = look().finally(() => {
        answered.abort();
        isSilent = false;
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

  function askBriefly(): Promise<NodeStatus | undefined> {
    if (isSilent) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const stop = (): void => resolve(undefined);
      giveUp.add(stop);
      void ask().then((answer) => {
        giveUp.delete(stop);
        resolve(answer);
      });
    });
  }

  /** In two halves: a process that stood still itself hears in between what has long been there. */
  async function watchSilence(answered: AbortSignal): Promise<void> {
    await clock.sleep(BRIEFLY_MS / 2, answered);
    await clock.sleep(BRIEFLY_MS / 2, answered);
    if (answered.aborted) return;
    isSilent = true;
    for (const stop of giveUp) stop();
    giveUp.clear();
  }

  return {
    ...node,
    status: () => status,
    ask,
    askBriefly,
    isSilent: () => isSilent,
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
