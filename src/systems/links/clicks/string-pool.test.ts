import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createStringPool } from './string-pool.ts';

const TEXTS_MAX = 3;

describe('a pool of strings', () => {
  it('answers what it was given, however often it forgets', () => {
    const pool = createStringPool(TEXTS_MAX);
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => assert.equal(pool(text), text)));
  });

  it('does not hold the request that a text was cut from', async () => {
    const { setFlagsFromString } = await import('node:v8');
    const { runInNewContext } = await import('node:vm');
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void; // Defined by the flag.
    const pool = createStringPool(100);
    const cut = (index: number) => `${index} ${'x'.repeat(1_000_000)}`.slice(0, 100);
    collect();
    const before = process.memoryUsage().heapUsed;
    const kept = Array.from({ length: 50 }, (_, index) => pool(cut(index)));
    collect();
    assert(process.memoryUsage().heapUsed - before < 10_000_000, `${kept.length} texts of 100 characters`);
  });
});
