/**
 * Several servers with the same data, watched: which of them may be written to, and how far each replica is behind it.
 * Somebody else promotes (Patroni); here it is only found out, and never is a server believed that an older promotion made.
 */
import type pg from 'pg';
import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { ClusterNode } from '../../core/postgres-cluster.ts';
import type { Log } from '../../telemetry/log.ts';
import { createAcknowledgedPlaces } from './acknowledged-places.ts';
import type { PrimaryFinder, PrimaryServer } from './postgres-connection.ts';
import { unreachable } from './postgres-errors.ts';
import { createPostgresNode, type NodeStatus, type PostgresNode } from './postgres-node.ts';
import { type Durability, readServerRole } from './postgres-role.ts';
import { createPrimaryPlaces } from './primary-places.ts';
import { createReplicaLag } from './replica-lag.ts';
import type { CommitPosition } from './sql-sessions.ts';

export interface PostgresCluster {
  readonly nodes: readonly PostgresNode[];
  readonly primary: PrimaryFinder;
  /** As of now, without asking. */
  primaryNode(): PostgresNode | undefined;
  /** Whether it did not answer when it was last asked, has been silent since, or there is none. */
  isPrimaryAway(): boolean;
  /** Resolves when it is away, or at the abort. For who waits for it: it is asked whether it is still there. */
  untilPrimaryAway(signal: AbortSignal): Promise<void>;
  /** For when it is away: a place that has all that was acknowledged before this call; `undefined`: nobody can say. */
  acknowledgedUpTo(): Promise<CommitPosition | undefined>;
  /** The highest place that is known to be committed. */
  lastPosition(): CommitPosition;
  /** From when on (monotonic) the primary is known to have had all up to the place; `undefined`: it is not known to. */
  hadSinceMs(place: CommitPosition): number | undefined;
  /** For how long the replica has not had all that the primary has; `undefined`: it is none that may be read from. */
  lagMs(node: PostgresNode): number | undefined;
  /** To be called with each read from a replica: while there are some, replicas are asked often. */
  readNow(): void;
  /** Of the primary; `undefined` without one. Rejects as the driver does. */
  durability(): Promise<Durability | undefined>;
  /** How often another server has become the primary since the start. */
  promotions(): number;
  close(): Promise<void>;
}

export interface PostgresClusterDeps {
  readonly nodes: readonly ClusterNode[];
  readonly clock: Clock;
  readonly log: Log;
}

const ASK_EVERY_MS = 500;
/** While they are read from, so that most reads know of a replica that is new enough for them. */
const ASK_READ_EVERY_MS = 50;
const READ_LATELY_MS = 1_000;
/** While there is no primary: it is waited for. */
const ASK_SEARCHING_EVERY_MS = 100;
/** Of who waits for the primary: it is not asked whether it is there for each short statement. */
const PATIENCE_MS = 100;
/** A primary that says nothing for so long is none, even if no other has come; what waits for it is cut. */
const SILENT_MS = 3_000;

