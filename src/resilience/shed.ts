/**
 * Load shedding: refusing some requests at once, before any work, so that the rest are answered in time. What is
 * optional goes first, then reads, then writes; what is critical only when nothing else would help.
 */

import type { Randomness } from '../core/clock.ts';
import { assert } from '../core/errors.ts';
import { PRIORITIES, type Priority } from '../core/priority.ts';

/** How loaded the process is, or how much of it is too much. */
export interface Load {
  /** Sustained mean lag of the event loop: a percentile, or one sample, would take one long block for overload. */
  readonly lagMs: number;
  /** By the request itself, before its turn came. */
  readonly waitedMs: number;
  readonly inFlight: number;
  /** Work accepted and waiting, such as rows for the next batch. */
  readonly queued: number;
}

export interface ShedDecision {
  readonly refuse: boolean;
  /** Whole seconds for `Retry-After`, 0 if not refused. Spread, so that the refused do not come back at once. */
  readonly retryAfterS: number;
}

export interface LoadShedder {
  decide(priority: Priority): ShedDecision;
  /** The largest of the loads as a share of its limit. */
  pressure(): number;
  /** What decisions have met since this was last called, on average; where there was none, what one would meet now. */
  takeMean(): number;
}

export interface LoadShedderOptions {
  /** Read for every decision, so it must be cheap. */
  readonly load: () => Load;
  /** Where reads begin to be refused. */
  readonly limits: Load;
  readonly randomness: Pick<Randomness, 'fraction'>;
}

/**
 * The pressure from which a priority is refused, and the one below which it is served again. Apart, because at a
 * single threshold the relief of refusing would end the refusing, many times a second.
 */
export const THRESHOLDS: Readonly<
  Record<Priority, { readonly refuseFrom: number; readonly serveBelow: number }>
> = {
  optional: { refuseFrom: 0.75, serveBelow: 0.5 },
  read: { refuseFrom: 1, serveBelow: 0.7 },
  write: { refuseFrom: 1.5, serveBelow: 1 },
  critical: { refuseFrom: 3, serveBelow: 2 },
};

export const RETRY_AFTER_S_MAX = 8;

const SERVED: ShedDecision = { refuse: false, retryAfterS: 0 };
/** Below it nothing begins to be refused. */
const CALM_BELOW = Math.min(...Object.values(THRESHOLDS).map(({ refuseFrom }) => refuseFrom));

export function createLoadShedder({ load, limits, randomness }: LoadShedderOptions): LoadShedder {
  assert(
    Object.values(limits).every((limit) => limit > 0),
    'limits must be above zero',
  );
  const refused: Record<Priority, boolean> = { critical: false, write: false, read: false, optional: false };

  let [sum, decisions] = [0, 0];
  let refusesAny = false;

  function pressure(): number {
    const { lagMs, waitedMs, inFlight, queued } = load();
    return Math.max(
      lagMs / limits.lagMs,
      waitedMs / limits.waitedMs,
      inFlight / limits.inFlight,
      queued / limits.queued,
    );
  }

  return {
    pressure,
    takeMean() {
      const mean = decisions === 0 ? pressure() : sum / decisions;
      [sum, decisions] = [0, 0];
      return mean;
    },
    decide(priority) {
      const current = pressure();
      sum += current;
      decisions += 1;
      if (!refusesAny && current < CALM_BELOW) return SERVED;
      // All of them each time: one that nobody asked for meanwhile must still have seen the pressure.
      for (const each of PRIORITIES) refused[each] = isRefused(refused[each], THRESHOLDS[each], current);
      refusesAny = PRIORITIES.some((each) => refused[each]);
      if (!refused[priority]) return SERVED;
      const spreadS = Math.min(RETRY_AFTER_S_MAX, 2 * Math.max(1, current));
      return { refuse: true, retryAfterS: 1 + Math.floor(randomness.fraction() * (spreadS - 1)) };
    },
  };
}

function isRefused(
  before: boolean,
  { refuseFrom, serveBelow }: { readonly refuseFrom: number; readonly serveBelow: number },
  pressure: number,
): boolean {
  return pressure >= refuseFrom || (before && pressure >= serveBelow);
}
