import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { BLOCKS_PER_ARRAY, createIdBlocks, type IdBlocks } from './id-blocks.ts';

describe('id-blocks', () => {
  it('keeps every block apart from the others, and has room for what it was asked', () => {
    const step = fc.record({ ids: fc.integer({ min: 0, max: 100 }), freed: fc.nat() });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 600 }), (steps) => {
        const blocks = createIdBlocks(16, 100);
        const taken: { block: number; ids: number; mark: number }[] = [];
        for (const [mark, { ids, freed }] of steps.entries()) {
          const gone = freed % 3 === 0 ? taken.splice(freed % (taken.length + 1), 1) : [];
          for (const { block } of gone) blocks.free(block);
          const block = blocks.allocate(ids);
          assert.ok(blocks.capacityOf(block) >= ids);
          fill(blocks, block, mark);
          taken.push({ block, ids, mark });
        }
        for (const { block, mark } of taken) assert.ok(idsOf(blocks, block).every((id) => id === mark));
      }),
      { numRuns: 30 },
    );
  });

  it('refuses more ids than the largest block has', () => {
    const blocks = createIdBlocks(16, 100);
    assert.equal(blocks.capacityOf(blocks.allocate(100)), 100);
    assert.throws(() => blocks.allocate(101), /no block holds 101 ids/);
  });

  it('wastes no more than half of what it is asked for, from 16 ids on', () => {
    const blocks = createIdBlocks(16, 865);
    for (let ids = 16; ids <= 865; ids += 1) {
      assert.ok(blocks.capacityOf(blocks.allocate(ids)) <= ids * 1.5 + 1);
    }
  });

  it('gives arrays back that are free as a whole, and uses their numbers again', () => {
    const blocks = createIdBlocks(16, 100);
    const taken = Array.from({ length: 10 * BLOCKS_PER_ARRAY }, () => blocks.allocate(16));
    assert.equal(blocks.bytes(), 10 * BLOCKS_PER_ARRAY * 16 * 8);
    for (const block of taken) blocks.free(block);
    assert.equal(blocks.bytes(), BLOCKS_PER_ARRAY * 16 * 8);
    const again = Array.from({ length: 10 * BLOCKS_PER_ARRAY }, () => blocks.allocate(16));
    assert.deepEqual(new Set(again), new Set(taken));
  });
});

function idsOf(blocks: IdBlocks, block: number): Float64Array {
  const start = blocks.offsetOf(block);
  return blocks.arrayOf(block).subarray(start, start + blocks.capacityOf(block));
}

function fill(blocks: IdBlocks, block: number, mark: number): void {
  idsOf(blocks, block).fill(mark);
}
