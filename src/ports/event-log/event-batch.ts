/** A consumer's next events: claimed, handled and passed in one transaction, as a batch or, after a failure, singly. */

import type { Log } from '../../telemetry/log.ts';
import type { SqlStore, SqlTransaction } from '../sql-store/sql-store.ts';
import { DONE, type EventHandler, IDLE, isUnavailable, type Step } from './event-handler.ts';
import { PARTITIONS } from './event-log.ts';
import {
  type ClaimedRow,
  claimNamedPartition,
  claimPartitions,
  movePositions,
  type PositionRow,
  pausePartitions,
} from './event-log-queries.ts';
import { type EventReader, groupByPartition, type NextEvents } from './event-reader.ts';

/** What a transaction had in hand: partitions of one topic, and what comes next in them. */
interface Taken extends NextEvents {
  readonly positions: readonly PositionRow[];
}

type Tried =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'handled'; readonly taken: Taken }
  | { readonly kind: 'failed'; readonly taken: Taken; readonly failure: unknown };

type Claim = (transaction: SqlTransaction) => Promise<readonly PositionRow[]>;

/** Handles the next events of some topic. Fails only where the sql-store itself does. */
export function createBatchStep(deps: {
  readonly sqlStore: SqlStore;
  readonly handler: EventHandler;
  readonly reader: EventReader;
  readonly batchMax: number;
  /** That one batch may be of, so that other consumers of the group find some. */
  readonly partitionsMax: number;
  readonly log: Log;
}): () => Promise<Step> {
  const { sqlStore, handler, reader, batchMax, partitionsMax, log } = deps;
  const { group, topics } = handler;
  /** Topics not looked through since the last step that left nothing to do. */
  let topicsLeft = topics;

  async function step(): Promise<Step> {
    const result = await stepOf(topicsLeft);
    if (result.kind === 'idle') topicsLeft = topics;
    return result;
  }

  async function stepOf(topicsWanted: string[]): Promise<Step> {
    let claimed: readonly ClaimedRow[] = [];
    const tried = await take(async (transaction) => {
      claimed = await transaction.query(claimPartitions, [group, topicsWanted, batchMax, partitionsMax]);
      return claimed;
    }, batchMax);
    if (tried.kind === 'nothing') return IDLE;
    const { taken } = tried;
    if (tried.kind === 'handled') {
      // What waits behind another may find that one gone by now.
      if (taken.waiting.length > 0) return { kind: 'retry', delayMs: 0 };
      if (!isAll(claimed, taken)) return DONE;
      if (!claimed.some((row) => row.left_topics)) return IDLE;
      // What comes now of this topic gathers until the others have been looked through.
      topicsLeft = topicsWanted.filter((topic) => topic !== taken.positions[0]?.topic);
      return DONE;
    }
    const { failure } = tried;
    if (taken.events.length > 1 && !isUnavailable(failure)) return takeSingly(taken);
    return fail(taken, failure);
  }

  /** There was no more of the topic when it looked, and of what has come since it will have been told. */
  function isAll(claimed: readonly ClaimedRow[], { passed }: Taken): boolean {
    if (partitionsMax < PARTITIONS || claimed.some((row) => row.left_some)) return false;
    const ends = new Map(passed.map(({ partition, nextOffset }) => [partition, nextOffset]));
    return claimed.every((row) => (ends.get(row.partition) ?? 0) >= row.next_offset);
  }

  /** After a batch has failed, so that only the events which are to blame are set aside. */
  async function takeSingly({ positions, events }: Taken): Promise<Step> {
    let delayMs = 0;
    for (const position of positions) {
      const last = events.findLast(({ partition }) => partition === position.partition);
      if (last === undefined) continue;
      const paused = await takePartitionSingly(position, last.offset);
      delayMs = Math.max(delayMs, paused);
    }
    return { kind: 'retry', delayMs };
  }

  /** Answers the longest delay of a retry. */
  async function takePartitionSingly(position: PositionRow, lastOffset: number): Promise<number> {
    const claim: Claim = async (transaction) => {
      const named = [group, position.topic, position.partition] as const;
      const rows = await transaction.query(claimNamedPartition, [...named]);
      return rows.filter(({ offset }) => offset <= lastOffset);
    };
    let delayMs = 0;
    for (;;) {
      const tried = await take(claim, 1);
      if (tried.kind === 'nothing') return delayMs;
      if (tried.kind === 'handled') continue;
      const failed = await fail(tried.taken, tried.failure);
      if (failed.kind === 'retry') delayMs = Math.max(delayMs, failed.delayMs);
      if (isUnavailable(tried.failure)) return delayMs;
    }
  }

  async function take(claim: Claim, limit: number): Promise<Tried> {
    const hand: { taken?: Taken | undefined } = {};
    try {
      await sqlStore.transaction(async (transaction) => {
        // It may be running again after a deadlock.
        hand.taken = undefined;
        const positions = await claim(transaction);
        if (positions.length > 0) await handleFrom(positions, limit, transaction, hand);
      });
    } catch (failure) {
      if (hand.taken === undefined) throw failure;
      return { kind: 'failed', taken: hand.taken, failure };
    }
    if (hand.taken === undefined) return { kind: 'nothing' };
    handler.handled(hand.taken.events);
    reader.passed?.(group);
    return { kind: 'handled', taken: hand.taken };
  }

  async function handleFrom(
    positions: readonly PositionRow[],
    limit: number,
    transaction: SqlTransaction,
    hand: { taken?: Taken | undefined },
  ): Promise<void> {
    // Not in the statement that claims: its snapshot may be older than what the last holder has set aside.
    const next = await reader.next(transaction, group, positions, limit);
    const topic = positions[0]?.topic;
    if (next.passed.length === 0 || topic === undefined) return;
    hand.taken = { positions, ...next };
    await handler.handle(next.events, transaction);
    for (const [partition, waiting] of groupByPartition(next.waiting)) {
      const offsets = waiting.map(({ offset }) => offset);
      const aside = { group, topic, partition, offsets };
      await reader.setAside(transaction, { ...aside, attempts: 0, delayMs: 0, error: null, dead: false });
    }
    const partitions = next.passed.map(({ partition }) => partition);
    const offsets = next.passed.map(({ nextOffset }) => nextOffset);
    await transaction.query(movePositions, [group, topic, partitions, offsets]);
  }

  /** Of a single event, or of a batch whose handler finds something unavailable. */
  async function fail({ positions, events: [event] }: Taken, failure: unknown): Promise<Step> {
    if (event === undefined || isUnavailable(failure)) return pause(positions, failure);
    const { topic, partition, offset } = event;
    const verdict = handler.judge(1, failure);
    const recorded = await sqlStore.transaction(async (transaction) => {
      const [now] = await transaction.query(claimNamedPartition, [group, topic, partition]);
      // Another consumer of the group has come by since.
      if (now === undefined || now.offset > offset) return false;
      const aside = { group, topic, partition, offsets: [offset] };
      await reader.setAside(transaction, { ...aside, attempts: 1, ...verdict });
      if (verdict.dead) await reader.announceDead?.(transaction, { group, topic, partition, offset });
      await transaction.query(movePositions, [group, topic, [partition], [offset + 1]]);
      return true;
    });
    if (!recorded) return DONE;
    handler.failed(event, 1, verdict);
    return { kind: 'retry', delayMs: verdict.delayMs };
  }

  async function pause(positions: readonly PositionRow[], failure: unknown): Promise<Step> {
    const topic = positions[0]?.topic ?? '';
    const partitions = positions.map(({ partition }) => partition);
    const offsets = positions.map(({ offset }) => offset);
    const delayMs = handler.pauseMs(Math.max(...positions.map(({ attempts }) => attempts)) + 1);
    log.warn(
      { err: failure, group, topic, partitions, offsets, delayMs },
      'partitions rest: their handler cannot work',
    );
    await sqlStore.query(pausePartitions, [group, topic, partitions, offsets, delayMs]);
    return { kind: 'retry', delayMs };
  }

  return step;
}
