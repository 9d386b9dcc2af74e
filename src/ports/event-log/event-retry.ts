/** One event that had failed, or had to wait for one that did: tried again in a transaction of its own. */

import type { SqlStore } from '../sql-store/sql-store.ts';
import { DONE, type EventHandler, IDLE, isUnavailable, loggedEvent, type Step } from './event-handler.ts';
import type { LoggedEvent } from './event-log.ts';
import type { EventStore } from './event-store.ts';
import { claimRetry, deleteFailedEvent, postponeRetry } from './failed-event-queries.ts';

interface Taken {
  readonly event: LoggedEvent;
  readonly attempts: number;
}

/** Tries an event that is due. Fails only where the sql-store itself does. */
export function createRetryStep(deps: {
  readonly sqlStore: SqlStore;
  readonly handler: EventHandler;
  readonly store?: Pick<EventStore, 'announceDead'>;
}): () => Promise<Step> {
  const { sqlStore, handler, store } = deps;
  const { group, topics } = handler;

  async function step(): Promise<Step> {
    const hand: { taken?: Taken | undefined } = {};
    try {
      await sqlStore.transaction(async (transaction) => {
        hand.taken = undefined;
        const [row] = await transaction.query(claimRetry, [group, topics]);
        if (row === undefined) return;
        const event = loggedEvent(row);
        hand.taken = { event, attempts: row.attempts };
        await handler.handle([event], transaction);
        await transaction.query(deleteFailedEvent, [group, event.topic, event.partition, event.offset]);
      });
    } catch (failure) {
      if (hand.taken === undefined) throw failure;
      return postpone(hand.taken, failure);
    }
    if (hand.taken === undefined) return IDLE;
    handler.handled([hand.taken.event]);
    return DONE;
  }

  async function postpone({ event, attempts }: Taken, failure: unknown): Promise<Step> {
    const { topic, partition, offset } = event;
    // What is not the fault of the event does not use up its attempts.
    const counted = isUnavailable(failure) ? attempts : attempts + 1;
    const judged = handler.judge(Math.max(counted, 1), failure);
    const verdict =
      counted === attempts ? { ...judged, dead: false, delayMs: handler.pauseMs(attempts + 1) } : judged;
    const { delayMs, error, dead } = verdict;
    const place = [group, topic, partition, offset] as const;
    await sqlStore.transaction(async (transaction) => {
      await transaction.query(postponeRetry, [...place, attempts, counted, delayMs, error, dead]);
      if (dead) await store?.announceDead?.(transaction, { group, topic, partition, offset });
    });
    handler.failed(event, counted, verdict);
    return dead ? DONE : { kind: 'retry', delayMs };
  }

  return step;
}
