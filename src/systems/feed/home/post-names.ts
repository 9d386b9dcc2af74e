/**
 * The names in cached posts. Usernames never change, but who is suspended or deleted is not named: so when that
 * happens to anybody, all names are looked up again, those of a post when it is read the next time.
 */
import type { Clock } from '../../../core/clock.ts';
import type { GetUsers } from '../../../core/user.ts';
import { type CountedPost, namedUserIds, withNames } from './cached-post.ts';
import { type KeptPost, ownEntry } from './kept-entries.ts';

/** `getUsers` may answer what was so a second ago: names looked up so soon after a change are looked up again. */
export const NAMES_SETTLE_MS = 2_000;

export interface PostNames {
  areKnown(kept: KeptPost): boolean;
  /** Puts the names into those of the posts that lack them: one call for all. */
  lookUp(posts: readonly KeptPost[]): Promise<void>;
  /** Somebody was suspended, restored or deleted. */
  usersChanged(): void;
}

export function createPostNames(deps: { readonly getUsers: GetUsers; readonly clock: Clock }): PostNames {
  const { getUsers, clock } = deps;
  /** From 2: names that have not settled are of the change before, and 0 is for none. */
  let changes = 2;
  let settledAtMs = Number.NEGATIVE_INFINITY;

  const areKnown = (kept: KeptPost): boolean => kept.namedAt >= changes;

  return {
    areKnown,

    async lookUp(posts) {
      const nameless = posts.filter((kept) => !areKnown(kept));
      if (nameless.length === 0) return;
      const namedAt = clock.monotonicMs() < settledAtMs ? changes - 1 : changes;
      const users = await getUsers([...new Set(nameless.flatMap(({ entry }) => namedUserIds(entry.post)))]);
      for (const kept of nameless) {
        // Somebody else has looked them up later.
        if (kept.namedAt > namedAt) continue;
        kept.namedAt = namedAt;
        const named = withNames(kept.entry.post, users);
        if (!haveSameNames(named, kept.entry.post)) kept.entry = ownEntry(named);
      }
    },

    usersChanged() {
      changes += 1;
      settledAtMs = clock.monotonicMs() + NAMES_SETTLE_MS;
    },
  };
}

/** Of one post at two times. */
function haveSameNames(one: CountedPost, other: CountedPost): boolean {
  return (
    one.replyToUser?.userId === other.replyToUser?.userId &&
    one.mentions.length === other.mentions.length &&
    one.mentions.every(({ userId }, index) => userId === other.mentions[index]?.userId)
  );
}
