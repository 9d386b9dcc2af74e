/**
 * Keeps a process that no longer keeps the home timelines, and does not know it yet, from taking deliveries that its successor's
 * readers then miss for good. What it refuses is left to the successor.
 */
import { AppError } from '../../../core/errors.ts';
import type { TimelineStore } from '../../../ports/timeline-store/timeline-store.ts';

export interface DeliveryFence {
  /** Fails with `unavailable` while the fence is closed. */
  readonly store: Pick<TimelineStore, 'generation' | 'deliver'>;
  isOpen(): boolean;
  /** Until then it is open. */
  openWhile(isKeeper: () => boolean): void;
}

export function createDeliveryFence(timelineStore: TimelineStore): DeliveryFence {
  let isOpen = (): boolean => true;

  function pass(): void {
    if (!isOpen()) throw new AppError('unavailable', 'Another process may keep the home timelines by now.');
  }

  return {
    isOpen: () => isOpen(),
    openWhile(isKeeper) {
      isOpen = isKeeper;
    },
    store: {
      generation() {
        pass();
        return timelineStore.generation();
      },
      // After the entries were read: what is let through was committed before a successor begins.
      deliver(deliveries, generation) {
        pass();
        return timelineStore.deliver(deliveries, generation);
      },
    },
  };
}
