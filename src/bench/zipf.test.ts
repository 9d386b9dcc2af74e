import { equal, ok, throws } from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { seededFraction } from '../core/clock.ts';
import { createZipfSampler } from './zipf.ts';

const DRAWS = 20_000;

function exactProbabilities(count: number, exponent: number): number[] {
  const weights = Array.from({ length: count }, (_, rank) => (rank + 1) ** -exponent);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

function drawCounts(count: number, exponent: number, seed: number): number[] {
  const sample = createZipfSampler(count, exponent, seededFraction(seed));
  const counts = new Array<number>(count).fill(0);
  for (let draw = 0; draw < DRAWS; draw += 1) {
    const rank = sample();
    counts[rank] = (counts[rank] ?? Number.NaN) + 1;
  }
  return counts;
}

/** The largest difference between the two cumulated distributions (Kolmogorov and Smirnov). */
function largestDistance(counts: number[], probabilities: number[]): number {
  let drawn = 0;
  let expected = 0;
  let distance = 0;
  counts.forEach((count, rank) => {
    drawn += count / DRAWS;
    expected += probabilities[rank] ?? 0;
    distance = Math.max(distance, Math.abs(drawn - expected));
  });
  return distance;
}

describe('createZipfSampler', () => {
  it('follows the exact distribution, whatever the exponent and the number of ranks', () => {
    const exponents = fc.oneof(fc.constant(1), fc.double({ min: 0.05, max: 4, noNaN: true }));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3000 }), exponents, fc.integer(), (count, exponent, seed) => {
        const counts = drawCounts(count, exponent, seed);
        equal(
          counts.reduce((sum, drawn) => sum + drawn, 0),
          DRAWS,
        );
        // 2.5 / sqrt(n) is passed by chance less than once in 100,000 runs.
        ok(largestDistance(counts, exactProbabilities(count, exponent)) < 2.5 / Math.sqrt(DRAWS));
      }),
      { numRuns: 60 },
    );
  });

  it('gives each of the first ranks its exact share', () => {
    const probabilities = exactProbabilities(75_879, 0.99);
    const counts = drawCounts(75_879, 0.99, 42);
    for (let rank = 0; rank < 5; rank += 1) {
      const expected = (probabilities[rank] ?? 0) * DRAWS;
      ok(Math.abs((counts[rank] ?? 0) - expected) < 5 * Math.sqrt(expected), `rank ${rank}`);
    }
  });

  it('repeats itself for the same seed', () => {
    const [first, second] = [7, 7].map((seed) => createZipfSampler(1000, 1, seededFraction(seed)));
    for (let draw = 0; draw < 100; draw += 1) equal(first?.(), second?.());
  });

  it('stays in range at the ends of the fractions', () => {
    for (const fraction of [0, 1 - 2 ** -32]) {
      const rank = createZipfSampler(1_000_000, 1, () => fraction)();
      ok(rank >= 0 && rank < 1_000_000);
    }
  });

  it('refuses no ranks and exponents that are not positive', () => {
    throws(() => createZipfSampler(0, 1, () => 0));
    throws(() => createZipfSampler(1.5, 1, () => 0));
    throws(() => createZipfSampler(10, 0, () => 0));
    throws(() => createZipfSampler(10, Number.POSITIVE_INFINITY, () => 0));
  });
});
