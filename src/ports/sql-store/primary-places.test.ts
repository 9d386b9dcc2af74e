import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createPrimaryPlaces } from './primary-places.ts';

const at = (position: number, timeline = 1) => ({ timeline, position });

describe('the places of a primary', () => {
  it('are had from the first answer on that was as far', () => {
    const places = createPrimaryPlaces();
    assert.equal(places.hadSinceMs(at(1)), undefined);
    places.note(at(10), 100);
    places.note(at(20), 200);
    places.note(at(20), 300);
    assert.deepEqual(
      [5, 10, 11, 20].map((position) => places.hadSinceMs(at(position))),
      [100, 100, 200, 200],
    );
    assert.equal(places.hadSinceMs(at(21)), undefined);
  });

  it('of another timeline are not had before the primary is on it', () => {
    const places = createPrimaryPlaces();
    places.note(at(20), 100);
    assert.equal(places.hadSinceMs(at(10, 2)), undefined);
    places.note(at(19, 2), 200);
    assert.equal(places.hadSinceMs(at(10, 2)), 200);
    assert.equal(places.hadSinceMs(at(20)), 100);
  });

  it('that are old are kept as one', () => {
    const places = createPrimaryPlaces();
    for (let n = 0; n <= 100; n += 1) places.note(at(n), n * 1_000);
    assert.equal(places.hadSinceMs(at(3)), 94_000);
    assert.equal(places.hadSinceMs(at(98)), 98_000);
  });
});
