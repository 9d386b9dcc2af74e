/**
 * Few requests to a turn of the event loop. Node answers whatever has arrived before it looks at its timers or
 * accepts a next connection, and clients that ask again as soon as they are answered keep it there: under a flood of
 * 4,000 of them a turn took 7 s, timers as long, and a new connection three minutes (Node 20, libuv 1.46: one
 * connection is accepted a turn). A turn of 32 takes a few milliseconds.
 */

import type { Clock } from '../core/clock.ts';

export interface Turns {
  /** Calls `begin` at once, or in a later turn when this one has had its share; in the order of the calls. */
  enter(begin: (waitedMs: number) => void): void;
  /** How many have not begun. */
  waiting(): number;
}

export const REQUESTS_PER_TURN = 32;

interface Waiting {
  readonly begin: (waitedMs: number) => void;
  readonly sinceMs: number;
}

export function createTurns(clock: Clock): Turns {
  const waiting: Waiting[] = [];
  let share = REQUESTS_PER_TURN;
  let scheduled = false;

  function schedule(): void {
    if (scheduled) return;
    scheduled = true;
    setImmediate(beginTurn);
  }

  function beginTurn(): void {
    scheduled = false;
    const now = waiting.splice(0, REQUESTS_PER_TURN);
    share = REQUESTS_PER_TURN - now.length;
    if (now.length > 0) schedule();
    for (const { begin, sinceMs } of now) begin(clock.monotonicMs() - sinceMs);
  }

  return {
    enter(begin) {
      schedule();
      if (share === 0) return void waiting.push({ begin, sinceMs: clock.monotonicMs() });
      share -= 1;
      begin(0);
    },
    waiting: () => waiting.length,
  };
}
