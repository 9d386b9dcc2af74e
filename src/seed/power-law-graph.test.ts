import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { postsPerPerson, powerLawGraph } from './power-law-graph.ts';

describe('power-law graph', () => {
  it('has no loops, no repetitions and nobody from outside', () => {
    const options = fc.record({
      people: fc.integer({ min: 1, max: 300 }),
      followsMean: fc.integer({ min: 1, max: 20 }),
      seed: fc.integer(),
    });
    fc.assert(
      fc.property(options, (given) => {
        const edges = [...powerLawGraph(given)];
        const distinct = new Set(edges.map((edge) => edge.join(' ')));
        assert.equal(distinct.size, edges.length);
        for (const [follower, followee] of edges) {
          assert.notEqual(follower, followee);
          assert.ok(followee >= 0 && followee < given.people);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('has celebrities, is about as dense as asked for, and is the same for the same seed', () => {
    const options = { people: 5_000, followsMean: 10, seed: 42 };
    const edges = [...powerLawGraph(options)];
    const followers = new Array<number>(options.people).fill(0);
    for (const [, followee] of edges) followers[followee] = (followers[followee] ?? 0) + 1;
    const mean = edges.length / options.people;
    assert.ok(mean > 6 && mean < 14, `mean ${mean}`);
    assert.ok((followers[0] ?? 0) > 40 * mean, `the first has ${followers[0]} followers`);
    assert.deepEqual([...powerLawGraph(options)], edges);
    assert.notDeepEqual([...powerLawGraph({ ...options, seed: 43 })], edges);
  });

  it('shares out exactly the posts that were asked for', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 0, max: 5_000 }), (people, total) => {
        const posts = postsPerPerson(people, total);
        const sum = posts.reduce((left, right) => left + right, 0);
        assert.ok(Math.abs(sum - total) <= 1, `${sum} of ${total}`);
      }),
    );
  });
});
