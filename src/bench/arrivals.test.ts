import { deepEqual, ok, throws } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { seededFraction } from '../core/clock.ts';
import { createArrivals } from './arrivals.ts';

describe('createArrivals', () => {
  it('keeps a constant gap without drifting', () => {
    const next = createArrivals('constant', 3000, () => 0);
    deepEqual([next(), next()], [0, 1 / 3]);
    for (let arrival = 2; arrival < 3_000_000; arrival += 1) next();
    ok(Math.abs(next() - 1_000_000) < 1e-6);
  });

  it('draws Poisson arrivals: the mean gap is kept and the gaps have its spread', () => {
    const next = createArrivals('poisson', 1000, seededFraction(42));
    const instants = Array.from({ length: 50_000 }, next);
    const gaps = instants.map((instant, index) => instant - (instants[index - 1] ?? 0));
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    const spread = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length);
    ok(Math.abs(mean - 1) < 0.03, `mean gap ${mean}`);
    ok(Math.abs(spread - 1) < 0.05, `spread ${spread}`);
    ok(gaps.every((gap) => gap >= 0));
  });

  it('refuses a rate that is not positive', () => {
    throws(() => createArrivals('poisson', 0, () => 0));
    throws(() => createArrivals('constant', Number.POSITIVE_INFINITY, () => 0));
  });
});
