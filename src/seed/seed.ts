/** Loads a follow graph with its people and gives them posts. Again over the same graph it changes nothing. */
import type { Id } from '../core/ids.ts';
import { type FollowGraph, followerCounts } from './follow-graph.ts';
import { postsPerPerson } from './power-law-graph.ts';
import {
  type SeededPost,
  type SeededUser,
  seededFollowId,
  seededPost,
  seededUser,
} from './seeded-content.ts';

export interface SeededFollow {
  readonly followerId: Id;
  readonly followeeId: Id;
  readonly followId: Id;
}

/** How rows get into the systems; each answers how many were new. */
export interface SeedTarget {
  loadUsers(users: Iterable<SeededUser>): Promise<number>;
  loadFollows(follows: Iterable<SeededFollow>): Promise<number>;
  loadPosts(posts: Iterable<SeededPost>): Promise<number>;
}

export interface SeedOptions {
  readonly graph: FollowGraph;
  readonly posts: number;
  /** What their names begin with; another prefix makes other people of the same graph. */
  readonly prefix: string;
  /** When the last posts were written, in ms since 1970; another time makes other posts. By default a fixed day. */
  readonly writtenUntilMs?: number;
  readonly onProgress: (fraction: number, note: string) => void;
}

export interface SeedResult {
  readonly users: number;
  readonly follows: number;
  readonly posts: number;
  /** How many were new; the rest was there. */
  readonly newUsers: number;
  readonly newFollows: number;
  readonly newPosts: number;
}

export async function seed(target: SeedTarget, options: SeedOptions): Promise<SeedResult> {
  const { graph, prefix, onProgress } = options;
  const users = graph.labels.map((label) => seededUser(label, prefix));
  const total = users.length + graph.followers.length + options.posts;
  let done = 0;
  function* counted<Item>(items: Iterable<Item>, note: string): Generator<Item> {
    for (const item of items) {
      yield item;
      done += 1;
      onProgress(done / total, note);
    }
  }
  const newUsers = await target.loadUsers(counted(users, 'people'));
  const newFollows = await target.loadFollows(counted(followsOf(graph, users), 'follows'));
  const newPosts = await target.loadPosts(counted(postsOf(users, options), 'posts'));
  return {
    users: users.length,
    follows: graph.followers.length,
    posts: options.posts,
    newUsers,
    newFollows,
    newPosts,
  };
}

function* followsOf(
  { followers, followees }: FollowGraph,
  users: readonly SeededUser[],
): Generator<SeededFollow> {
  for (const [index, follower] of followers.entries()) {
    const from = users[follower];
    const to = users[followees[index] ?? -1];
    if (from === undefined || to === undefined) throw new RangeError('an edge leads out of the graph');
    yield { followerId: from.userId, followeeId: to.userId, followId: seededFollowId(from, to) };
  }
}

/** Who is followed by many writes more. In order of time, as the index of a table likes it. */
function* postsOf(
  users: readonly SeededUser[],
  { graph, posts: total, writtenUntilMs }: SeedOptions,
): Generator<SeededPost> {
  const followers = followerCounts(graph);
  const byFame = [...users.keys()].sort((left, right) => (followers[right] ?? 0) - (followers[left] ?? 0));
  const posts: SeededPost[] = [];
  for (const [rank, count] of postsPerPerson(users.length, total).entries()) {
    const author = users[byFame[rank] ?? -1];
    if (author === undefined) throw new RangeError('there are more shares than people');
    for (let index = 0; index < count; index += 1) posts.push(seededPost(author, index, writtenUntilMs));
  }
  yield* posts.sort((left, right) => left.postId - right.postId);
}
