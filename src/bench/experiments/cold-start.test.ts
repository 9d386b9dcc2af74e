import { deepEqual, equal } from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LoadSlice } from '../load-slices.ts';
import { coldStartFinding } from './cold-start.ts';

const slices = (...completed: number[]): LoadSlice[] =>
  completed.map((count, index) => ({
    fromMs: index * 250,
    completed: count,
    errors: count === 0 ? { ECONNREFUSED: 3 } : {},
    p50Ms: 1,
    p99Ms: count === 0 ? 0 : 1000 / count,
  }));

describe('a cold start', () => {
  const figure = (finding: ReturnType<typeof coldStartFinding>, label: RegExp) =>
    finding.figures.find((one) => label.test(one.label))?.value;

  it('is over when the server does for a while what it did before', () => {
    // Down from 1 s on: it answers a little more, is away, comes back slowly, stumbles once, and is warm.
    const load = slices(90, 100, 100, 100, 40, 0, 0, 10, 50, 95, 60, 92, 99, 101, 100, 100);
    const finding = coldStartFinding(load, 1000, 700);
    equal(figure(finding, /^before/), 400);
    equal(figure(finding, /^first answers/), 0.75);
    equal(figure(finding, /^at 90 %/), 1.75);
    equal(figure(finding, /while it was down/), 6);
    equal(figure(finding, /^errors while it warmed/), 0);
    equal(figure(finding, /p99/), 100);
    deepEqual(finding.table?.[1], ['-1.00', '360', '1.00', '11.11', '']);
  });

  it('may not be over when the load is', () => {
    const finding = coldStartFinding(slices(100, 100, 100, 100, 0, 0, 20, 30, 40), 1000, 700);
    equal(figure(finding, /^at 90 %/), 'not yet');
    const away = coldStartFinding(slices(100, 100, 100, 100, 0, 0, 0), 1000, 700);
    equal(figure(away, /^first answers/), 'not yet');
    equal(figure(away, /while it was down/), 6);
  });
});
