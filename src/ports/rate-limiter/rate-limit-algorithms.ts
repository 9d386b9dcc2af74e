/** The arithmetic of the three policies, on whole milliseconds and whole numbers only: no rounding anywhere. */

import type { RateLimitPolicy } from './rate-limiter.ts';

/** What one key has taken under one policy. */
export interface Allowance {
  /** Brings the count up to `nowMs`, which never goes back; then the other methods speak of that time. */
  advanceTo(nowMs: number): void;
  remaining(): number;
  take(cost: number): void;
  /** Milliseconds until `cost` may be taken, 0 if now. */
  waitMs(cost: number): number;
  /** Milliseconds until the key is as one that never took anything. */
  resetMs(): number;
}

export function createAllowance(policy: RateLimitPolicy, nowMs: number): Allowance {
  switch (policy.algorithm) {
    case 'token_bucket':
      return createTokenBucket(policy, nowMs);
    case 'sliding_window':
      return createSlidingWindow(policy, nowMs);
    case 'fixed_window':
      return createFixedWindow(policy, nowMs);
  }
}

/** Counts in parts of a token, `windowMs` of them to each, so that `limit` parts flow in every millisecond. */
function createTokenBucket({ limit, windowMs }: RateLimitPolicy, startMs: number): Allowance {
  const capacity = limit * windowMs;
  let level = capacity;
  let updatedMs = startMs;
  return {
    advanceTo(nowMs) {
      const elapsedMs = Math.min(nowMs - updatedMs, windowMs);
      level = Math.min(capacity, level + elapsedMs * limit);
      updatedMs = nowMs;
    },
    remaining: () => Math.floor(level / windowMs),
    take(cost) {
      level -= cost * windowMs;
    },
    waitMs: (cost) => Math.ceil(Math.max(0, cost * windowMs - level) / limit),
    resetMs: () => Math.ceil((capacity - level) / limit),
  };
}

function createSlidingWindow({ limit, windowMs }: RateLimitPolicy, startMs: number): Allowance {
  /** In order of time. A take counts until exactly one window later. */
  let takes: { readonly atMs: number; readonly cost: number }[] = [];
  let taken = 0;
  let nowMs = startMs;
  return {
    advanceTo(timeMs) {
      nowMs = timeMs;
      let expired = 0;
      for (const { atMs, cost } of takes) {
        if (nowMs - atMs < windowMs) break;
        taken -= cost;
        expired += 1;
      }
      if (expired > 0) takes = takes.slice(expired);
    },
    remaining: () => limit - taken,
    take(cost) {
      takes.push({ atMs: nowMs, cost });
      taken += cost;
    },
    waitMs(cost) {
      let missing = taken + cost - limit;
      if (missing <= 0) return 0;
      for (const take of takes) {
        missing -= take.cost;
        if (missing <= 0) return take.atMs + windowMs - nowMs;
      }
      return windowMs;
    },
    resetMs() {
      const last = takes.at(-1);
      return last === undefined ? 0 : last.atMs + windowMs - nowMs;
    },
  };
}

function createFixedWindow({ limit, windowMs }: RateLimitPolicy, startMs: number): Allowance {
  let taken = 0;
  let openedMs = startMs;
  let nowMs = startMs;
  return {
    advanceTo(timeMs) {
      nowMs = timeMs;
      if (nowMs - openedMs >= windowMs) taken = 0;
    },
    remaining: () => limit - taken,
    take(cost) {
      if (taken === 0) openedMs = nowMs;
      taken += cost;
    },
    waitMs: (cost) => (taken + cost <= limit ? 0 : openedMs + windowMs - nowMs),
    resetMs: () => (taken === 0 ? 0 : openedMs + windowMs - nowMs),
  };
}
