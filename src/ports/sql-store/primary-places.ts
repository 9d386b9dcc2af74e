/** When a primary was known to have come how far: so that what was heard until some moment can be held against a place. */
import { type CommitPosition, isAtLeast } from './sql-sessions.ts';

export interface PrimaryPlaces {
  /** What the primary answered, and when that was there (monotonic). */
  note(at: CommitPosition, answeredMs: number): void;
  /** From when on it is known to have all up to the place; `undefined`: it is not known to. */
  hadSinceMs(place: CommitPosition): number | undefined;
}

/** What is in memory is at most a second old: older places are as good as one. */
const KEPT_MS = 5_000;

export function createPrimaryPlaces(): PrimaryPlaces {
  /** Each place when it was first answered; the oldest first. */
  let places: { readonly at: CommitPosition; readonly ms: number }[] = [];
  return {
    note(at, answeredMs) {
      const newest = places.at(-1);
      if (newest !== undefined && isAtLeast(newest.at, at)) return;
      // What is left of the older ones is the latest: all that went before it was there by then, too.
      const from = places.findLastIndex(({ ms }) => ms < answeredMs - KEPT_MS);
      places = [...places.slice(Math.max(0, from)), { at, ms: answeredMs }];
    },
    hadSinceMs: (place) => places.find(({ at }) => isAtLeast(at, place))?.ms,
  };
}
