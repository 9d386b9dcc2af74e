/** What every rate-limiter promises. Time stands still but for `advance`, so that limits are tested exactly. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  LIMIT_MAX,
  type RateLimitAlgorithm,
  type RateLimitDecision,
  type RateLimiter,
  type RateLimitPolicy,
  SLIDING_LIMIT_MAX,
  WINDOW_MS_MAX,
} from './rate-limiter.ts';

export interface RateLimiterHarness {
  readonly limiter: RateLimiter;
  /** Moves the limiter's clock. An engine with a clock of its own is told the time with each take. */
  advance(durationMs: number): Promise<void>;
}

interface Take {
  readonly atMs: number;
  readonly cost: number;
}

const ALGORITHMS: readonly RateLimitAlgorithm[] = ['token_bucket', 'sliding_window', 'fixed_window'];
/** With 5 in 1,000 ms a token takes 200 ms. */
const LIMIT = 5;
const WINDOW_MS = 1_000;

export function rateLimiterContract(name: string, openHarness: () => Promise<RateLimiterHarness>): void {
  describe(`${name} is a rate-limiter`, () => {
    for (const algorithm of ALGORITHMS) describe(algorithm, () => algorithmContract(algorithm, openHarness));

    it('refills a token bucket evenly, a sliding window take by take, a fixed window at its end', async () => {
      const allowedAfter = { token_bucket: 200, sliding_window: 600, fixed_window: 600 };
      for (const algorithm of ALGORITHMS) {
        const { limiter, advance } = await openHarness();
        const policy = policyOf(algorithm);
        await limiter.take(policy, 'alice');
        await advance(400);
        await limiter.take(policy, 'alice', algorithm === 'token_bucket' ? LIMIT : LIMIT - 1);
        const refused = await limiter.take(policy, 'alice');
        assert.equal(refused.allowed, false);
        assert.equal(refused.retryAfterS, allowedAfter[algorithm] / 1_000, algorithm);
      }
    });
  });
}

function policyOf(algorithm: RateLimitAlgorithm, limit = LIMIT, windowMs = WINDOW_MS): RateLimitPolicy {
  return { name: `contract-${algorithm}-${limit}-${windowMs}`, algorithm, limit, windowMs };
}

