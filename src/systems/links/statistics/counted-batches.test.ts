import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type CountedBatches, countBatch, MISSING_MAX, NONE_COUNTED } from './counted-batches.ts';

describe('counted batches', () => {
  it('takes every batch once, whatever comes twice, late or not at all', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 200 }), (sequences) => {
        let counted: CountedBatches = NONE_COUNTED;
        const taken: number[] = [];
        for (const sequence of sequences) {
          const after = countBatch(counted, sequence);
          if (after === undefined) continue;
          taken.push(sequence);
          counted = after;
        }
        assert.deepEqual(
          taken.toSorted((one, other) => one - other),
          [...new Set(sequences)].sort((one, other) => one - other),
        );
      }),
    );
  });

  it('remembers the latest that are missing, and takes older ones for counted', () => {
    const counted = countBatch(NONE_COUNTED, MISSING_MAX + 10);
    assert.equal(counted?.missing.length, MISSING_MAX);
    assert.equal(countBatch(counted, 9), undefined);
    assert.deepEqual(countBatch(counted, 10)?.missing.includes(10), false);
    const later = countBatch(counted, MISSING_MAX + 12);
    assert.equal(later?.missing.length, MISSING_MAX);
    assert.equal(countBatch(later, 10), undefined);
    assert.ok(countBatch(later, MISSING_MAX + 11) !== undefined);
  });
});
