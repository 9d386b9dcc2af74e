import { assert } from '../core/errors.ts';

export type Arrivals = 'poisson' | 'constant';

/**
 * The instants, in milliseconds from the start, at which an open-loop load sends: independent of any answer, as
 * people are. `poisson` draws exponential gaps, `constant` keeps the same one.
 */
export function createArrivals(arrivals: Arrivals, ratePerS: number, fraction: () => number): () => number {
  assert(ratePerS > 0 && Number.isFinite(ratePerS), `a rate must be positive, got ${ratePerS}`);
  const gapMs = 1000 / ratePerS;
  let atMs = 0;
  if (arrivals === 'poisson') return () => (atMs += -Math.log(1 - fraction()) * gapMs);
  let sent = 0;
  // A product, not a sum: a million rounded gaps would drift.
  return () => sent++ * gapMs;
}
