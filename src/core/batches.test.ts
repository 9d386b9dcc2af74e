import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { batchesOf } from './batches.ts';

describe('batches', () => {
  it('have all items in order, and are full but for the last', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer()), fc.integer({ min: 1, max: 7 }), async (items, size) => {
        const batches: number[][] = [];
        for await (const batch of batchesOf(items, size)) batches.push(batch);
        assert.deepEqual(batches.flat(), items);
        assert.ok(batches.slice(0, -1).every((batch) => batch.length === size));
        assert.ok(batches.every((batch) => batch.length > 0 && batch.length <= size));
      }),
    );
  });
});
