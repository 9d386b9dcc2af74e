/** The people of a follow graph as readers and writers of a bench, each with a session of their own. */

import { seededFraction } from '../../core/clock.ts';
import type { Id } from '../../core/ids.ts';
import { type FollowGraph, followerCounts } from '../../seed/follow-graph.ts';

/** A person is a number: the place in `graph.labels`. */
export interface Crowd {
  readonly size: number;
  userId(person: number): string;
  token(person: number): string;
  followerCount(person: number): number;
  followersOf(person: number): Int32Array;
  followeesOf(person: number): Int32Array;
  /** The most followed first. */
  readonly byFame: readonly number[];
  /** The most active first, which has nothing to do with their fame. */
  readonly byActivity: readonly number[];
  /** Of all, in that order. */
  readonly readerTokens: readonly string[];
  /** Whom many more follow than are in the graph, where that was asked for. */
  readonly star: Star | undefined;
}

export interface Star {
  readonly token: string;
  readonly followers: number;
}

export interface CrowdOptions {
  readonly graph: FollowGraph;
  readonly userIds: readonly Id[];
  readonly tokenOf: (userId: Id) => string;
  readonly star: Star | undefined;
  readonly seed: number;
}

export function createCrowd({ graph, userIds, tokenOf, star, seed }: CrowdOptions): Crowd {
  const followers = neighboursBy(graph.followees, graph.followers, userIds.length);
  const followees = neighboursBy(graph.followers, graph.followees, userIds.length);
  const counts = followerCounts(graph);
  const followerCount = (person: number): number => counts[person] ?? 0;
  const userIdOf = (person: number): Id => {
    const userId = userIds[person];
    if (userId === undefined) throw new RangeError(`there is no person ${person}`);
    return userId;
  };
  const byActivity = shuffled([...userIds.keys()], seededFraction(seed));
  return {
    size: userIds.length,
    userId: (person) => String(userIdOf(person)),
    token: (person) => tokenOf(userIdOf(person)),
    followerCount,
    followersOf: followers,
    followeesOf: followees,
    byFame: [...userIds.keys()].sort((left, right) => followerCount(right) - followerCount(left)),
    byActivity,
    readerTokens: byActivity.map((person) => tokenOf(userIdOf(person))),
    star,
  };
}

/** For each person at an end of edges the people at the other end: one array, cut by where each one's begin. */
function neighboursBy(ends: Int32Array, others: Int32Array, people: number): (person: number) => Int32Array {
  const starts = new Int32Array(people + 1);
  for (const end of ends) starts[end + 1] = (starts[end + 1] ?? 0) + 1;
  for (let person = 0; person < people; person += 1) {
    starts[person + 1] = (starts[person + 1] ?? 0) + (starts[person] ?? 0);
  }
  const next = starts.slice();
  const neighbours = new Int32Array(ends.length);
  for (const [edge, end] of ends.entries()) {
    const place = next[end] ?? 0;
    neighbours[place] = others[edge] ?? 0;
    next[end] = place + 1;
  }
  return (person) => neighbours.subarray(starts[person] ?? 0, starts[person + 1] ?? 0);
}

/** Fisher and Yates, in place. */
export function shuffled<Item>(items: Item[], fraction: () => number): Item[] {
  for (let last = items.length - 1; last > 0; last -= 1) {
    const drawn = Math.floor(fraction() * (last + 1));
    const [left, right] = [items[last], items[drawn]];
    if (left === undefined || right === undefined) throw new RangeError('drawn outside of the list');
    items[last] = right;
    items[drawn] = left;
  }
  return items;
}
