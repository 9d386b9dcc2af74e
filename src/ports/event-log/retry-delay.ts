import type { Randomness } from '../../core/clock.ts';

export interface RetryDelays {
  readonly delayMsMin: number;
  readonly delayMsMax: number;
}

/** Ten attempts take about a minute and a half. */
export const RETRY_DELAYS: RetryDelays = { delayMsMin: 200, delayMsMax: 30_000 };

/** Doubles with every attempt; between half and the whole of it, so that those who failed together part. */
export function retryDelayMs(attempts: number, delays: RetryDelays, randomness: Randomness): number {
  const fullMs = Math.min(delays.delayMsMin * 2 ** (attempts - 1), delays.delayMsMax);
  return Math.ceil(fullMs * (0.5 + randomness.fraction() / 2));
}
