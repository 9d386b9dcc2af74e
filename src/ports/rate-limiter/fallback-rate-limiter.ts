/**
 * A shared rate-limiter, and one of this process for while that cannot be reached: then each process counts by itself, so that
 * nobody is refused for it, and nobody guesses passwords without an end. Together they let through at most the policy times the processes.
 */

import { hasCode } from '../../core/errors.ts';
import type { RateLimiter } from './rate-limiter.ts';

export function createFallbackRateLimiter(shared: RateLimiter, own: RateLimiter): RateLimiter {
  return {
    async take(policy, key, cost) {
      try {
        return await shared.take(policy, key, cost);
      } catch (error) {
        if (!hasCode(error, 'unavailable') && !hasCode(error, 'timeout')) throw error;
        return own.take(policy, key, cost);
      }
    },
  };
}
