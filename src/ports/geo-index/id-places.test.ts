import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { createIdPlaces, NOWHERE } from './id-places.ts';

const KEYS_MAX = 16;

it('places of ids are what a map of them is, whatever is done', () => {
  // Few keys, so that they meet; some as large as ids are.
  const key = fc.oneof(
    fc.nat(40),
    fc.nat(20).map((n) => Number.MAX_SAFE_INTEGER - n),
  );
  const step = fc.tuple(fc.constantFrom('add', 'move', 'remove'), key, fc.nat(1_000));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const places = createIdPlaces(KEYS_MAX);
      const model = new Map<number, number>();
      for (const [what, id, place] of steps) {
        if (what === 'remove') assert.equal(places.remove(id), model.delete(id));
        else if (model.has(id)) {
          places.move(id, place);
          model.set(id, place);
        } else if (what === 'add' && model.size < KEYS_MAX) {
          places.add(id, place);
          model.set(id, place);
        }
        assert.equal(places.size, model.size);
        for (const [known, where] of model) assert.equal(places.get(known), where);
        if (!model.has(id)) assert.equal(places.get(id), NOWHERE);
      }
    }),
  );
});

it('there is room for so many, each once', () => {
  const places = createIdPlaces(2);
  places.add(7, 0);
  assert.throws(() => places.add(7, 1), /once/);
  assert.throws(() => places.move(8, 1), /is there/);
  places.add(8, 1);
  assert.throws(() => places.add(9, 2), /room/);
});
