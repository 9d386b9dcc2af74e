import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createReaderRows, NO_ROW } from './reader-rows.ts';

const ROWS_MAX = 32;

describe('reader-rows', () => {
  it('finds who was added and not removed, each in a row of its own', () => {
    // Few readers in a small table, so that their places collide and gaps are closed round its end.
    const reader = fc.nat({ max: 60 }).map((n) => 1_500_000_000_000_000 + n * 4_096);
    fc.assert(
      fc.property(fc.array(reader, { maxLength: 300 }), (readerIds) => {
        const rows = createReaderRows(ROWS_MAX);
        const model = new Map<number, number>();
        for (const readerId of readerIds) {
          const row = model.get(readerId);
          if (row !== undefined) {
            rows.remove(row);
            model.delete(readerId);
            assert.equal(rows.readerOf(row), 0);
          } else if (model.size < ROWS_MAX) {
            model.set(readerId, rows.add(readerId));
          }
          assert.equal(rows.size(), model.size);
          assert.equal(new Set(model.values()).size, model.size);
          for (const one of readerIds) assert.equal(rows.find(one), model.get(one) ?? NO_ROW);
          for (const [one, of] of model) assert.ok(rows.readerOf(of) === one && of < rows.end());
        }
      }),
    );
  });

  it('has as many rows as it was told and no more', () => {
    for (const rowsMax of [1, 2, 3]) {
      const rows = createReaderRows(rowsMax);
      for (let n = 1; n <= rowsMax; n += 1) rows.add(n);
      assert.throws(() => rows.add(rowsMax + 1), /free row/);
      rows.remove(rows.find(1));
      rows.add(rowsMax + 1);
      assert.equal(rows.find(1), NO_ROW);
      assert.equal(rows.size(), rowsMax);
    }
  });
});
