import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createManualClock } from '../../../test/support/manual-clock.ts';
import { createMemoryRateLimiter } from './memory-rate-limiter.ts';
import { rateLimiterContract } from './rate-limiter.contract.ts';
import type { RateLimitPolicy } from './rate-limiter.ts';

function openLimiter(keysMax?: number) {
  const clock = createManualClock();
  const limiter = createMemoryRateLimiter({ clock, ...(keysMax !== undefined && { keysMax }) });
  return { limiter, advance: async (durationMs: number) => clock.skip(durationMs) };
}

rateLimiterContract('memory-rate-limiter', async () => openLimiter());

describe('the memory of memory-rate-limiter', () => {
  const signIn: RateLimitPolicy = {
    name: 'sign-in',
    algorithm: 'sliding_window',
    limit: 2,
    windowMs: 60_000,
  };

  it('never holds more keys than its limit', async () => {
    const { limiter } = openLimiter(10);
    for (let n = 0; n < 10; n += 1) await limiter.take(signIn, `address ${n}`);
    assert.equal(limiter.keyCount(), 10);
    await limiter.take(signIn, 'one more');
    assert.equal(limiter.keyCount(), 10);
  });

  it('keeps a key that is at its limit through a flood of others', async () => {
    const { limiter } = openLimiter(10);
    await limiter.take(signIn, 'mallory', 2);
    for (let n = 0; n < 1_000; n += 1) await limiter.take(signIn, `address ${n}`);
    assert.equal((await limiter.take(signIn, 'mallory')).allowed, false);
    assert.equal(limiter.keyCount(), 10);
  });

  it('forgets first, of the oldest keys, the one that has most left', async () => {
    const { limiter } = openLimiter(3);
    const policy: RateLimitPolicy = { ...signIn, limit: 4 };
    await limiter.take(policy, 'alice', 3);
    await limiter.take(policy, 'bob', 1);
    await limiter.take(policy, 'carol', 2);
    await limiter.take(policy, 'dave', 2);
    assert.equal((await limiter.take(policy, 'alice')).remaining, 0);
    assert.equal((await limiter.take(policy, 'carol')).remaining, 1);
    assert.equal((await limiter.take(policy, 'bob')).remaining, 3);
  });

  it('lets go of keys as they expire, exhausted ones too, without a timer', async () => {
    const { limiter, advance } = openLimiter();
    for (let n = 0; n < 100; n += 1) await limiter.take(signIn, `address ${n}`, 1 + (n % 2));
    assert.equal(limiter.keyCount(), 100);
    await advance(60_000);
    for (let n = 0; n < 100; n += 1) await limiter.take(signIn, 'alice', 1);
    assert.equal(limiter.keyCount(), 1);
  });

  it('counts anew under a policy whose numbers were changed', async () => {
    const { limiter } = openLimiter();
    await limiter.take(signIn, 'alice', 2);
    const changed: RateLimitPolicy = { ...signIn, limit: 3 };
    assert.equal((await limiter.take(changed, 'alice')).remaining, 2);
  });
});
