import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { seededFraction } from '../../../core/clock.ts';
import { RANK_MAX, VISITORS_BELOW, visitorOf, visitorOfRank } from '../clicks/visitor-hash.ts';
import { SKETCH_BYTES_MAX, VisitorSketch } from './visitor-sketch.ts';

/** Of 4,096 registers. */
const STANDARD_ERROR = 1.04 / Math.sqrt(4_096);
const SEED = 20_261_122;

/** Different visitors, as many as one likes. */
function visitors(seed: number): () => number {
  const fraction = seededFraction(seed);
  const half = () => Math.floor(fraction() * 4_294_967_296) | 0;
  return () => visitorOf(half(), half());
}

function sketchOf(some: Iterable<number>): VisitorSketch {
  const sketch = new VisitorSketch();
  for (const visitor of some) sketch.add(visitor);
  return sketch;
}

const visitor = fc.tuple(fc.integer(), fc.integer()).map(([high, low]) => visitorOf(high, low));
/** Few, around the number that is kept as a list, and enough for registers. */
const crowd = fc.integer({ min: 0, max: 3_000 }).chain((count) => {
  const draw = visitors(count);
  return fc.constant(Array.from({ length: count }, draw));
});

describe('a sketch of visitors', () => {
  it('counts each once, whatever their order and however often they come', () => {
    fc.assert(
      fc.property(fc.array(visitor, { maxLength: 600 }), fc.integer(), (some, seed) => {
        const fraction = seededFraction(seed);
        const again = [...some, ...some].sort(() => fraction() - 0.5);
        assert.deepEqual(sketchOf(again).encode(), sketchOf(some).encode());
        assert.equal(sketchOf(again).estimate(), sketchOf(some).estimate());
      }),
    );
  });

  it('is as if all had been added to one, when several are merged', () => {
    fc.assert(
      fc.property(crowd, crowd, (one, other) => {
        const merged = sketchOf(one);
        merged.merge(sketchOf(other).encode());
        merged.merge(sketchOf(other).encode());
        assert.deepEqual(merged.encode(), sketchOf([...one, ...other]).encode());
        const added = sketchOf(one);
        added.addAll(sketchOf(other));
        assert.deepEqual(added.encode(), merged.encode());
      }),
      { numRuns: 50 },
    );
  });

  it('is the same once it was written and read, and never larger than it says', () => {
    fc.assert(
      fc.property(crowd, (some) => {
        const bytes = sketchOf(some).encode();
        assert.ok(bytes.length <= SKETCH_BYTES_MAX);
        const read = VisitorSketch.decode(bytes);
        assert.deepEqual(read.encode(), bytes);
        assert.equal(read.estimate(), sketchOf(some).estimate());
      }),
      { numRuns: 50 },
    );
  });

  it('knows nobody, takes no bytes for it, and three for each of a few', () => {
    assert.equal(new VisitorSketch().estimate(), 0);
    assert.equal(new VisitorSketch().encode().length, 0);
    const draw = visitors(SEED);
    assert.equal(sketchOf(Array.from({ length: 10 }, draw)).encode().length, 31);
  });

  it('holds every register at its highest rank', () => {
    const all = Array.from({ length: 4_096 }, (_, register) => visitorOfRank(register, RANK_MAX));
    const sketch = sketchOf(all);
    assert.equal(sketch.encode().length, SKETCH_BYTES_MAX);
    assert.deepEqual(VisitorSketch.decode(sketch.encode()).encode(), sketch.encode());
  });

  it('refuses what is no visitor, or no sketch', () => {
    for (const wrong of [-1, VISITORS_BELOW]) assert.throws(() => new VisitorSketch().add(wrong), /18 bits/);
    for (const wrong of [[9], [1, 1], [2, 1, 1]]) {
      assert.throws(() => VisitorSketch.decode(Uint8Array.from(wrong)));
    }
  });

  // Over 64 sketches the mean error is an eighth of the standard error, so that these bounds would hold by chance alone
  // for every seed in ten thousand and more.
  for (const count of [10, 100, 1_000, 5_000, 10_000, 20_000, 100_000, 1_000_000]) {
    it(`is right about ${count} visitors within its error, and leans to no side (seed ${SEED})`, () => {
      const sketches = count > 100_000 ? 16 : 64;
      const errors = Array.from({ length: sketches }, (_, index) => {
        const draw = visitors(SEED + index);
        const sketch = new VisitorSketch();
        for (let added = 0; added < count; added += 1) sketch.add(draw());
        return sketch.estimate() / count - 1;
      });
      const mean = errors.reduce((sum, error) => sum + error, 0) / sketches;
      const spread = Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0) / sketches);
      assert.ok(Math.abs(mean) < (4 * STANDARD_ERROR) / Math.sqrt(sketches), `mean error ${mean}`);
      assert.ok(spread < 1.5 * STANDARD_ERROR, `spread ${spread}`);
      for (const error of errors) assert.ok(Math.abs(error) < 5 * STANDARD_ERROR, `error ${error}`);
    });
  }
});
