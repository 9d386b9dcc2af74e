import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Click } from './click-recorder.ts';
import { createClickRing } from './click-ring.ts';

const PLACES = 5;
const clicks: fc.Arbitrary<Click> = fc.record(
  {
    linkId: fc.integer({ min: 1, max: 2 ** 53 - 1 }),
    atMs: fc.integer({ min: 0, max: 4_000_000_000_000 }),
    kind: fc.constantFrom('visit', 'preview', 'head', 'bot'),
    ...{ userAgent: fc.string(), referrer: fc.string(), language: fc.string(), address: fc.string() },
  },
  { noNullPrototype: true },
);

describe('a ring of clicks', () => {
  it('holds what was pushed, in its order, as long as there is a place, until it is dropped', () => {
    const steps = fc.array(fc.oneof(clicks, fc.nat(PLACES)), { maxLength: 40 });
    fc.assert(
      fc.property(steps, (taken) => {
        const ring = createClickRing(PLACES);
        const held: Click[] = [];
        for (const step of taken) {
          if (typeof step === 'number') {
            ring.drop(Math.min(step, held.length));
            held.splice(0, step);
          } else if (ring.push(step)) held.push(step);
          else assert.equal(held.length, PLACES);
          assert.equal(ring.size, held.length);
          assert.deepEqual(
            held.map((_, place) => ({ ...ring.at(place) })),
            held,
          );
        }
      }),
    );
  });

  it('has nothing where nothing is', () => {
    const ring = createClickRing(PLACES);
    assert.throws(() => ring.at(0));
    assert.throws(() => ring.drop(1));
    assert.throws(() => createClickRing(0));
  });
});
