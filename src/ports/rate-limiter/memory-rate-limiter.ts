/** Counts in this process, for an installation of one process. Bounded in memory, whatever keys clients invent. */

import type { Clock } from '../../core/clock.ts';
import { type Allowance, createAllowance } from './rate-limit-algorithms.ts';
import {
  assertTake,
  type RateLimitDecision,
  type RateLimiter,
  type RateLimitPolicy,
} from './rate-limiter.ts';

export interface MemoryRateLimiterOptions {
  readonly clock: Clock;
  /** About 300 bytes each, and 50 for each take kept by a sliding window. */
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
  /** Both in order of use. A key that has nothing left is kept apart, so that a flood of keys cannot free it. */
  const open = new Map<string, Entry>();
  const exhausted = new Map<string, Entry>();
  const sweepers = [createSweeper(open), createSweeper(exhausted)];

  function place(entry: Entry): void {
    open.delete(entry.key);
    exhausted.delete(entry.key);
    (entry.allowance.remaining() === 0 ? exhausted : open).set(entry.key, entry);
  }

  function sweepOne(sweep: () => Entry | undefined, nowMs: number): void {
    const entry = sweep();
    if (entry === undefined) return;
    entry.allowance.advanceTo(nowMs);
    if (entry.allowance.resetMs() === 0) {
      open.delete(entry.key);
      exhausted.delete(entry.key);
    } else if (exhausted.has(entry.key) && entry.allowance.remaining() > 0) place(entry);
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
      for (const sweep of sweepers) for (let n = 0; n < SWEPT_PER_TAKE; n += 1) sweepOne(sweep, nowMs);
      const name = `${policy.name}\n${key}`;
      const entry = knownEntry(open.get(name) ?? exhausted.get(name), policy) ?? {
        key: name,
        policy,
        allowance: createAllowance(policy, nowMs),
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
  allowance.advanceTo(nowMs);
  const waitMs = allowance.waitMs(cost);
  if (waitMs === 0) allowance.take(cost);
  return {
    allowed: waitMs === 0,
    limit: policy.limit,
    remaining: allowance.remaining(),
    resetS: allowance.resetMs() / 1_000,
    retryAfterS: waitMs / 1_000,
  };
}

/** Of the entries unused for longest, the one that has the largest share of its limit left. */
function mostLeft(entries: Map<string, Entry>, nowMs: number): Entry | undefined {
  let best: Entry | undefined;
  let bestShare = -1;
  let seen = 0;
  for (const entry of entries.values()) {
    entry.allowance.advanceTo(nowMs);
    const share = entry.allowance.remaining() / entry.policy.limit;
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
