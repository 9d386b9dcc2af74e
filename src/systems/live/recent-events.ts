/**
 * The events of the last minutes, in memory: when a server stops, its clients all resume elsewhere at the same time, and
 * each would read the same of the log.
 */
import { isReached, newOffsets, type Offsets } from './cursor.ts';
import type { LiveEvent } from './live-events.ts';

/** Some 500 bytes each: a minute of a very busy system, hours of most. */
export const RECENT_EVENTS_MAX = 20_000;

/** An event at its place; `event` is absent where it concerns nobody who watches. */
export interface PlacedEvent {
  readonly place: number;
  readonly offset: number;
  readonly createdMs: number;
  readonly event: LiveEvent | undefined;
}

export interface RecentEvents {
  /** All that was added from here on is kept. */
  startAt(offsets: Offsets): void;
  add(placed: PlacedEvent): void;
  /** What was added after `cursor`, in order; `undefined` where that is longer ago than anything kept. */
  since(cursor: Offsets): readonly PlacedEvent[] | undefined;
}

export function createRecentEvents(eventsMax = RECENT_EVENTS_MAX): RecentEvents {
  let kept: PlacedEvent[] = [];
  /** Of `kept`: those before it are dropped when they are many, all at once. */
  let first = 0;
  /** Where what is kept begins. */
  let floor = newOffsets();
  let started = false;

  return {
    startAt(offsets) {
      kept = [];
      first = 0;
      floor = offsets.slice();
      started = true;
    },

    add(placed) {
      kept.push(placed);
      if (kept.length - first <= eventsMax) return;
      const dropped = kept[first];
      if (dropped !== undefined) floor[dropped.place] = dropped.offset + 1;
      first += 1;
      if (first < eventsMax) return;
      kept = kept.slice(first);
      first = 0;
    },

    since(cursor) {
      if (!started || !isReached(floor, cursor)) return undefined;
      return kept.slice(first).filter(({ place, offset }) => offset >= (cursor[place] ?? 0));
    },
  };
}
