/** What a finding means: how the target stands from now on, and when it is asked for again. */
import type { Randomness } from '../../../core/clock.ts';
import type { TargetState } from '../link.ts';
import type { Finding } from './target-fetch.ts';

const HOUR_MS = 3_600_000;
export const CHECK_EVERY_MS = 24 * HOUR_MS;
/** After the first failure, and after the second. */
export const RETRY_AFTER_MS = [HOUR_MS, 6 * HOUR_MS] as const;
/** Failures in a row, over so long, that make a target dead: one outage does not. */
export const DEAD_FAILURES_MIN = 3;
export const DEAD_AFTER_MS = 6 * HOUR_MS;
/** Spread by a tenth, so that what was checked together is not so for ever. */
const SPREAD = 0.1;

export interface CheckBefore {
  readonly state: TargetState;
  readonly failures: number;
  readonly failing_since: Date | null;
}

export interface CheckOutcome {
  readonly state: TargetState;
  readonly failures: number;
  readonly failingSince: Date | null;
  readonly dueAt: Date;
}

export function outcomeOf(
  before: CheckBefore,
  { verdict }: Finding,
  at: Date,
  randomness: Pick<Randomness, 'fraction'>,
): CheckOutcome {
  const daily = new Date(at.getTime() + nextDayMs(randomness));
  const { state, failures, failing_since: since } = before;
  if (verdict === 'there') return { state: 'ok', failures: 0, failingSince: null, dueAt: daily };
  if (verdict === 'unclear') return { state, failures, failingSince: since, dueAt: daily };
  const failing = { failures: failures + 1, failingSince: since ?? at };
  const retryMs = RETRY_AFTER_MS[failures];
  const isDead =
    failing.failures >= DEAD_FAILURES_MIN && at.getTime() - failing.failingSince.getTime() >= DEAD_AFTER_MS;
  return {
    ...failing,
    state: isDead ? 'dead' : state,
    dueAt: retryMs === undefined ? daily : new Date(at.getTime() + retryMs),
  };
}

export function nextDayMs(randomness: Pick<Randomness, 'fraction'>): number {
  return CHECK_EVERY_MS * (1 - SPREAD + 2 * SPREAD * randomness.fraction());
}
