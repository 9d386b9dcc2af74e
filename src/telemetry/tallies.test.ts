import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Counter, Histogram, Registry } from 'prom-client';
import { createCounter, createHistogram } from './tallies.ts';

const buckets = [0.5, 1, 2.5];
const value = fc.oneof(
  fc.constantFrom(...buckets, 0, 3),
  fc.integer({ min: 0, max: 400 }).map((n) => n / 100),
);
const label = fc.constantFrom('plain', 'with "quotes"', 'back\\slash', 'new\nline');

describe('tallies', () => {
  it('read as those of prom-client would', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(label, value)), async (calls) => {
        const [ours, theirs] = [new Registry(), new Registry()];
        const options = { help: 'What they are for.', labelNames: ['kind'] };
        const count = createCounter(ours, { name: 'calls_total', ...options });
        const observe = createHistogram(ours, { name: 'seconds', ...options, buckets });
        const counter = new Counter({ name: 'calls_total', ...options, registers: [theirs] });
        const histogram = new Histogram({ name: 'seconds', ...options, buckets, registers: [theirs] });
        const children = new Map<
          string,
          { count: (amount?: number) => void; observe: (value: number) => void }
        >();
        for (const [kind, amount] of calls) {
          const child = children.get(kind) ?? { count: count(kind), observe: observe(kind) };
          children.set(kind, child);
          child.count(amount);
          child.observe(amount);
          counter.labels(kind).inc(amount);
          histogram.labels(kind).observe(amount);
        }
        assert.equal(await ours.metrics(), await theirs.metrics());
      }),
    );
  });
});
