/** What holds of every page, whatever happens at the same time; and of all pages together once nothing does. */
import assert from 'node:assert/strict';
import type { Id } from '../../src/core/ids.ts';
import type { Page, PageRequest } from '../../src/core/page.ts';
import type { ShownPost } from '../../src/systems/feed/home/post-reads.ts';
import type { TimelineEntry } from '../../src/systems/feed/timelines/timeline-entry.ts';
import { factOf, feedBounds, type ReadHorizon } from './feed-rules.ts';
import type { SmallWorld } from './small-world.ts';

export interface CheckedRead {
  readonly reader: Id;
  readonly request: PageRequest;
  readonly page: Page<TimelineEntry>;
  readonly horizon: ReadHorizon;
}

/**
 * The page is in order, within what was asked for, and full unless it is the last; it has all that must be between its
 * beginning and that of the next one, and nothing that may not be in the feed; and the reader finds in it whatever they
 * did before. The pages of a walk adjoin, so nothing is skipped or repeated by a walk of pages that are right.
 */
export function checkPage(world: SmallWorld, { reader, request, page, horizon }: CheckedRead): void {
  const { before, limit } = request;
  const shown = page.items.map(({ entryId }) => entryId);
  const lowest = page.nextBefore ?? 0;
  const told = `the page of ${limit} before ${before} for ${reader}: ${shown} and next ${page.nextBefore}`;
  for (const [index, entryId] of shown.entries()) {
    assert(entryId < (shown[index - 1] ?? before), `not in order, or repeated: ${entryId} in ${told}`);
  }
  assert(lowest < before && lowest <= (shown.at(-1) ?? before), `the next page repeats this one: ${told}`);
  assert(shown.length <= limit, `too long: ${told}`);
  const { must, may } = feedBounds(world, reader, horizon);
  const skipped = must.filter((entryId) => entryId < before && entryId >= lowest && !shown.includes(entryId));
  assert.deepEqual(skipped, [], `skipped in ${told}`);
  const wrong = shown.filter((entryId) => !may.has(entryId));
  assert.deepEqual(wrong, [], `shown and hidden in ${told}`);
  if (page.nextBefore !== undefined && !suspensionsUnsettled(world, reader, horizon)) {
    assert.equal(shown.length, limit, `short: ${told}`);
  }
  checkOwn(world, reader, page, horizon);
}

/** Until the feed has heard of a suspension, pages are filled up only so far. */
function suspensionsUnsettled(
  { facts, userIds }: SmallWorld,
  reader: Id,
  { arrivals }: ReadHorizon,
): boolean {
  return userIds.some((userId) => {
    const { so, notSo } = facts.possible(factOf.suspended(userId), reader, arrivals);
    return so && notSo;
  });
}

/** Likes, bookmarks and reposts of the reader's, and what they wrote. */
function checkOwn(world: SmallWorld, reader: Id, page: Page<TimelineEntry>, horizon: ReadHorizon): void {
  for (const entry of page.items) checkOwnPost(world, reader, entry, horizon);
}

export function checkOwnPost(
  { reacted, texts }: SmallWorld,
  reader: Id,
  { content, reactions, author }: ShownPost,
  { changes }: ReadHorizon,
): void {
  const { postId, text } = content;
  const flags = { like: reactions.liked, repost: reactions.reposted, bookmark: reactions.bookmarked };
  for (const [kind, flag] of Object.entries(flags)) {
    const { so, notSo } = reacted.possible(`${kind} ${reader} ${postId}`, reader, changes);
    assert(flag ? so : notSo, `${reader} finds ${kind} ${flag} at ${postId}`);
  }
  if (author.userId !== reader) return;
  const { so } = texts.possible(`${postId} ${text}`, reader, changes);
  assert(so, `${reader} finds an old text of their own: ${text}`);
}

/** All that a client is told of an entry. */
export function presentedEntry(entry: TimelineEntry) {
  const { entryId, repostedBy } = entry;
  return { entryId, ...presentedPost(entry), repostedBy: repostedBy?.userId ?? null };
}

/** The same of a post by itself. */
export function presentedPost({ content, author, reactions }: ShownPost) {
  const {
    postId,
    text,
    visibility,
    contentWarning,
    language,
    replyToId,
    replyToUser,
    mentions,
    tags,
    editedAt,
  } = content;
  return {
    postId,
    author: author.userId,
    text,
    visibility,
    contentWarning,
    language,
    replyToId,
    replyToUser: replyToUser?.username ?? null,
    mentions: mentions.map(({ username }) => username),
    tags: [...tags],
    editedAt: editedAt?.toISOString() ?? null,
    reactions: { ...reactions },
  };
}
