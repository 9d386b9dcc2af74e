/**
 * Reads from replicas: what may be stale is read from one that has all that the session has seen, and everything else from
 * the primary; while that is away, what may outlive it from one that has all that was acknowledged. A replica that fails, or is too far behind, only makes reads dearer.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Clock } from '../../core/clock.ts';
import { hasCode } from '../../core/errors.ts';
import type { PostgresCluster } from './postgres-cluster.ts';
import type { PostgresNode } from './postgres-node.ts';
import { type CommitPosition, isAtLeast, type Seen, type SqlSessions } from './sql-sessions.ts';
import type { SqlStore, SqlValue, Statement } from './sql-store.ts';

/**
 * Why a read that might have been answered by a replica was not: the session's past is not known, the request writes, no
 * replica is there (or all are too far behind), none has what the session has seen, or the one that was asked failed.
 */
export type FallBack = 'unknown' | 'writing' | 'absent' | 'behind' | 'failed';

export interface ReadObserver {
  /** `node`: which replica has answered, or `primary`. */
  read(node: string): void;
  fellBack(reason: FallBack): void;
}

export interface ReplicaReadsDeps {
  readonly cluster: Pick<
    PostgresCluster,
    | 'nodes'
    | 'primaryNode'
    | 'isPrimaryAway'
    | 'untilPrimaryAway'
    | 'acknowledgedUpTo'
    | 'lastPosition'
    | 'hadSinceMs'
    | 'lagMs'
    | 'readNow'
  >;
  readonly clock: Clock;
  readonly observer: ReadObserver;
}

/** How each replica is queried, by the name of its node. */
export type ReplicaStores = ReadonlyMap<string, Pick<SqlStore, 'query'>>;

export interface ReplicaReads {
  readonly sessions: SqlSessions;
  /** The same store, whose reads of what may be stale are spread over replicas. */
  route(primary: SqlStore, replicas: ReplicaStores): SqlStore;
}

/** A replica that has been behind for longer is left out until it is not. So nobody sees anything older. */
export const LAG_MS_MAX = 5_000;
/** How long a read waits for a replica to come up to what its session has seen; healthy ones take a few ms. */
const CATCH_UP_MS = 20;
const CATCH_UP_POLL_MS = 4;
/** More than any server writes between two looks at it, and soon reached by one that is written to. */
const AHEAD_BYTES = 2 ** 30;

interface Visit {
  seen: Seen;
  /** All its reads go there, so that none shows less than the one before. */
  node: PostgresNode | undefined;
  /** Since `seen` was last brought up to date. */
  readReplica: boolean;
  usedPrimary: boolean;
  /** May have been shown what this process keeps, which is at most as new as the primary. */
  usedMemory: boolean;
  hasWritten: boolean;
}

/**
 * What must be there: what the session had seen when the request began; or where the primary cannot be asked, what the request has
 * been shown as well; or all that was acknowledged.
 */
type Need = 'seen' | 'shown' | 'acknowledged';

