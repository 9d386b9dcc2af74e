/** Moves deltas into counts now and then: oftener while many are written, because every read of a count sums them up. */
import type { Job } from '../../core/job.ts';

const FOLD_EVERY_MS = 2_000;
/** 1,000 follows a second of one celebrity: then a read sums up 250 deltas, not 2,000 (60 us of PostgreSQL, not 500). */
const FOLD_BUSY_EVERY_MS = 250;
/** Moved by one fold: from here on it is busy. */
const BUSY_DELTAS = 100;

/** `fold` answers how many it moved; at `limit` there may be more. */
export function foldJob(name: string, fold: () => Promise<number>, limit: number): Job {
  let moved = 0;
  return {
    name,
    get everyMs() {
      return moved >= BUSY_DELTAS ? FOLD_BUSY_EVERY_MS : FOLD_EVERY_MS;
    },
    async run() {
      moved = 0;
      moved = await fold();
      return moved >= limit ? 'more' : 'done';
    },
  };
}
