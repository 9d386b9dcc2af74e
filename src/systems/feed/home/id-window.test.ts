import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { IdWindow } from './id-window.ts';
import { countBelow, includesId, NO_IDS } from './sorted-ids.ts';

const ids = fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 30 });

function ascending(list: Iterable<number>): number[] {
  return [...list].sort((left, right) => left - right);
}

describe('sorted ids', () => {
  it('are found where they stand', () => {
    fc.assert(
      fc.property(ids, fc.integer({ min: 0, max: 61 }), (list, id) => {
        const sorted = ascending(list);
        for (const kind of [sorted, Float64Array.from(sorted)]) {
          assert.equal(countBelow(kind, id), list.filter((one) => one < id).length);
          assert.equal(includesId(kind, id), list.includes(id));
        }
      }),
    );
    assert.equal(includesId(NO_IDS, 1), false);
  });
});

describe('a window of ids', () => {
  it('knows a list as a whole, until it is cut', () => {
    const window = new IdWindow([10, 20, 30], 3);
    assert.equal(window.floor, 0);
    assert.equal(window.has(5), false);
    window.trim(2);
    assert.equal(window.floor, 10);
    assert.deepEqual(
      [10, 11, 20].map((id) => window.has(id)),
      [undefined, false, true],
    );
  });

  it('of one id more than it keeps, that one is its floor', () => {
    const window = new IdWindow(Float64Array.of(10, 20, 30, 40), 3);
    assert.equal(window.size, 3);
    assert.equal(window.floor, 10);
    assert.deepEqual(window.page(99, 99), [40, 30, 20]);
  });

  it('may be told its floor', () => {
    const window = new IdWindow([20, 30], 3, 15);
    assert.deepEqual(
      [15, 16, 20].map((id) => window.has(id)),
      [undefined, false, true],
    );
  });

  it('takes no id at the floor or below, no id twice, and nothing that is none', () => {
    const window = new IdWindow([10, 20, 30], 2);
    for (const id of [30, 10, 9, Number.NaN, 11]) window.add(id);
    assert.deepEqual(window.page(99, 99), [30, 20, 11]);
    window.remove(20);
    window.remove(25);
    window.remove(Number.NaN);
    assert.deepEqual(window.page(99, 99), [30, 11]);
  });

  it('pages below an id, newest first, with copies', () => {
    const window = new IdWindow([10, 20, 30]);
    const page = window.page(30, 1);
    assert.deepEqual(page, [20]);
    page.push(1);
    assert.deepEqual(window.page(21, 5), [20, 10]);
    assert.deepEqual(window.page(10, 5), []);
    assert.deepEqual(new IdWindow().page(10, 5), []);
  });

  it('says of every id above its floor what a set says, whatever was added, removed and cut', () => {
    const change = fc.record({
      what: fc.constantFrom('add' as const, 'remove' as const, 'trim' as const),
      id: fc.integer({ min: 1, max: 60 }),
    });
    fc.assert(
      fc.property(ids, fc.array(change), fc.integer({ min: 1, max: 10 }), (list, changes, keptMax) => {
        const model = new Set(list);
        const window = new IdWindow(ascending(list).slice(-keptMax - 1), keptMax);
        for (const { what, id } of changes) {
          if (what === 'add') {
            model.add(id);
            window.add(id);
          } else if (what === 'remove') {
            model.delete(id);
            window.remove(id);
          } else window.trim(keptMax);
        }
        const above = ascending(model).filter((id) => id > window.floor);
        assert.deepEqual(window.page(61, 61), above.reverse());
        assert.ok(window.floor === 0 || window.floor < 61);
        for (let id = window.floor + 1; id <= 60; id += 1) assert.equal(window.has(id), model.has(id));
      }),
    );
  });
});
