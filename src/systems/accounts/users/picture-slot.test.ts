import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { chosen, EMPTY_SLOT, failed, type PictureSlot, picturesOf, processed } from './picture-slot.ts';

const id = fc.integer({ min: 1, max: 4 });
const step = fc.oneof(
  fc.record({ kind: fc.constant('choose'), id: fc.option(id) }),
  fc.record({ kind: fc.constantFrom('processed', 'failed'), id }),
);

describe('a place for a picture on a profile', () => {
  it('shows what was chosen once it is processed, and what was there until then', () => {
    const first = chosen(EMPTY_SLOT, 1);
    assert.deepEqual(first, { slot: { shown: null, nextId: 1 }, released: [] });
    const shown = processed(first.slot, 1, 'one');
    assert.deepEqual(shown, { slot: { shown: { mediaId: 1, key: 'one' }, nextId: null }, released: [] });
    const second = chosen(shown.slot, 2);
    assert.deepEqual([second.slot.shown?.mediaId, second.released], [1, []]);
    assert.deepEqual(processed(second.slot, 2, 'two').released, [1]);
    assert.deepEqual(failed(second.slot, 2).slot, shown.slot);
    assert.deepEqual(chosen(second.slot, 3).released, [2]);
    assert.deepEqual(chosen(second.slot, 1), { slot: shown.slot, released: [2] });
    assert.deepEqual(chosen(second.slot, null), { slot: EMPTY_SLOT, released: [1, 2] });
  });

  it('holds or has released every picture that was chosen and has not failed, and holds none that it released', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        let slot: PictureSlot = EMPTY_SLOT;
        const gone = new Set<number>();
        const taken = new Set<number>();
        for (const { kind, id: mediaId } of steps) {
          // A picture is chosen once: what was released or failed is not there any more.
          if (kind === 'choose' && mediaId !== null && gone.has(mediaId)) continue;
          if (kind === 'choose' && mediaId !== null) taken.add(mediaId);
          if (kind === 'failed' && mediaId === slot.nextId) gone.add(mediaId ?? 0);
          const change =
            kind === 'choose'
              ? chosen(slot, mediaId)
              : kind === 'failed'
                ? failed(slot, mediaId ?? 0)
                : processed(slot, mediaId ?? 0, 'key');
          for (const released of change.released) {
            assert.ok(!gone.has(released), 'nothing is released twice');
            gone.add(released);
          }
          slot = change.slot;
          const held = picturesOf(slot);
          assert.equal(new Set(held).size, held.length);
          for (const each of taken) assert.equal(held.includes(each), !gone.has(each));
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