function algorithmContract(
  algorithm: RateLimitAlgorithm,
  openHarness: () => Promise<RateLimiterHarness>,
): void {
  const policy = policyOf(algorithm);

  it('allows exactly the limit at once and counts down to it', async () => {
    const { limiter } = await openHarness();
    const decisions = await takeTimes(limiter, policy, 'alice', LIMIT + 1);
    assert.deepEqual(
      decisions.map(({ allowed, remaining, limit }) => ({ allowed, remaining, limit })),
      [4, 3, 2, 1, 0, 0].map((remaining, index) => ({ allowed: index < LIMIT, remaining, limit: LIMIT })),
    );
    assert.ok(decisions.slice(0, LIMIT).every(({ retryAfterS }) => retryAfterS === 0));
  });

  it('allows a limit of one', async () => {
    const { limiter, advance } = await openHarness();
    const decisions = await takeTimes(limiter, policyOf(algorithm, 1), 'alice', 2);
    assert.deepEqual(
      decisions.map(({ allowed, retryAfterS }) => [allowed, retryAfterS]),
      [
        [true, 0],
        [false, 1],
      ],
    );
    await advance(WINDOW_MS);
    assert.equal((await limiter.take(policyOf(algorithm, 1), 'alice')).allowed, true);
  });

  it('takes nothing when it refuses', async () => {
    const { limiter } = await openHarness();
    await limiter.take(policy, 'alice', 3);
    assert.equal((await limiter.take(policy, 'alice', 3)).allowed, false);
    assert.equal((await limiter.take(policy, 'alice', 2)).allowed, true);
  });

  it('counts keys apart, and policies apart for the same key', async () => {
    const { limiter } = await openHarness();
    await limiter.take(policy, 'alice', LIMIT);
    assert.equal((await limiter.take(policy, 'bob', LIMIT)).allowed, true);
    assert.equal((await limiter.take({ ...policy, name: 'contract-other' }, 'alice', LIMIT)).allowed, true);
    assert.equal((await limiter.take(policy, 'alice')).allowed, false);
  });

  it('takes keys of any characters', async () => {
    const { limiter } = await openHarness();
    const keys = ['', ' ', '2001:db8::1', 'a\nb', '{tag}', '*', 'ü🙂', 'k'.repeat(300)];
    for (const key of keys) assert.equal((await limiter.take(policy, key, LIMIT)).allowed, true, key);
    for (const key of keys) assert.equal((await limiter.take(policy, key)).allowed, false, key);
  });

  it('lets concurrent takes have the limit together', async () => {
    const { limiter } = await openHarness();
    const takes = Array.from({ length: 50 }, () => limiter.take(policy, 'alice'));
    const decisions = await Promise.all(takes);
    assert.equal(decisions.filter(({ allowed }) => allowed).length, LIMIT);
  });

  it('says exactly when to come back', async () => {
    const { limiter, advance } = await openHarness();
    for (const cost of [1, 2, LIMIT]) {
      const key = `cost ${cost}`;
      await limiter.take(policy, key, LIMIT);
      await advance(37);
      const refused = await limiter.take(policy, key, cost);
      assert.equal(refused.allowed, false);
      const waitMs = Math.round(refused.retryAfterS * 1_000);
      await advance(waitMs - 1);
      assert.equal((await limiter.take(policy, key, cost)).retryAfterS, 0.001);
      await advance(1);
      assert.equal((await limiter.take(policy, key, cost)).allowed, true);
    }
  });

  it('has the whole limit again after resetS', async () => {
    const { limiter, advance } = await openHarness();
    await limiter.take(policy, 'alice', 2);
    await advance(123);
    const { resetS } = await limiter.take(policy, 'alice');
    await advance(Math.round(resetS * 1_000));
    assert.equal((await limiter.take(policy, 'alice', LIMIT)).allowed, true);
  });

  it('takes policies and costs up to their limits and none past them', async () => {
    const { limiter } = await openHarness();
    const limitMax = algorithm === 'sliding_window' ? SLIDING_LIMIT_MAX : LIMIT_MAX;
    assert.equal(
      (await limiter.take(policyOf(algorithm, limitMax, WINDOW_MS_MAX), 'a', limitMax)).allowed,
      true,
    );
    await assert.rejects(limiter.take(policyOf(algorithm, limitMax + 1), 'a'));
    await assert.rejects(limiter.take(policyOf(algorithm, 0), 'a'));
    await assert.rejects(limiter.take(policyOf(algorithm, 1, WINDOW_MS_MAX + 1), 'a'));
    await assert.rejects(limiter.take(policyOf(algorithm, 1, 0), 'a'));
    for (const cost of [LIMIT + 1, 0, -1, 1.5]) await assert.rejects(limiter.take(policy, 'a', cost));
  });

  it('never allows more than the policy, and never refuses what it allows', async () => {
    // Waiting to the very end of a window, or for as long as a refusal said, is where limits are wrong by one.
    const wait = fc.oneof(
      fc.constantFrom('none', 'window', 'reset', 'retry'),
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 1, max: 1_500 }),
    );
    const step = fc.record({ wait, cost: fc.integer({ min: 1, max: 3 }) });
    const numbers = fc.record({
      limit: fc.integer({ min: 3, max: 12 }),
      windowMs: fc.integer({ min: 1, max: 1_000 }),
    });
    const property = fc.asyncProperty(numbers, fc.array(step, { maxLength: 60 }), async (drawn, steps) => {
      const { limiter, advance } = await openHarness();
      const drawnPolicy = policyOf(algorithm, drawn.limit, drawn.windowMs);
      const taken: Take[] = [];
      const waits: Record<string, number> = { none: 0, window: drawn.windowMs };
      let atMs = 0;
      for (const { wait, cost } of steps) {
        const waitMs = typeof wait === 'number' ? wait : (waits[wait] ?? 0);
        await advance(waitMs);
        atMs += waitMs;
        const take = { atMs, cost };
        const { allowed, remaining, resetS, retryAfterS } = await limiter.take(drawnPolicy, 'alice', cost);
        assert.equal(allowed, mayTake(drawnPolicy, taken, take));
        if (allowed) taken.push(take);
        assert.equal(remaining, mostNow(drawnPolicy, taken, atMs));
        Object.assign(waits, { reset: Math.round(resetS * 1_000), retry: Math.round(retryAfterS * 1_000) });
      }
    });
    await fc.assert(property, { numRuns: 60 });
  });
}

async function takeTimes(
  limiter: RateLimiter,
  policy: RateLimitPolicy,
  key: string,
  times: number,
): Promise<RateLimitDecision[]> {
  const decisions: RateLimitDecision[] = [];
  for (let n = 0; n < times; n += 1) decisions.push(await limiter.take(policy, key));
  return decisions;
}

/** The policy as its definition in the port states it, from the whole history. */
function mayTake(
  { algorithm, limit, windowMs }: RateLimitPolicy,
  taken: readonly Take[],
  next: Take,
): boolean {
  const all = [...taken, next];
  const sumFrom = (fromMs: number) =>
    all.filter(({ atMs }) => atMs >= fromMs).reduce((sum, { cost }) => sum + cost, 0);
  if (algorithm === 'sliding_window') return sumFrom(next.atMs - windowMs + 1) <= limit;
  if (algorithm === 'fixed_window') return sumFrom(windowStart(all, windowMs)) <= limit;
  return all.every(({ atMs }) => sumFrom(atMs) * windowMs <= limit * (windowMs + next.atMs - atMs));
}

function mostNow(policy: RateLimitPolicy, taken: readonly Take[], atMs: number): number {
  let most = 0;
  while (mayTake(policy, taken, { atMs, cost: most + 1 })) most += 1;
  return most;
}

function windowStart(takes: readonly Take[], windowMs: number): number {
  let startMs = Number.NEGATIVE_INFINITY;
  for (const { atMs } of takes) if (atMs - startMs >= windowMs) startMs = atMs;
  return startMs;
}
