/** A consumer's next events: claimed, handled and passed in one transaction, as a batch or, after a failure, singly. */

import type { Log } from '../../telemetry/log.ts';
import type { SqlStore, SqlTransaction } from '../sql-store/sql-store.ts';
import { DONE, type EventHandler, IDLE, isUnavailable, loggedEvent, type Step } from './event-handler.ts';
import type { LoggedEvent } from './event-log.ts';
import {
  claimNamedPartition,
  claimPartition,
  movePosition,
  type PositionRow,
  pausePartition,
  readEvents,
} from './event-log-queries.ts';
import { setEventsAside } from './failed-event-queries.ts';

/** What a transaction had in hand: the events to handle, and the offsets of those that must wait behind another. */
interface Taken {
  readonly position: PositionRow;
  readonly events: readonly LoggedEvent[];
  readonly waiting: readonly number[];
}

type Tried =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'handled'; readonly taken: Taken }
  | { readonly kind: 'failed'; readonly taken: Taken; readonly failure: unknown };

type Claim = (transaction: SqlTransaction) => Promise<PositionRow[]>;

/** Handles the next events of some partition. Fails only where the sql-store itself does. */
export function createBatchStep(deps: {
  readonly sqlStore: SqlStore;
  readonly handler: EventHandler;
  readonly batchMax: number;
  readonly log: Log;
}): () => Promise<Step> {
  const { sqlStore, handler, batchMax, log } = deps;
  const { group, topics } = handler;

  async function step(): Promise<Step> {
    const tried = await take((transaction) => transaction.query(claimPartition, [group, topics]), batchMax);
    if (tried.kind === 'nothing') return IDLE;
    // What waits behind another may find that one gone by now.
    if (tried.kind === 'handled')
      return tried.taken.waiting.length === 0 ? DONE : { kind: 'retry', delayMs: 0 };
    const { position, events } = tried.taken;
    if (events.length > 1 && !isUnavailable(tried.failure)) return takeSingly(position, events);
    return fail(tried.taken, tried.failure);
  }

  /** After a batch has failed, so that only the event which is to blame is set aside. */
  async function takeSingly(position: PositionRow, events: readonly LoggedEvent[]): Promise<Step> {
    const lastOffset = events.at(-1)?.offset ?? position.offset;
    const claim: Claim = async (transaction) => {
      const named = [group, position.topic, position.partition] as const;
      const rows = await transaction.query(claimNamedPartition, [...named]);
      return rows.filter(({ offset }) => offset <= lastOffset);
    };
    let delayMs = 0;
    for (;;) {
      const tried = await take(claim, 1);
      if (tried.kind === 'nothing') break;
      if (tried.kind === 'handled') continue;
      const failed = await fail(tried.taken, tried.failure);
      if (failed.kind === 'retry') delayMs = Math.max(delayMs, failed.delayMs);
      if (isUnavailable(tried.failure)) break;
    }
    return { kind: 'retry', delayMs };
  }

  async function take(claim: Claim, limit: number): Promise<Tried> {
    const hand: { taken?: Taken | undefined } = {};
    try {
      await sqlStore.transaction(async (transaction) => {
        // It may be running again after a deadlock.
        hand.taken = undefined;
        const [position] = await claim(transaction);
        if (position !== undefined) await handleFrom(position, limit, transaction, hand);
      });
    } catch (failure) {
      if (hand.taken === undefined) throw failure;
      return { kind: 'failed', taken: hand.taken, failure };
    }
    if (hand.taken === undefined) return { kind: 'nothing' };
    handler.handled(hand.taken.events);
    return { kind: 'handled', taken: hand.taken };
  }

  async function handleFrom(
    position: PositionRow,
    limit: number,
    transaction: SqlTransaction,
    hand: { taken?: Taken | undefined },
  ): Promise<void> {
    const { topic, partition, offset } = position;
    // Not in the statement that claims: its snapshot may be older than what the last holder has set aside.
    const rows = await transaction.query(readEvents, [group, topic, partition, offset, limit]);
    const last = rows.at(-1);
    if (last === undefined) return;
    const events = rows.filter((row) => !row.must_wait).map(loggedEvent);
    const waiting = rows.filter((row) => row.must_wait).map((row) => row.offset);
    hand.taken = { position, events, waiting };
    await handler.handle(events, transaction);
    if (waiting.length > 0) {
      await transaction.query(setEventsAside, [group, topic, partition, waiting, 0, 0, null, false]);
    }
    await transaction.query(movePosition, [group, topic, partition, last.offset + 1]);
  }

  async function fail({ position, events: [event] }: Taken, failure: unknown): Promise<Step> {
    if (event === undefined || isUnavailable(failure)) return pause(position, failure);
    const { topic, partition, offset } = position;
    const verdict = handler.judge(1, failure);
    const recorded = await sqlStore.transaction(async (transaction) => {
      const [now] = await transaction.query(claimNamedPartition, [group, topic, partition]);
      // Another consumer of the group has come by since.
      if (now?.offset !== offset) return false;
      const { delayMs, error, dead } = verdict;
      await transaction.query(setEventsAside, [
        group,
        topic,
        partition,
        [event.offset],
        1,
        delayMs,
        error,
        dead,
      ]);
      await transaction.query(movePosition, [group, topic, partition, event.offset + 1]);
      return true;
    });
    if (!recorded) return DONE;
    handler.failed(event, 1, verdict);
    return { kind: 'retry', delayMs: verdict.delayMs };
  }

  async function pause(position: PositionRow, failure: unknown): Promise<Step> {
    const { topic, partition, offset, attempts } = position;
    const delayMs = handler.pauseMs(attempts + 1);
    log.warn(
      { err: failure, group, topic, partition, offset, delayMs },
      'a partition rests: its handler cannot work',
    );
    await sqlStore.query(pausePartition, [group, topic, partition, offset, delayMs]);
    return { kind: 'retry', delayMs };
  }

  return step;
}
