import type { Crowd } from '../crowd/crowd.ts';

const AUTHORS_MAX = 50;
/** Each of them costs a read by SQL before their timeline is cached. */
const READERS_MAX = 20_000;

export interface PushedAuthors {
  /** The most followed first. */
  readonly authors: readonly number[];
  /** Who follows any of them. */
  readonly readers: readonly number[];
}

/** The most followed of those who are pushed, until enough readers follow them. */
export function choosePushedAuthors(crowd: Crowd, pullFollowers: number): PushedAuthors {
  const authors: number[] = [];
  const readers = new Set<number>();
  for (const author of crowd.byFame) {
    if (authors.length === AUTHORS_MAX || readers.size >= READERS_MAX) break;
    const followers = crowd.followerCount(author);
    if (followers === 0) break;
    if (followers > pullFollowers) continue;
    authors.push(author);
    for (const reader of crowd.followersOf(author)) readers.add(reader);
  }
  return { authors, readers: [...readers] };
}