export function createReplicaReads({ cluster, clock, observer }: ReplicaReadsDeps): ReplicaReads {
  const visits = new AsyncLocalStorage<Visit>();
  const nodes = cluster.nodes.filter(({ mayRead }) => mayRead);
  let turn = 0;

  function usable(): PostgresNode[] {
    return nodes.filter((node) => (cluster.lagMs(node) ?? Number.POSITIVE_INFINITY) <= LAG_MS_MAX);
  }

  async function choose(visit: Visit, need: Need): Promise<PostgresNode | FallBack> {
    if (visit.hasWritten) return 'writing';
    const place = await placeOf(visit, need);
    if (place === undefined) return 'unknown';
    const candidates = usable().filter((node) => visit.node === undefined || node === visit.node);
    if (candidates.length === 0) return 'absent';
    cluster.readNow();
    if (visit.node !== undefined && need === 'seen') return visit.node;
    const found = await caughtUp(candidates, place);
    // Another statement of the visit may have chosen meanwhile.
    if (visit.node !== undefined && found !== visit.node)
      return hasAll(visit.node, place) ? visit.node : 'behind';
    visit.node = found;
    return found ?? 'behind';
  }

  /** What a replica must have; `undefined`: what only the primary is sure to have. */
  async function placeOf(
    { seen, usedPrimary }: Visit,
    need: Need,
  ): Promise<CommitPosition | 'nothing' | undefined> {
    const isKnown = seen !== 'everything' && seen !== 'unreadable';
    if (need === 'seen') return isKnown ? seen : undefined;
    return need === 'shown' && isKnown && !usedPrimary ? seen : cluster.acknowledgedUpTo();
  }

  /** What the primary may have shown by now. Where it does not say so at once, the others are asked. */
  async function shownUpTo(): Promise<CommitPosition | undefined> {
    const primary = cluster.primaryNode();
    const answer = cluster.isPrimaryAway() ? undefined : await primary?.askBriefly();
    return answer?.at ?? (await cluster.acknowledgedUpTo()) ?? (await primary?.ask())?.at;
  }

  async function caughtUp(
    candidates: readonly PostgresNode[],
    seen: CommitPosition | 'nothing',
  ): Promise<PostgresNode | undefined> {
    turn = (turn + 1) % candidates.length;
    const inTurn = [...candidates.slice(turn), ...candidates.slice(0, turn)];
    const find = () => inTurn.find((node) => hasAll(node, seen));
    const deadlineMs = clock.monotonicMs() + CATCH_UP_MS;
    for (let found = find(); ; found = find()) {
      if (found !== undefined || clock.monotonicMs() >= deadlineMs) return found;
      await Promise.race([...inTurn.map((node) => node.ask()), clock.sleep(CATCH_UP_MS)]);
      if (find() === undefined) await clock.sleep(CATCH_UP_POLL_MS);
    }
  }

  /** Brings `seen` up to all that the visit may have been shown: it is asked for afterwards. */
  async function settle(visit: Visit): Promise<void> {
    const { usedPrimary, usedMemory, readReplica, node } = visit;
    if (!usedPrimary && !usedMemory && !readReplica) return;
    visit.usedPrimary = false;
    visit.usedMemory = false;
    visit.readReplica = false;
    const onReplica = usedPrimary || usedMemory ? undefined : (await node?.askBriefly())?.at;
    // The primary has all that any replica shows, so it also answers for one that has just gone.
    const known = onReplica ?? (await shownUpTo());
    // While it is away, who was shown memory alone must not be kept from the replicas by a guess.
    if (known === undefined && !usedPrimary && !readReplica) return;
    const at = known ?? aheadOf(cluster.lastPosition());
    visit.seen = onReplica === undefined ? at : laterOf(visit.seen, at);
  }

  function routed(primary: SqlStore, replicas: ReplicaStores): SqlStore['query'] {
    /** `undefined`: it cannot answer at the moment. */
    async function fromReplica<Params extends readonly SqlValue[], Row>(
      visit: Visit,
      node: PostgresNode,
      ...[statement, params]: [Statement<Params, Row>, Params]
    ): Promise<Row[] | undefined> {
      const replica = replicas.get(node.name);
      if (replica === undefined) return undefined;
      visit.readReplica = true;
      try {
        const rows = await replica.query(statement, params);
        observer.read(node.name);
        return rows;
      } catch (error) {
        if (!isOutage(error)) throw error;
        node.suspect();
        return undefined;
      }
    }

    /** While it does not answer, or is not asked because it did not, a replica does that has all that it has acknowledged. */
    async function fromPrimary<Params extends readonly SqlValue[], Row>(
      visit: Visit,
      ...[statement, params]: [Statement<Params, Row>, Params]
    ): Promise<Row[]> {
      const answer = primary.query(statement, params).then((rows) => {
        visit.usedPrimary = true;
        if (statement.mayBeStale === true) observer.read('primary');
        return rows;
      });
      if (visit.hasWritten || (await isAnswered(answer))) return answer;
      const chosen = await choose(visit, needOf(statement, true));
      const rows =
        typeof chosen === 'string' ? undefined : await fromReplica(visit, chosen, statement, params);
      return rows ?? answer;
    }

    return async (statement, params) => {
      const visit = visits.getStore();
      if (visit === undefined) return primary.query(statement, params);
      const isAway = cluster.isPrimaryAway();
      if (statement.mayBeStale !== true && !isAway) return fromPrimary(visit, statement, params);
      const chosen = await choose(visit, needOf(statement, isAway));
      if (typeof chosen !== 'string') {
        const rows = await fromReplica(visit, chosen, statement, params);
        if (rows !== undefined) return rows;
      }
      observer.fellBack(typeof chosen === 'string' ? chosen : 'failed');
      return fromPrimary(visit, statement, params);
    };
  }

  /** `false`: there is no answer but an outage, or none yet, and the primary is away. */
  async function isAnswered(answer: Promise<unknown>): Promise<boolean> {
    const answered = new AbortController();
    const outcome = answer.then(
      () => true,
      // What took too long there need not be tried again elsewhere.
      (error: unknown) => !hasCode(error, 'unavailable'),
    );
    const silence = cluster.untilPrimaryAway(answered.signal).then(() => false);
    return Promise.race([outcome, silence]).finally(() => answered.abort());
  }

  function hadBy(seen: CommitPosition | 'unreadable', ms: number): boolean {
    return seen !== 'unreadable' && (cluster.hadSinceMs(seen) ?? Number.POSITIVE_INFINITY) <= ms;
  }

  function usePrimary(writes: boolean): void {
    const visit = visits.getStore();
    if (visit === undefined) return;
    visit.usedPrimary = true;
    visit.hasWritten ||= writes;
  }

  return {
    route(primary, replicas) {
      const readReplica = routed(primary, replicas);
      return {
        ...primary,
        query(statement, params) {
          if (statement.mayBeStale === true || statement.outlivesPrimary === true)
            return readReplica(statement, params);
          usePrimary(statement.kind === 'write');
          return primary.query(statement, params);
        },
        transaction(work) {
          usePrimary(true);
          return primary.transaction(work);
        },
      };
    },
    sessions: {
      hadSeenBy(ms) {
        const visit = visits.getStore();
        if (visit === undefined || visit.seen === 'nothing') return true;
        const mayAnswer = visit.seen === 'everything' || hadBy(visit.seen, ms);
        visit.usedMemory ||= mayAnswer;
        return mayAnswer;
      },
      isPrimaryAway: cluster.isPrimaryAway,
      visit(seen, { writes }) {
        const visit: Visit = {
          ...{ seen, node: undefined, readReplica: false },
          // What it writes may be written in another's batch, where it is not heard of.
          ...{ usedPrimary: writes, usedMemory: false, hasWritten: writes },
        };
        return {
          run: (work) => visits.run(visit, work),
          async seen() {
            const before = visit.seen;
            await settle(visit);
            return visit.seen === before || typeof visit.seen === 'string' ? undefined : visit.seen;
          },
        };
      },
    },
  };
}

function needOf({ mayBeStale }: { readonly mayBeStale?: true }, isAway: boolean): Need {
  if (mayBeStale !== true) return 'acknowledged';
  return isAway ? 'shown' : 'seen';
}

function hasAll(node: PostgresNode, seen: CommitPosition | 'nothing'): boolean {
  const at = node.status()?.at;
  return at !== undefined && (seen === 'nothing' || isAtLeast(at, seen));
}

function laterOf(seen: Seen, at: CommitPosition): CommitPosition {
  return typeof seen === 'string' || isAtLeast(at, seen) ? at : seen;
}

function aheadOf({ timeline, position }: CommitPosition): CommitPosition {
  return { timeline, position: position + AHEAD_BYTES };
}

/** Also a statement that was cancelled because the replica had to go on: the primary is asked. */
function isOutage(error: unknown): boolean {
  return hasCode(error, 'unavailable') || hasCode(error, 'timeout');
}
