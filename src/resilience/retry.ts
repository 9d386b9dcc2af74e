/** Which calls may be tried again, when, and how many of all. */

import { AppError } from '../core/errors.ts';

export const RETRIES_MAX = 2;
export const RETRY_DELAY_MS_MIN = 25;
export const RETRY_DELAY_MS_MAX = 1_000;

/**
 * Whether trying again may help and cannot do harm: the port was away or slow, and the call either may be made
 * twice or certainly had no effect.
 */
export function isRetryable(error: unknown, idempotent: boolean): boolean {
  if (!(error instanceof AppError)) return false;
  if (error.code !== 'unavailable' && error.code !== 'timeout') return false;
  return idempotent || error.outcome === 'not_applied';
}

/**
 * The pause before retry number `retry` (0 is the first): uniform between nothing and a bound that doubles, because
 * callers that failed together must not come back together. ("Full jitter": Marc Brooker, AWS, 2015.)
 */
export function retryDelayMs(retry: number, fraction: number): number {
  return fraction * Math.min(RETRY_DELAY_MS_MAX, RETRY_DELAY_MS_MIN * 2 ** retry);
}

/** What a port's calls may spend on retries together. */
export interface RetryBudget {
  /** A first try was made. */
  deposit(): void;
  /** Takes a retry out, if there is one. */
  withdraw(): boolean;
}

/** Between the 10 and the 20 % that are usual: enough for a blip, too little to double the load of an outage. */
export const RETRY_RATIO = 0.15;
/** Retries that a port without recent traffic may make. */
export const RETRY_RESERVE = 10;

/** Every first try earns a share of a retry; at most `reserve` are saved up, which are there at the start. */
export function createRetryBudget(ratio = RETRY_RATIO, reserve = RETRY_RESERVE): RetryBudget {
  let tokens = reserve;
  return {
    deposit() {
      tokens = Math.min(reserve, tokens + ratio);
    },
    withdraw() {
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
  };
}
