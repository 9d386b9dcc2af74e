/** The people and posts that a bench works with. */

import type { ApiClient, Member } from '../client/api-client.ts';
import { seededFraction } from '../core/clock.ts';
import { concurrently } from '../core/concurrently.ts';
import { createZipfSampler } from './zipf.ts';

export interface PopulationOptions {
  readonly users: number;
  readonly posts: number;
  /** Of each user; at most all others. */
  readonly follows: number;
  /** The exponent of the Zipf distribution of authors and of the followed. */
  readonly skew: number;
  readonly seed: number;
  /** Tells this population's names from those of other runs on the same server. */
  readonly prefix: string;
  readonly onProgress: (done: number, total: number) => void;
}

export interface Population {
  /** Most popular first. */
  readonly members: readonly Member[];
  /** Most popular first, which has nothing to do with their age. */
  readonly postIds: readonly string[];
}

export async function createPopulation(api: ApiClient, options: PopulationOptions): Promise<Population> {
  const { users, posts, follows, prefix, onProgress } = options;
  const followsEach = Math.min(follows, users - 1);
  const total = users * (1 + followsEach) + posts;
  let done = 0;
  const step = <Result>(result: Result): Result => {
    done += 1;
    onProgress(done, total);
    return result;
  };
  const sample = createZipfSampler(users, options.skew, seededFraction(options.seed));
  const members = await concurrently(users, async (n) => step(await api.signUp(`${prefix}_${n}`)));
  await concurrently(users, async (n) => {
    for (const followed of drawOthers(n, followsEach, users, sample)) {
      step(await api.follow(memberAt(members, n), memberAt(members, followed).userId));
    }
  });
  const authors = Array.from({ length: posts }, sample);
  const postIds = await concurrently(posts, async (n) => {
    const { postId } = await api.post(memberAt(members, authors[n] ?? 0), textOf(n));
    return step(postId);
  });
  return { members, postIds: shuffled(postIds, seededFraction(options.seed + 1)) };
}

/** About as long as what people write: 100 characters. */
function textOf(n: number): string {
  return `Post ${n} of a benchmark. `.padEnd(100, 'The sea is calm tonight, the tide is full. ');
}

function memberAt(members: readonly Member[], n: number): Member {
  const member = members[n];
  if (member === undefined) throw new RangeError(`there is no member ${n}`);
  return member;
}

/** `count` different ranks, none of them `self`, the popular ones more often. */
function drawOthers(self: number, count: number, of: number, sample: () => number): Set<number> {
  const drawn = new Set<number>();
  // The draws may keep hitting the same few ranks, so they are bounded and the rest is filled in order.
  for (let draw = 0; drawn.size < count && draw < count * 10; draw += 1) drawn.add(skip(self, sample(), of));
  for (let rank = 0; drawn.size < count; rank += 1) if (rank !== self) drawn.add(rank);
  return drawn;
}

function skip(self: number, rank: number, of: number): number {
  return rank === self ? (rank + 1) % of : rank;
}

function shuffled<Item>(items: readonly Item[], fraction: () => number): Item[] {
  return items
    .map((item) => ({ item, at: fraction() }))
    .sort((left, right) => left.at - right.at)
    .map(({ item }) => item);
}
