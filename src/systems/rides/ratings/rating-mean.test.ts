import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { RATINGS_MIN, ratingOf, STARS_MAX, STARS_MIN } from './rating-mean.ts';

/** `GROUNDSWELL_DRIVER_RATING_ABOVE` by default. */
const ABOVE = 4.5;
const rating = (stars: readonly number[]) =>
  ratingOf({ sum: stars.reduce((sum, each) => sum + each, 0), count: stars.length });
const someStars = (minLength: number) =>
  fc.array(fc.integer({ min: STARS_MIN, max: STARS_MAX }), { minLength, maxLength: 200 });

describe('the rating of a person', () => {
  it('is none before there are enough', () => {
    assert.equal(rating([]), null);
    assert.equal(rating(Array(RATINGS_MIN - 1).fill(1)), null);
    assert.notEqual(rating(Array(RATINGS_MIN).fill(1)), null);
  });

  it('excludes nobody for one bad ride among the first, and those who drive badly', () => {
    assert.ok((rating([1, 5, 5, 5, 5]) ?? 0) > ABOVE);
    assert.ok((rating([1, 1, 5, 5, 5]) ?? 0) < ABOVE);
    assert.ok((rating(Array(RATINGS_MIN).fill(3)) ?? 0) < ABOVE);
    assert.ok((rating(Array(100).fill(4)) ?? 0) < ABOVE);
  });

  it('lies among the stars that can be given, and grows with each', () => {
    fc.assert(
      fc.property(someStars(RATINGS_MIN), (stars) => {
        const now = rating(stars) ?? 0;
        assert.ok(now >= STARS_MIN && now <= STARS_MAX);
        assert.ok((rating([...stars, STARS_MAX]) ?? 0) >= now);
        assert.ok((rating([...stars, STARS_MIN]) ?? 0) <= now);
        assert.equal(rating(stars.toReversed()), now);
      }),
    );
  });

  it('comes as near to the mean as one likes', () => {
    assert.ok(Math.abs((rating(Array(10_000).fill(2)) ?? 0) - 2) < 0.01);
  });
});
