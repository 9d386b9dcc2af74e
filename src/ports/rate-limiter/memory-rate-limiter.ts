/**
 * Counts in this process, for an installation of one process. Bounded in memory, whatever keys clients invent, and
 * without a timer. A take costs about 1 us.
 */

import type { Clock } from '../../core/clock.ts';
import { ALGORITHMS, type Allowance } from './rate-limit-algorithms.ts';
import {
  assertTake,
  type RateLimitDecision,
  type RateLimiter,
  type RateLimitPolicy,
} from './rate-limiter.ts';

export interface MemoryRateLimiterOptions {
  readonly clock: Clock;
  /** About 250 bytes each; a sliding window's 470, and 35 for each take that it keeps. */
  readonly keysMax?: number;
}

export interface MemoryRateLimiter extends RateLimiter {
  /** How many keys are remembered. */
  keyCount(): number;
}

export const KEYS_MAX = 200_000;
/** Each take adds one key at most and looks at two, so what has expired goes as fast as it came. */
const SWEPT_PER_TAKE = 2;
/** Candidates for eviction; of these the one that has most left is forgotten, for it loses the least. */
const EVICTION_CANDIDATES = 8;

interface Entry {
  readonly key: string;
  readonly policy: RateLimitPolicy;
  readonly allowance: Allowance;
}

export function createMemoryRateLimiter({
  clock,
  keysMax = KEYS_MAX,
}: MemoryRateLimiterOptions): MemoryRateLimiter {
  /** A key that has nothing left is kept apart from the others, so that a flood of keys cannot free it. */
  const open = new Map<string, Entry>();
  const exhausted = new Map<string, Entry>();
  const sweepOpen = createSweeper(open);
  const sweepExhausted = createSweeper(exhausted);

  function place(entry: Entry): void {
    const [home, other] = remainingOf(entry) === 0 ? [exhausted, open] : [open, exhausted];
    other.delete(entry.key);
    home.set(entry.key, entry);
  }

  /** Forgets the entry if it is as new, and files it anew if it has something left again. */
  function refresh(entry: Entry | undefined, nowMs: number): void {
    if (entry === undefined) return;
    if (resetMsOf(entry, nowMs) > 0) {
      place(entry);
    } else {
      open.delete(entry.key);
      exhausted.delete(entry.key);
    }
  }

  function evictOne(nowMs: number): void {
    const entries = open.size > 0 ? open : exhausted;
    const evicted = mostLeft(entries, nowMs);
    if (evicted !== undefined) entries.delete(evicted.key);
  }

  return {
    async take(policy, key, cost = 1) {
      assertTake(policy, cost);
      const nowMs = Math.floor(clock.monotonicMs());
      for (let n = 0; n < SWEPT_PER_TAKE; n += 1) {
        refresh(sweepOpen(), nowMs);
        refresh(sweepExhausted(), nowMs);
      }
      const name = `${policy.name}\n${key}`;
      const entry = knownEntry(open.get(name) ?? exhausted.get(name), policy) ?? {
        key: name,
        policy,
        allowance: ALGORITHMS[policy.algorithm].open(policy, nowMs),
      };
      const decision = takeFrom(entry, cost, nowMs);
      place(entry);
      if (open.size + exhausted.size > keysMax) evictOne(nowMs);
      return decision;
    },
    keyCount: () => open.size + exhausted.size,
  };
}

/** A policy whose numbers were changed starts anew; its old counts mean nothing under the new ones. */
function knownEntry(
  entry: Entry | undefined,
  { algorithm, limit, windowMs }: RateLimitPolicy,
): Entry | undefined {
  const known = entry?.policy;
  const same = known?.algorithm === algorithm && known.limit === limit && known.windowMs === windowMs;
  return same ? entry : undefined;
}

function takeFrom({ policy, allowance }: Entry, cost: number, nowMs: number): RateLimitDecision {
  const algorithm = ALGORITHMS[policy.algorithm];
  algorithm.advance(allowance, policy, nowMs);
  const waitMs = algorithm.waitMs(allowance, policy, cost, nowMs);
  if (waitMs === 0) algorithm.take(allowance, policy, cost, nowMs);
  return {
    allowed: waitMs === 0,
    limit: policy.limit,
    remaining: algorithm.remaining(allowance, policy),
    resetS: algorithm.resetMs(allowance, policy, nowMs) / 1_000,
    retryAfterS: waitMs / 1_000,
  };
}

function remainingOf({ policy, allowance }: Entry): number {
  return ALGORITHMS[policy.algorithm].remaining(allowance, policy);
}

function resetMsOf({ policy, allowance }: Entry, nowMs: number): number {
  const algorithm = ALGORITHMS[policy.algorithm];
  algorithm.advance(allowance, policy, nowMs);
  return algorithm.resetMs(allowance, policy, nowMs);
}

/** Of the oldest entries, the one that has the largest share of its limit left. */
function mostLeft(entries: Map<string, Entry>, nowMs: number): Entry | undefined {
  let best: Entry | undefined;
  let bestShare = -1;
  let seen = 0;
  for (const entry of entries.values()) {
    resetMsOf(entry, nowMs);
    const share = remainingOf(entry) / entry.policy.limit;
    if (share > bestShare) [best, bestShare] = [entry, share];
    seen += 1;
    if (seen === EVICTION_CANDIDATES) break;
  }
  return best;
}

/** Walks round the entries for ever, one a call. A Map's iterator stays valid while entries come and go. */
function createSweeper(entries: Map<string, Entry>): () => Entry | undefined {
  let walk = entries.values();
  return () => {
    const step = walk.next();
    if (!step.done) return step.value;
    walk = entries.values();
    return walk.next().value;
  };
}
