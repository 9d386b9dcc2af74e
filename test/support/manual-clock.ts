import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../src/core/clock.ts';

interface Sleeper {
  readonly wakeMs: number;
  wake(): void;
}

/** A clock that stands still until a test moves it. */
export interface ManualClock extends Clock {
  /** Moves time on, wakes on the way whoever's sleep ends, in order, and lets them run. */
  advance(durationMs: number): Promise<void>;
  /** Moves time on at once; nobody is woken before the next `advance`. */
  skip(durationMs: number): void;
  /** How many sleep. */
  sleepers(): number;
}

/** Starts at 2026-01-01T00:00:00Z; the monotonic clock starts at 1,000. */
export function createManualClock(): ManualClock {
  const startMs = Date.UTC(2026, 0, 1);
  let elapsedMs = 1_000;
  const sleepers = new Set<Sleeper>();
  const earliest = (untilMs: number) =>
    [...sleepers]
      .filter(({ wakeMs }) => wakeMs <= untilMs)
      .sort((one, other) => one.wakeMs - other.wakeMs)[0];
  return {
    nowMs: () => startMs + elapsedMs,
    monotonicMs: () => elapsedMs,
    sleep: (durationMs, signal) =>
      new Promise((resolve) => {
        const sleeper = { wakeMs: elapsedMs + durationMs, wake };
        function wake() {
          sleepers.delete(sleeper);
          signal?.removeEventListener('abort', wake);
          resolve();
        }
        if (durationMs <= 0 || signal?.aborted) return resolve();
        signal?.addEventListener('abort', wake, { once: true });
        sleepers.add(sleeper);
      }),
    async advance(durationMs) {
      const untilMs = elapsedMs + durationMs;
      await nextTurn();
      for (let sleeper = earliest(untilMs); sleeper; sleeper = earliest(untilMs)) {
        elapsedMs = Math.max(elapsedMs, sleeper.wakeMs);
        sleeper.wake();
        await nextTurn();
      }
      elapsedMs = untilMs;
      await nextTurn();
    },
    skip(durationMs) {
      elapsedMs += durationMs;
    },
    sleepers: () => sleepers.size,
  };
}
