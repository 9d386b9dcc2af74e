import { deepEqual, equal, notDeepEqual, throws } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { choosePushedAuthors } from '../experiments/pushed-authors.ts';
import { createCrowd } from './crowd.ts';
import { createCrowdScenarios } from './crowd-scenarios.ts';

/** 1, 2 and 3 follow 0; 0 and 3 follow 1; nobody follows 2 or 3. */
const GRAPH = {
  labels: ['a', 'b', 'c', 'd'],
  followers: Int32Array.from([1, 2, 0, 3, 3]),
  followees: Int32Array.from([0, 0, 1, 1, 0]),
};
const crowdOf = (seed: number) =>
  createCrowd({
    graph: GRAPH,
    userIds: [10, 11, 12, 13],
    tokenOf: (userId) => `token-${userId}`,
    star: undefined,
    seed,
  });

describe('a crowd', () => {
  const crowd = crowdOf(1);

  it('knows who follows whom', () => {
    deepEqual([...crowd.followersOf(0)], [1, 2, 3]);
    deepEqual([...crowd.followersOf(1)], [0, 3]);
    deepEqual([...crowd.followersOf(3)], []);
    deepEqual([...crowd.followeesOf(3)], [1, 0]);
    equal(crowd.followerCount(0), 3);
  });

  it('has an order of fame, and another of activity that follows from the seed', () => {
    deepEqual(crowd.byFame.slice(0, 2), [0, 1]);
    deepEqual([...crowd.byActivity].sort(), [0, 1, 2, 3]);
    deepEqual(crowdOf(1).byActivity, crowd.byActivity);
    const orders = [1, 2, 3, 4, 5].map((seed) => crowdOf(seed).byActivity.join());
    notDeepEqual(new Set(orders).size, 1);
    deepEqual(
      crowd.readerTokens,
      crowd.byActivity.map((person) => crowd.token(person)),
    );
    throws(() => crowd.userId(4), RangeError);
  });

  it('has authors who are pushed, with all who follow them', () => {
    const { authors, readers } = choosePushedAuthors(crowd, 10_000);
    deepEqual(authors, [0, 1]);
    deepEqual([...readers].sort(), [0, 1, 2, 3]);
    deepEqual(choosePushedAuthors(crowd, 2).authors, [1]);
    deepEqual(choosePushedAuthors(crowd, 1), { authors: [], readers: [] });
  });

  it('reads, looks at the famous first, and writes, in the shares of each scenario', () => {
    const mix = createCrowdScenarios(crowd, 1).find(({ name }) => name === 'mix');
    deepEqual(
      mix?.mix.others?.map(({ share }) => share),
      [0.3, 0.1],
    );
    equal(mix?.mix.others?.[0]?.operations[0]?.[0]?.path, '/api/v1/users/10/posts?limit=20');
    deepEqual(mix?.mix.tokens, crowd.readerTokens);
  });
});
