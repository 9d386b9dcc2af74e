import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { DIMENSIONS } from '../clicks/click-facts.ts';
import { Breakdown, OTHER, VALUES_MAX } from './breakdown.ts';

const value = fc.constantFrom('DE', 'news.example', '__proto__', 'toString', '7', 'a "quoted" one', 'ü');
const human = fc.array(value, { minLength: DIMENSIONS.length, maxLength: DIMENSIONS.length });

/** Counted one after the other, as they came. */
function countsOf(humans: readonly (readonly string[])[]): Map<string, Map<string, number>> {
  return new Map(
    DIMENSIONS.map((dimension, index) => {
      const counts = new Map<string, number>();
      for (const values of humans) {
        const name = values[index] ?? OTHER;
        counts.set(name, (counts.get(name) ?? 0) + 1);
      }
      return [dimension, counts];
    }),
  );
}

function read(text: string): Map<string, Map<string, number>> {
  const stored: Record<string, Record<string, number>> = JSON.parse(text);
  return new Map(Object.entries(stored).map(([name, counts]) => [name, new Map(Object.entries(counts))]));
}

const sorted = (counts: Map<string, Map<string, number>>) =>
  [...counts].map(([name, values]) => [name, [...values].sort()]);

function breakdownOf(humans: readonly (readonly string[])[]): Breakdown {
  const breakdown = new Breakdown();
  for (const values of humans) breakdown.add(values);
  return breakdown;
}

describe('a breakdown', () => {
  it('has how many humans came with each value, of few and of many, and with what is stored', () => {
    const humans = fc.array(human, { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(humans, humans, (before, after) => {
        const stored = breakdownOf(before).textAfter(undefined);
        assert.deepEqual(sorted(read(stored)), sorted(countsOf(before)));
        const whole = breakdownOf(after).textAfter(JSON.parse(stored));
        assert.deepEqual(sorted(read(whole)), sorted(countsOf([...before, ...after])));
      }),
    );
  });

  it('counts as other what comes with one value too many; what is stored stays', () => {
    const stored = Object.fromEntries(Array.from({ length: VALUES_MAX }, (_, n) => [`site-${n}`, 1]));
    const values = DIMENSIONS.map((dimension) => (dimension === 'referrer' ? 'late.example' : 'x'));
    const referrers = read(breakdownOf([values]).textAfter({ referrer: stored })).get('referrer');
    assert.deepEqual([referrers?.size, referrers?.get(OTHER)], [VALUES_MAX + 1, 1]);
    const last = Object.fromEntries(Object.entries(stored).slice(1));
    const known = read(breakdownOf([values]).textAfter({ referrer: last })).get('referrer');
    assert.deepEqual([known?.get('late.example'), known?.has(OTHER)], [1, false]);
  });

  it('takes a dimension that is not stored yet', () => {
    const values = DIMENSIONS.map(() => 'x');
    const merged = read(breakdownOf([values]).textAfter({}));
    assert.deepEqual(sorted(merged), sorted(countsOf([values])));
  });
});
