/** One author whom far more follow than anybody in a graph: a million, by default. */

import { composeId, FIRST_BULK_WRITER, type Id } from '../../core/ids.ts';
import type { SeededFollow } from '../../seed/seed.ts';
import type { SeededUser } from '../../seed/seeded-content.ts';

/** As a graph would call that person. */
export const STAR = 'star';
/** So many of the followers are people of the graph, who read. */
export const STAR_READERS_MAX = 1_000;

/** Before anybody of a graph joined, so that an id stands for none of them. */
const FOLLOWERS_FROM_MS = Date.UTC(2022, 9, 1);
const FOLLOWED_FROM_MS = Date.UTC(2025, 0, 1);

/**
 * The first people of the graph, up to `STAR_READERS_MAX`, and then ids that nobody has: who never signs in
 * is nothing but a row of `follows` to whoever delivers to them.
 */
export function* starFollows(
  { userId: followeeId }: SeededUser,
  userIds: readonly Id[],
  followers: number,
): Generator<SeededFollow> {
  for (let index = 0; index < followers; index += 1) {
    const reader = index < STAR_READERS_MAX ? userIds[index] : undefined;
    const followerId = reader ?? composeId(FOLLOWERS_FROM_MS + index, FIRST_BULK_WRITER, 0);
    yield { followerId, followeeId, followId: composeId(FOLLOWED_FROM_MS + index, FIRST_BULK_WRITER, 1) };
  }
}
