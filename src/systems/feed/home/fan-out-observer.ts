import { type Id, idTimeMs } from '../../../core/ids.ts';

/** `page`: at once, to followers of one page. `continuation`: page by page, to those of an author who has more. */
export type FanOutLane = 'page' | 'continuation';

/** What metrics want to know. Called synchronously; must not throw. */
export interface FanOutObserver {
  /** `entries` places in cached timelines were filled. */
  delivered(lane: FanOutLane, entries: number): void;
  /** An entry has reached the last of its readers, `lagMs` after it was written. */
  completed(lane: FanOutLane, lagMs: number): void;
  /** The fan-out has nothing more to do for these entries. */
  ended?(entryIds: readonly Id[]): void;
}

export function observeCompleted(
  observer: FanOutObserver | undefined,
  lane: FanOutLane,
  entryIds: readonly Id[],
  nowMs: number,
): void {
  observer?.ended?.(entryIds);
  // Ids may run ahead of the clock.
  for (const entryId of entryIds) observer?.completed(lane, Math.max(0, nowMs - idTimeMs(entryId)));
}
