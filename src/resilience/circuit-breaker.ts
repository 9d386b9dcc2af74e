/**
 * Stops calling a port that mostly fails, so that callers fail at once and the port can recover. Closed it counts
 * calls over a sliding window; open it lets nothing through; half open it lets a few probes through, and closes
 * when all of them have succeeded.
 */

import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import type { BreakerState } from '../telemetry/metrics.ts';

export const WINDOW_MS = 10_000;
export const FAILURE_RATIO = 0.5;
/** With fewer calls in the window a ratio means nothing: one time-out in the night must not open anything. */
export const CALLS_MIN = 20;
export const PROBES = 3;
/** Short, because everyone waits for a port that is back, and a few probes every few seconds cost it nothing. */
export const OPEN_MS_MIN = 1_000;
export const OPEN_MS_MAX = 5_000;

const BUCKET_MS = 1_000;
const BUCKETS = WINDOW_MS / BUCKET_MS;

/** Success: the port answered, if only with an expected error. Neutral: it says nothing about the port. */
export type CallOutcome = 'success' | 'failure' | 'neutral';
/** Says in which period of the breaker the call began; results of an earlier period count for nothing. */
export type Pass = number;

export interface CircuitBreaker {
  state(): BreakerState;
  /** A pass if the call may go. Hand every pass back with `leave`, once. */
  enter(): Pass | undefined;
  leave(pass: Pass, outcome: CallOutcome): void;
  /** For whoever knows that what made calls fail is over: nothing that was counted so far counts any more. */
  close(): void;
  /** Until probes are let through; 0 unless open. */
  retryAfterMs(): number;
}

export interface CircuitBreakerOptions {
  readonly clock: Clock;
  readonly onChange?: (state: BreakerState) => void;
}

export function createCircuitBreaker({ clock, onChange }: CircuitBreakerOptions): CircuitBreaker {
  let state: BreakerState = 'closed';
  let period = 0;
  let changedMs = clock.monotonicMs();
  /** How often it has opened since it was last closed. */
  let openings = 0;
  let probedMs = 0;
  let probesOut = 0;
  let probesSucceeded = 0;
  let window = createOutcomeWindow();

  function become(next: BreakerState): void {
    const changed = next !== state;
    state = next;
    period += 1;
    changedMs = clock.monotonicMs();
    probesOut = 0;
    probesSucceeded = 0;
    if (next === 'open') openings += 1;
    if (next === 'closed') [openings, window] = [0, createOutcomeWindow()];
    if (changed) onChange?.(next);
  }

  const retryAfterMs = () =>
    state === 'open' ? Math.max(0, changedMs + openMs(openings) - clock.monotonicMs()) : 0;

  function enterHalfOpen(): Pass | undefined {
    const nowMs = clock.monotonicMs();
    if (probesOut + probesSucceeded >= PROBES) {
      if (nowMs - probedMs < OPEN_MS_MAX) return undefined;
      // Probes that never come back must not keep the breaker half open for ever.
      become('half_open');
    }
    probesOut += 1;
    probedMs = nowMs;
    return period;
  }

  function leaveHalfOpen(outcome: CallOutcome): void {
    probesOut -= 1;
    if (outcome === 'failure') become('open');
    else if (outcome === 'success') {
      probesSucceeded += 1;
      if (probesSucceeded === PROBES) become('closed');
    }
  }

  return {
    state: () => state,
    retryAfterMs,
    enter() {
      if (state === 'closed') return period;
      if (state === 'open') {
        if (retryAfterMs() > 0) return undefined;
        become('half_open');
      }
      return enterHalfOpen();
    },
    leave(pass, outcome) {
      if (pass !== period || state === 'open') return;
      if (state === 'half_open') leaveHalfOpen(outcome);
      else if (window.add(clock.monotonicMs(), outcome)) become('open');
    },
    close: () => become('closed'),
  };
}

function openMs(openings: number): number {
  return Math.min(OPEN_MS_MAX, OPEN_MS_MIN * 2 ** (openings - 1));
}

interface OutcomeWindow {
  /** Counts the call and says whether too many of the window have failed. */
  add(nowMs: number, outcome: CallOutcome): boolean;
}

/** Counts by the second: a ring of buckets, each of which is emptied when its turn comes again. */
function createOutcomeWindow(): OutcomeWindow {
  const seconds = new Float64Array(BUCKETS).fill(Number.NEGATIVE_INFINITY);
  const calls = new Uint32Array(BUCKETS);
  const failures = new Uint32Array(BUCKETS);

  function sumSince(counts: Uint32Array, second: number): number {
    return counts.reduce(
      (sum, count, index) => ((seconds[index] ?? 0) > second - BUCKETS ? sum + count : sum),
      0,
    );
  }

  return {
    add(nowMs, outcome) {
      if (outcome === 'neutral') return false;
      const second = Math.floor(nowMs / BUCKET_MS);
      const index = second % BUCKETS;
      if (seconds[index] !== second) {
        seconds[index] = second;
        calls[index] = 0;
        failures[index] = 0;
      }
      calls[index] = (calls[index] ?? 0) + 1;
      if (outcome === 'success') return false;
      failures[index] = (failures[index] ?? 0) + 1;
      const total = sumSince(calls, second);
      return total >= CALLS_MIN && sumSince(failures, second) >= total * FAILURE_RATIO;
    },
  };
}

/** What an error says about the port it came from. */
export function outcomeOfError(error: unknown): CallOutcome {
  // A defect of ours, or of the work that a transaction was given: one bad statement must not stop all others.
  if (!(error instanceof AppError) || error.code === 'internal') return 'neutral';
  return error.code === 'unavailable' || error.code === 'timeout' ? 'failure' : 'success';
}

export function circuitOpen(retryAfterMs: number): AppError {
  return new AppError('unavailable', 'A part of the service is away. Try again shortly.', {
    retryAfterS: Math.max(1, Math.ceil(retryAfterMs / 1_000)),
    outcome: 'not_applied',
  });
}
