import type { Crowd } from '../crowd/crowd.ts';

/** Who watch one author. */
export const WATCHERS = 1_000;

/** The most followed author, and tokens of followers: of each several, as of their devices, where there are too few. */
export function watchersOf(crowd: Crowd, count: number): { author: number; tokens: string[] } {
  const author = crowd.byFame[0] ?? 0;
  const followers = [...crowd.followersOf(author)];
  const tokens = Array.from({ length: count }, (_, index) =>
    crowd.token(followers[index % followers.length] ?? 0),
  );
  return { author, tokens };
}
