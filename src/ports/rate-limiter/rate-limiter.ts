/**
 * The rate-limiter port: counts what each key has taken lately and says whether it may take more. Keys are an
 * account, an address and the like; what a refusal means is the caller's business.
 */

import { assert } from '../../core/errors.ts';

/**
 * How takes are counted. Times are whole milliseconds: two takes in the same one are at the same time.
 *
 * - `token_bucket` (the same as GCRA): a bucket of `limit` tokens, full at first, into which `limit` tokens flow
 *   evenly per window. In any span of time `t`, at most `limit + limit * t / window` is taken. For most routes: it
 *   lets bursts through and makes nobody wait for the end of a window.
 * - `sliding_window`: in any span of one window, at most `limit` is taken. Exact, so it keeps every take: for
 *   small limits, such as sign-ins.
 * - `fixed_window`: the first take of a key opens its window, and at most `limit` is taken until it ends; about
 *   its end, twice that may be taken in one window's time. The cheapest, for long windows and large limits.
 */
export type RateLimitAlgorithm = 'token_bucket' | 'sliding_window' | 'fixed_window';

export interface RateLimitPolicy {
  /** Takes under different names are counted apart, also for the same key. */
  readonly name: string;
  readonly algorithm: RateLimitAlgorithm;
  /** 1 to LIMIT_MAX, for a sliding window 1 to SLIDING_LIMIT_MAX. */
  readonly limit: number;
  /** 1 to WINDOW_MS_MAX. */
  readonly windowMs: number;
}

export interface RateLimitDecision {
  readonly allowed: boolean;
  /** That of the policy. */
  readonly limit: number;
  /** How much may still be taken now, after this take. */
  readonly remaining: number;
  /** Seconds until the whole limit is there again if nothing more is taken. */
  readonly resetS: number;
  /**
   * 0 if allowed; else the seconds, to the millisecond, after which the same take is allowed if nobody else takes
   * of this key meanwhile, and not one millisecond before.
   */
  readonly retryAfterS: number;
}

export interface RateLimiter {
  /**
   * Takes `cost` (a whole number, 1 to `limit`) of what `key` may take under `policy`, or takes nothing and says
   * when to come back. Concurrent takes are counted one after the other, over all processes that share the
   * store: together they never take more than the policy lets one caller take.
   *
   * Never refuses what the policy allows while the store is up. A store of bounded size may forget a key when it
   * is full, those that are at their limit last.
   *
   * Fails with `unavailable` or `timeout` when the store cannot be reached; the caller then lets the request pass.
   */
  take(policy: RateLimitPolicy, key: string, cost?: number): Promise<RateLimitDecision>;
}

export const LIMIT_MAX = 100_000;
/** Each take of a sliding window is kept. */
export const SLIDING_LIMIT_MAX = 1_000;
/** A week. `LIMIT_MAX * WINDOW_MS_MAX` is a safe integer, so all arithmetic is exact. */
export const WINDOW_MS_MAX = 7 * 24 * 3_600_000;

/** For adapters: a policy or cost out of range is a defect of the caller. */
export function assertTake(policy: RateLimitPolicy, cost: number): void {
  const limitMax = policy.algorithm === 'sliding_window' ? SLIDING_LIMIT_MAX : LIMIT_MAX;
  const within = (value: number, max: number) => Number.isInteger(value) && value >= 1 && value <= max;
  assert(within(policy.limit, limitMax), `${policy.name}: the limit must be 1 to ${limitMax}`);
  assert(
    within(policy.windowMs, WINDOW_MS_MAX),
    `${policy.name}: the window must be 1 to ${WINDOW_MS_MAX} ms`,
  );
  assert(within(cost, policy.limit), `${policy.name}: the cost must be 1 to the limit`);
}
