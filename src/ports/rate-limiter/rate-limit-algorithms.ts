/** The arithmetic of the three policies, on whole milliseconds and whole numbers only: no rounding anywhere. */

import type { RateLimitAlgorithm, RateLimitPolicy } from './rate-limiter.ts';

interface Take {
  readonly atMs: number;
  readonly cost: number;
}

/** What one key has taken. Plain numbers, because there may be hundreds of thousands. */
export interface Allowance {
  /** Token bucket: parts of a token that are there. Windows: what has been taken. */
  count: number;
  /** Token bucket and sliding window: the time it was brought up to. Fixed window: when the window opened. */
  sinceMs: number;
  /** Sliding window: in order of time. A take counts until exactly one window later. */
  takes: Take[] | undefined;
}

/** All but `open` speak of an allowance that `advance` has brought up to `nowMs`; time never goes back. */
export interface Algorithm {
  open(policy: RateLimitPolicy, nowMs: number): Allowance;
  advance(allowance: Allowance, policy: RateLimitPolicy, nowMs: number): void;
  remaining(allowance: Allowance, policy: RateLimitPolicy): number;
  take(allowance: Allowance, policy: RateLimitPolicy, cost: number, nowMs: number): void;
  /** Milliseconds until `cost` may be taken, 0 if now. */
  waitMs(allowance: Allowance, policy: RateLimitPolicy, cost: number, nowMs: number): number;
  /** Milliseconds until the key is as one that never took anything. */
  resetMs(allowance: Allowance, policy: RateLimitPolicy, nowMs: number): number;
}

/** Counts in parts of a token, `windowMs` of them to each, so that `limit` parts flow in every millisecond. */
const tokenBucket: Algorithm = {
  open: ({ limit, windowMs }, nowMs) => ({ count: limit * windowMs, sinceMs: nowMs, takes: undefined }),
  advance(allowance, { limit, windowMs }, nowMs) {
    const elapsedMs = Math.min(nowMs - allowance.sinceMs, windowMs);
    allowance.count = Math.min(limit * windowMs, allowance.count + elapsedMs * limit);
    allowance.sinceMs = nowMs;
  },
  remaining: ({ count }, { windowMs }) => Math.floor(count / windowMs),
  take(allowance, { windowMs }, cost) {
    allowance.count -= cost * windowMs;
  },
  waitMs: ({ count }, { limit, windowMs }, cost) => Math.ceil(Math.max(0, cost * windowMs - count) / limit),
  resetMs: ({ count }, { limit, windowMs }) => Math.ceil((limit * windowMs - count) / limit),
};

const slidingWindow: Algorithm = {
  open: (_policy, nowMs) => ({ count: 0, sinceMs: nowMs, takes: [] }),
  advance(allowance, { windowMs }, nowMs) {
    const { takes = [] } = allowance;
    allowance.sinceMs = nowMs;
    let expired = 0;
    for (const { atMs, cost } of takes) {
      if (nowMs - atMs < windowMs) break;
      allowance.count -= cost;
      expired += 1;
    }
    if (expired > 0) allowance.takes = takes.slice(expired);
  },
  remaining: ({ count }, { limit }) => limit - count,
  take(allowance, _policy, cost, nowMs) {
    allowance.takes?.push({ atMs: nowMs, cost });
    allowance.count += cost;
  },
  waitMs({ count, takes = [] }, { limit, windowMs }, cost, nowMs) {
    let missing = count + cost - limit;
    if (missing <= 0) return 0;
    for (const take of takes) {
      missing -= take.cost;
      if (missing <= 0) return take.atMs + windowMs - nowMs;
    }
    return windowMs;
  },
  resetMs({ takes = [] }, { windowMs }, nowMs) {
    const last = takes.at(-1);
    return last === undefined ? 0 : last.atMs + windowMs - nowMs;
  },
};

const fixedWindow: Algorithm = {
  open: (_policy, nowMs) => ({ count: 0, sinceMs: nowMs, takes: undefined }),
  advance(allowance, { windowMs }, nowMs) {
    if (nowMs - allowance.sinceMs >= windowMs) allowance.count = 0;
  },
  remaining: ({ count }, { limit }) => limit - count,
  take(allowance, _policy, cost, nowMs) {
    if (allowance.count === 0) allowance.sinceMs = nowMs;
    allowance.count += cost;
  },
  waitMs: ({ count, sinceMs }, { limit, windowMs }, cost, nowMs) =>
    count + cost <= limit ? 0 : sinceMs + windowMs - nowMs,
  resetMs: ({ count, sinceMs }, { windowMs }, nowMs) => (count === 0 ? 0 : sinceMs + windowMs - nowMs),
};

export const ALGORITHMS: Readonly<Record<RateLimitAlgorithm, Algorithm>> = {
  token_bucket: tokenBucket,
  sliding_window: slidingWindow,
  fixed_window: fixedWindow,
};
