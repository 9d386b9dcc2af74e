/** A bounded number of calls at a time, and a bounded queue before them, so that one slow port cannot take it all. */

import type { Clock } from '../core/clock.ts';
import { AppError, assert } from '../core/errors.ts';
import { createTimeoutQueue, type Timeout } from './deadline.ts';

export interface BulkheadLimits {
  /** Calls at the same time. */
  readonly concurrencyMax: number;
  /** Callers that wait; the next is refused. */
  readonly queueMax: number;
  /** A caller that has waited so long is refused: whoever asked has probably gone, and others have not. */
  readonly queueAgeMaxMs: number;
}

export interface BulkheadOptions extends BulkheadLimits {
  readonly clock: Clock;
  readonly onRefused?: (reason: 'bulkhead_full' | 'bulkhead_aged') => void;
}

export interface Bulkhead {
  /**
   * `undefined` if there is room: the caller is in. Otherwise resolves when its turn has come, first come, first
   * served, or rejects with `unavailable` (not_applied). Whoever got in calls `leave` once.
   */
  enter(): Promise<void> | undefined;
  leave(): void;
  inFlight(): number;
  waiting(): number;
}

interface Waiter {
  readonly age: Timeout;
  admit(): void;
}

export function createBulkhead(options: BulkheadOptions): Bulkhead {
  const { clock, concurrencyMax, queueMax, queueAgeMaxMs, onRefused } = options;
  assert(concurrencyMax >= 1 && queueMax >= 0, 'a bulkhead lets at least one call through');
  const ages = createTimeoutQueue(clock, queueAgeMaxMs);
  const waiters = new Set<Waiter>();
  let inFlight = 0;

  function wait(): Promise<void> {
    return new Promise((resolve, reject) => {
      const age = ages.add(() => {
        waiters.delete(waiter);
        onRefused?.('bulkhead_aged');
        reject(overloaded());
      });
      const waiter: Waiter = { age, admit: resolve };
      waiters.add(waiter);
    });
  }

  return {
    enter() {
      if (inFlight < concurrencyMax) {
        inFlight += 1;
        return undefined;
      }
      if (waiters.size < queueMax) return wait();
      onRefused?.('bulkhead_full');
      return Promise.reject(overloaded());
    },
    leave() {
      const [next] = waiters;
      if (next === undefined) {
        inFlight -= 1;
        return;
      }
      // The place goes from one to the other, so nobody who comes now can slip in between.
      waiters.delete(next);
      next.age.cancel();
      next.admit();
    },
    inFlight: () => inFlight,
    waiting: () => waiters.size,
  };
}

function overloaded(): AppError {
  return new AppError('unavailable', 'Too many calls are waiting. Try again shortly.', {
    retryAfterS: 1,
    outcome: 'not_applied',
  });
}
