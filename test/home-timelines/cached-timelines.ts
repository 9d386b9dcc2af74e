/** What the store holds once everything is quiet: facts, and all of them above the floor. */
import assert from 'node:assert/strict';
import { ID_MAX, type Id } from '../../src/core/ids.ts';
import { TIMELINE_ENTRIES_MAX, type TimelineStore } from '../../src/ports/timeline-store/timeline-store.ts';
import { factOf } from './feed-rules.ts';
import type { SmallWorld } from './small-world.ts';

/**
 * Of each cached timeline: its entries are of the reader and of those they follow, and above its floor there is every
 * entry of theirs, but for those of authors whom the readers pull, or pulled at some time.
 */
export async function checkTimelines(
  world: SmallWorld,
  store: TimelineStore,
  {
    everPulled,
    mayHaveForeign,
  }: {
    readonly everPulled: ReadonlySet<Id>;
    /** Of somebody who was followed and is no longer: nobody is shown them. */
    readonly mayHaveForeign: boolean;
  },
): Promise<void> {
  const sourceOf = new Map<Id, Id>();
  for (const { postId, author } of world.posts) sourceOf.set(postId, author);
  for (const { repostId, user } of world.reposts) sourceOf.set(repostId, user);
  for (const readerId of await store.cached()) {
    const timeline = await store.read(readerId, ID_MAX, TIMELINE_ENTRIES_MAX);
    if (timeline === undefined) continue;
    const { entryIds, floor } = timeline;
    const sources = world.userIds.filter(
      (userId) => userId === readerId || world.facts.holds(factOf.follows(readerId, userId)),
    );
    const foreign = entryIds.filter((entryId) => !sources.includes(sourceOf.get(entryId) ?? 0));
    if (!mayHaveForeign) assert.deepEqual(foreign, [], `the timeline of ${readerId} has entries of others`);
    const missing = entriesAbove(world, floor).filter(
      ({ entryId, source }) =>
        sources.includes(source) && !everPulled.has(source) && !entryIds.includes(entryId),
    );
    assert.deepEqual(missing, [], `the timeline of ${readerId} lacks entries above ${floor}`);
  }
}

function entriesAbove({ facts, posts, reposts }: SmallWorld, floor: Id): { entryId: Id; source: Id }[] {
  const there = posts.filter(
    ({ postId, visibility }) => visibility !== 'direct' && facts.holds(factOf.post(postId)),
  );
  return [
    ...there.map(({ postId, author }) => ({ entryId: postId, source: author })),
    ...reposts
      .filter(({ repostId }) => facts.holds(factOf.repost(repostId)))
      .map(({ repostId, user }) => ({ entryId: repostId, source: user })),
  ].filter(({ entryId }) => entryId > floor);
}