export function createPostgresCluster({ nodes: given, clock, log }: PostgresClusterDeps): PostgresCluster {
  const nodes = given.map((each): PostgresNode => {
    const node = createPostgresNode(each, clock);
    const judged = async (asked: Promise<NodeStatus | undefined>): Promise<NodeStatus | undefined> => {
      const status = await asked;
      judge();
      return status;
    };
    return { ...node, ask: () => judged(node.ask()), askBriefly: () => judged(node.askBriefly()) };
  });
  const lag = createReplicaLag(clock);
  const places = createPrimaryPlaces();
  const acknowledged = createAcknowledgedPlaces(nodes);
  const listeners = new Set<(server: PrimaryServer | undefined) => void>();
  const closed = new AbortController();
  let current: Primary | undefined;
  let last: CommitPosition = { timeline: 0, position: 0 };
  let answeredMs = clock.monotonicMs();
  let readMs = Number.NEGATIVE_INFINITY;
  let promotions = 0;
  let hasStarted = false;

  function become(primary: Primary | undefined): void {
    if (primary?.node === current?.node && primary?.timeline === current?.timeline) return;
    const first = last.timeline === 0;
    current = primary;
    if (primary === undefined)
      log.warn('there is no primary of the database; writes wait for one to be promoted');
    else {
      const { node, timeline } = primary;
      if (!first && timeline > last.timeline) promotions += 1;
      log[first ? 'info' : 'warn']({ node: node.name, timeline }, 'the primary of the database was found');
    }
    for (const listener of listeners) listener(primary?.server);
  }

  /** After each answer, or its absence. */
  function judge(): void {
    if (!hasStarted) return;
    const candidates = nodes.flatMap((node) => candidateOf(node, last.timeline) ?? []);
    const [best] = candidates.sort((left, right) => right.timeline - left.timeline);
    const nowMs = clock.monotonicMs();
    if (best === undefined) {
      const isReplica = current?.node.status()?.role === 'replica';
      if (isReplica || nowMs - answeredMs > SILENT_MS) become(undefined);
      return;
    }
    answeredMs = best.status.askedMs;
    const { timeline, status } = best;
    if (timeline !== current?.timeline || best.node !== current.node) become(primaryOf(best.node, timeline));
    // What was only on the old one may be lost: positions of a new timeline begin a little before.
    const isFurther = timeline > last.timeline || status.position > last.position;
    if (isFurther) last = { timeline, position: status.position };
    lag.primaryAt(status.position, status.askedMs);
    places.note({ timeline, position: status.position }, nowMs);
  }

  async function watch(node: PostgresNode): Promise<void> {
    while (!closed.signal.aborted) {
      await node.ask();
      if (node === current?.node && node.status() !== undefined) await acknowledged.lookAt(node);
      await clock.sleep(pauseMs(node), closed.signal);
    }
  }

  function pauseMs(node: PostgresNode): number {
    if (current === undefined) return ASK_SEARCHING_EVERY_MS;
    const isRead = node.mayRead && node !== current.node && clock.monotonicMs() - readMs < READ_LATELY_MS;
    return isRead ? ASK_READ_EVERY_MS : ASK_EVERY_MS;
  }

  /** All are heard before one is believed for the first time: an old primary may be the first to answer. */
  async function start(): Promise<void> {
    await Promise.all(nodes.map((node) => node.ask()));
    hasStarted = true;
    judge();
  }

  function isPrimaryAway(): boolean {
    return current?.node.status() === undefined || current.node.isSilent();
  }

  async function find(): Promise<PrimaryServer> {
    await starting;
    // It may only have been slow. Without one, whoever watches finds the next as soon as anyone could.
    if (current?.node.status() === undefined) await current?.node.ask();
    if (current !== undefined) return current.server;
    throw unreachable(new Error('none of the servers can be written to'), 'not_applied');
  }

  const starting = start();
  const watching = nodes.map(watch);
  return {
    nodes,
    primary: {
      find,
      onChange(listener) {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
    },
    primaryNode: () => current?.node,
    isPrimaryAway,
    async untilPrimaryAway(signal) {
      while (!isPrimaryAway()) {
        await clock.sleep(PATIENCE_MS, signal);
        if (signal.aborted) return;
        await current?.node.askBriefly();
      }
    },
    acknowledgedUpTo: () => acknowledged.upTo(last.timeline),
    lastPosition: () => last,
    hadSinceMs: places.hadSinceMs,
    lagMs(node) {
      const status = node.status();
      // One that another primary streams to, or none, may have gone another way.
      if (status?.role !== 'replica' || status.at?.timeline !== last.timeline) return undefined;
      return lag.ofReplicaAt(status.at.position);
    },
    readNow() {
      readMs = clock.monotonicMs();
    },
    durability: async () => current?.node.durability(),
    promotions: () => promotions,
    async close() {
      closed.abort();
      await Promise.all([...watching, ...nodes.map((node) => node.close())]);
    },
  };
}

interface Primary {
  readonly node: PostgresNode;
  readonly timeline: number;
  readonly server: PrimaryServer;
}

interface Candidate {
  readonly node: PostgresNode;
  readonly timeline: number;
  readonly status: { readonly position: number; readonly askedMs: number };
}

function candidateOf(node: PostgresNode, timelineMin: number): Candidate | undefined {
  const status = node.status();
  if (!node.mayWrite || status?.role !== 'primary' || status.at === undefined) return undefined;
  const { timeline, position } = status.at;
  return timeline < timelineMin
    ? undefined
    : { node, timeline, status: { position, askedMs: status.askedMs } };
}

function primaryOf(node: PostgresNode, timeline: number): Primary {
  const verify = async (client: pg.ClientBase): Promise<void> => {
    const found = await readServerRole(client);
    if (found.role === 'primary' && found.timeline === timeline) return;
    node.suspect();
    throw new AppError('unavailable', 'The database is being moved. Try again shortly.', {
      cause: new Error(`${node.name} is no longer the primary of timeline ${timeline}`),
      outcome: 'not_applied',
      retryAfterS: 1,
    });
  };
  return { node, timeline, server: { connection: { url: node.url }, verify } };
}
