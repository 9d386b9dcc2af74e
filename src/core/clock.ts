import { randomBytes, randomUUID } from 'node:crypto';

/** Time, so that tests can own it. The wall clock may jump; measure durations with `monotonicMs`. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z, by the wall clock. */
  nowMs(): number;
  /** Milliseconds since an arbitrary start; never goes back. */
  monotonicMs(): number;
  /** Resolves after `durationMs`, or at once (without an error) when `signal` aborts. */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>;
}

export interface Randomness {
  bytes(length: number): Buffer;
  uuid(): string;
  /** Uniform in [0, 1). */
  fraction(): number;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  // NOTE: that of node:timers/promises makes an error, with its stack, of every sleep that is ended: 30 us.
  sleep: (durationMs, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const timer = setTimeout(end, durationMs);
      signal?.addEventListener('abort', end);
      function end(): void {
        clearTimeout(timer);
        signal?.removeEventListener('abort', end);
        resolve();
      }
    }),
};

export const systemRandomness: Randomness = {
  bytes: (length) => randomBytes(length),
  uuid: () => randomUUID(),
  fraction: () => Math.random(),
};

/**
 * A repeatable source of numbers in [0, 1), for seeds, tests and benchmarks; never for secrets.
 * Mulberry32 by Tommy Ettinger (public domain).
 */
export function seededFraction(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
