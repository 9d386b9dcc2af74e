import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { positionOf, tokenOf } from './consistency.ts';

const place = fc.record(
  {
    timeline: fc.integer({ min: 0, max: 0xffffffff }),
    position: fc.maxSafeNat(),
  },
  { noNullPrototype: true },
);

describe('a consistency token', () => {
  it('stands for a place, and of two the greater text is the later one', () => {
    fc.assert(
      fc.property(place, place, (one, other) => {
        assert.deepEqual(positionOf(tokenOf(one)), one);
        const isLater =
          one.timeline > other.timeline || (one.timeline === other.timeline && one.position > other.position);
        assert.equal(tokenOf(one) > tokenOf(other), isLater);
      }),
    );
  });

  it('is nothing else that somebody may send', () => {
    const valid = tokenOf({ timeline: 1, position: 2 });
    for (const text of [
      undefined,
      '',
      'x',
      valid.slice(1),
      `${valid}0`,
      valid.toUpperCase().replace('0', 'G'),
      [valid],
    ]) {
      assert.equal(positionOf(text), undefined);
    }
    assert.equal(positionOf('f'.repeat(24)), undefined);
  });
});
