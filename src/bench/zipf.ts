import { assert } from '../core/errors.ts';

/**
 * Ranks 0 to `count - 1`, where rank r comes with a probability proportional to 1 / (r + 1)^exponent. `fraction`
 * gives numbers in [0, 1). Needs no table: constant memory, and a constant number of draws on average.
 *
 * Rejection-inversion for monotone discrete distributions: W. Hörmann and G. Derflinger, "Rejection-inversion to
 * generate variates from monotone discrete distributions", ACM TOMACS 6(3), 1996.
 */
export function createZipfSampler(count: number, exponent: number, fraction: () => number): () => number {
  assert(Number.isSafeInteger(count) && count >= 1, `a Zipf sampler needs at least one rank, got ${count}`);
  assert(exponent > 0 && Number.isFinite(exponent), `a Zipf exponent must be positive, got ${exponent}`);
  const density = (x: number) => Math.exp(-exponent * Math.log(x));
  const area = (x: number) => areaBelow(x, exponent);
  // The area from 1/2 on, but with rank 1's part cut down to its exact weight of 1.
  const areaMin = area(1.5) - 1;
  const areaMax = area(count + 0.5);
  // Where a point lies this close under its rank, it is certain to be accepted.
  const shortcut = 2 - inverseArea(area(2.5) - density(2), exponent);

  return () => {
    for (;;) {
      const point = areaMax + fraction() * (areaMin - areaMax);
      const x = inverseArea(point, exponent);
      const rank = Math.min(Math.max(Math.round(x), 1), count);
      if (rank - x <= shortcut || point >= area(rank + 0.5) - density(rank)) return rank - 1;
    }
  };
}

/** The integral of x^-exponent, up to a constant, exact near exponent 1 too. */
function areaBelow(x: number, exponent: number): number {
  const logarithm = Math.log(x);
  return expm1Ratio((1 - exponent) * logarithm) * logarithm;
}

function inverseArea(area: number, exponent: number): number {
  // Rounding may carry the product below -1, where the logarithm ends.
  const product = Math.max(area * (1 - exponent), -1);
  return Math.exp(log1pRatio(product) * area);
}

/** Below this the ratios are taken from their Taylor series, because 0 / 0 is not a number. */
const SERIES_BELOW = 1e-8;

function log1pRatio(x: number): number {
  return Math.abs(x) > SERIES_BELOW ? Math.log1p(x) / x : 1 - x / 2;
}

function expm1Ratio(x: number): number {
  return Math.abs(x) > SERIES_BELOW ? Math.expm1(x) / x : 1 + x / 2;
}
