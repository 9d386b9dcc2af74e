import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createManualClock } from '../../../test/support/manual-clock.ts';
import { AppError } from '../../core/errors.ts';
import { createFallbackRateLimiter } from './fallback-rate-limiter.ts';
import { createMemoryRateLimiter } from './memory-rate-limiter.ts';
import { rateLimiterContract } from './rate-limiter.contract.ts';
import type { RateLimiter, RateLimitPolicy } from './rate-limiter.ts';

const SIGN_IN: RateLimitPolicy = { name: 'sign-in', algorithm: 'sliding_window', limit: 2, windowMs: 60_000 };

function openLimiter(shared?: RateLimiter) {
  const clock = createManualClock();
  const own = createMemoryRateLimiter({ clock });
  const limiter = createFallbackRateLimiter(shared ?? own, own);
  return { limiter, own, advance: async (durationMs: number) => clock.skip(durationMs) };
}

function failing(error: Error): RateLimiter {
  return { take: () => Promise.reject(error) };
}

rateLimiterContract('fallback-rate-limiter', async () => openLimiter());
rateLimiterContract('fallback-rate-limiter without the shared one', async () =>
  openLimiter(failing(new AppError('unavailable', 'away'))),
);

it('a shared rate-limiter that cannot be reached leaves this process to count by itself, and no defect is hidden', async () => {
  for (const code of ['unavailable', 'timeout'] as const) {
    const { limiter } = openLimiter(failing(new AppError(code, 'away')));
    const decisions = [];
    for (let n = 0; n < 3; n += 1) decisions.push((await limiter.take(SIGN_IN, 'alice')).allowed);
    assert.deepEqual(decisions, [true, true, false]);
  }
  const { limiter, own } = openLimiter(failing(new Error('a defect')));
  await assert.rejects(limiter.take(SIGN_IN, 'alice'), /a defect/);
  assert.equal(own.keyCount(), 0);
});
