import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { SecondChanceMap } from './second-chance-map.ts';

const value = (bytes = 1) => ({ isUsed: false, bytes });
const mapOf = (
  bytesMax: number,
  keys: readonly number[],
): SecondChanceMap<number, ReturnType<typeof value>> => {
  const map = new SecondChanceMap<number, ReturnType<typeof value>>(bytesMax);
  for (const key of keys) map.set(key, value());
  return map;
};
const keysOf = (map: ReturnType<typeof mapOf>, keys: readonly number[]): number[] =>
  keys.filter((key) => map.peek(key) !== undefined);

describe('a second-chance map', () => {
  it('answers what was set last, until it is deleted', () => {
    const map = mapOf(10, [1, 2]);
    const again = value();
    map.set(1, again);
    assert.equal(map.get(1), again);
    assert.deepEqual([map.size, map.bytes], [2, 2]);
    assert.equal(map.delete(1), true);
    assert.equal(map.delete(1), false);
    assert.deepEqual([map.get(1), map.size, map.bytes], [undefined, 1, 1]);
  });

  it('drops the oldest that was not used, at the limit and not before', () => {
    const map = mapOf(4, [1, 2, 3, 4]);
    map.get(1);
    map.peek(2);
    assert.deepEqual(keysOf(map, [1, 2, 3, 4]), [1, 2, 3, 4]);
    map.set(5, value());
    // With a little room for the next ones: of values so large, one.
    assert.deepEqual(keysOf(map, [1, 2, 3, 4, 5]), [1, 4, 5]);
    // What was spared once must be used again to be spared again.
    for (const key of [6, 7, 8]) map.set(key, value());
    assert.deepEqual(keysOf(map, [1, 4, 5, 6, 7, 8]), [1, 6, 7, 8]);
    map.set(9, value());
    assert.deepEqual(keysOf(map, [1, 6, 7, 8, 9]), [7, 8, 9]);
  });

  it('drops used values too when all are used', () => {
    const keys = Array.from({ length: 5_000 }, (_, index) => index);
    const map = mapOf(5_000, keys);
    for (const key of keys) map.get(key);
    map.set(5_000, value());
    assert.ok(map.size <= 5_000);
    assert.ok(map.peek(5_000) !== undefined);
  });

  it('keeps no value that is larger than all may be', () => {
    const map = mapOf(4, [1, 2]);
    map.set(3, value(5));
    assert.deepEqual([map.size, map.bytes], [0, 0]);
  });

  it('never holds more than it may, and counts what it holds', () => {
    const step = fc.record({ key: fc.nat(12), bytes: fc.integer({ min: 1, max: 6 }), what: fc.nat(3) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const map = new SecondChanceMap<number, ReturnType<typeof value>>(20);
        for (const { key, bytes, what } of steps) {
          if (what === 0) map.delete(key);
          else if (what === 1) map.get(key);
          else map.set(key, value(bytes));
          const held = Array.from({ length: 13 }, (_, one) => map.peek(one)).filter(
            (one) => one !== undefined,
          );
          assert.equal(map.size, held.length);
          assert.equal(
            map.bytes,
            held.reduce((sum, one) => sum + one.bytes, 0),
          );
          assert.ok(map.bytes <= 20);
        }
      }),
    );
  });
});
