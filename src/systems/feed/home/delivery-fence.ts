/**
 * Keeps a process that no longer keeps the home timelines, and does not know it yet, from taking deliveries that its successor's
 * readers then miss for good. What it refuses is left to the successor.
 */
import { AppError, hasCode } from '../../../core/errors.ts';
import type { MaybePromise } from '../../../core/maybe-promise.ts';
import type { TimelineStore } from '../../../ports/timeline-store/timeline-store.ts';
import type { TimelineEpoch } from './timeline-epoch.ts';

export interface DeliveryFence {
  /** Fails with `unavailable` while the fence is closed. */
  readonly store: Pick<TimelineStore, 'generation' | 'deliver'>;
  isOpen(): boolean;
  /** Until then it is open. */
  openWhile(isKeeper: () => boolean): void;
}

export function createDeliveryFence(deps: {
  readonly timelineStore: TimelineStore;
  readonly timelineEpoch: Pick<TimelineEpoch, 'isElsewhere'>;
}): DeliveryFence {
  const { timelineStore, timelineEpoch } = deps;
  let isOpen = (): boolean => true;

  function pass(): void {
    if (!isOpen() || timelineEpoch.isElsewhere())
      throw new AppError('unavailable', 'Another process may keep the home timelines by now.');
  }

  return {
    isOpen: () => isOpen(),
    openWhile(isKeeper) {
      isOpen = isKeeper;
    },
    store: {
      generation() {
        pass();
        return reached(timelineStore.generation());
      },
      // After the entries were read: what is let through was committed before a successor begins.
      deliver(deliveries, generation) {
        pass();
        return reached(timelineStore.deliver(deliveries, generation));
      },
    },
  };
}

/** No event is to blame for a store that does not answer: as `unavailable`, it is tried until it does. */
function reached<Value>(answer: MaybePromise<Value>): MaybePromise<Value> {
  if (!(answer instanceof Promise)) return answer;
  return answer.catch((error: unknown) => {
    if (!hasCode(error, 'timeout')) throw error;
    throw new AppError('unavailable', error.message, { cause: error });
  });
}
