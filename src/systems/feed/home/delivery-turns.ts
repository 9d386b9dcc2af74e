/** Deliveries in pieces, between which the process answers requests. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Delivery, TimelineStore } from '../../../ports/timeline-store/timeline-store.ts';

/** Readers in one call of the store, or those of one entry: some 2 ms in memory. */
export const TURN_READERS = 5_000;

/** Answers how many entries were added, summed over the timelines. */
export async function deliverInTurns(
  timelineStore: Pick<TimelineStore, 'deliver'>,
  deliveries: readonly Delivery[],
  generation: number,
): Promise<number> {
  let added = 0;
  for (let start = 0; start < deliveries.length; ) {
    if (start > 0) await nextTurn();
    const end = turnEnd(deliveries, start);
    added += await timelineStore.deliver(deliveries.slice(start, end), generation);
    start = end;
  }
  return added;
}

function turnEnd(deliveries: readonly Delivery[], start: number): number {
  let readers = 0;
  let end = start;
  do {
    readers += deliveries[end]?.readerIds.length ?? 0;
    end += 1;
  } while (end < deliveries.length && readers + (deliveries[end]?.readerIds.length ?? 0) <= TURN_READERS);
  return end;
}
