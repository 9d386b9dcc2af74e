/**
 * The posts that entries of timelines stand for, as they are for everyone. Loaded when they are asked for, put in when
 * they are written, and kept by the events that are heard: what an event says for certain is taken over; where it may
 * be late, or older than what is here, nothing is known until SQL is asked again.
 */
import type { Clock } from '../../../core/clock.ts';
import { assert } from '../../../core/errors.ts';
import type { Id } from '../../../core/ids.ts';
import type { MaybePromise } from '../../../core/maybe-promise.ts';
import { NO_MEDIA, type ShowMedia } from '../../../core/media.ts';
import type { GetUsers } from '../../../core/user.ts';
import type { SqlSession } from '../../../ports/sql-store/sql-store.ts';
import { POSTS_TOPIC, postOf, type Repost, repostOf } from '../posts/post-events.ts';
import type { PostRow } from '../posts/posts-queries.ts';
import { REACTIONS_TOPIC } from '../reactions/reaction-events.ts';
import { type CachedEntry, type CachedPost, cachedPostOf, countsOf, NONE_COUNTED } from './cached-post.ts';
import { createEntryLoads, type LandedEntries } from './entry-loads.ts';
import {
  createKeptEntries,
  entryOf,
  type FoundEntry,
  type KeptPost,
  keptPost,
  keptRepost,
} from './kept-entries.ts';
import { createPostNames } from './post-names.ts';
import type { CachedEntryRow } from './posts-cache-queries.ts';
import type { HeardEvent } from './reader-views.ts';
import { createReposters } from './reposters.ts';
import { createStaleCounts } from './stale-counts.ts';

export type { CachedEntry, CachedPost } from './cached-post.ts';

/** For some 100,000 posts and 200,000 reposts. */
export const POSTS_CACHE_BYTES_MAX = 128 * 1_024 * 1_024;
/** Ids in one call: more than any page looks at. */
export const ENTRIES_MAX = 1_000;

export interface PostsCache {
  /**
   * What the ids stand for, in their order; `undefined` where that is deleted, taken back or never was. What is
   * missing is loaded in one statement. At most ENTRIES_MAX.
   */
  entries(entryIds: readonly Id[]): MaybePromise<readonly (CachedEntry | undefined)[]>;
  /**
   * Who reposted the post in the 24 hours before `entryId`. `undefined`: too many to keep, ask SQL. Asked for many
   * posts at the same moment, one statement loads what is missing.
   */
  repostersBefore(post: CachedPost, entryId: Id): MaybePromise<readonly Id[] | undefined>;
  /**
   * Of the topics `posts`, `reactions` and `users`; to hear one again does no harm. Not of `bulk_loads`: a load changes
   * no post that is there, only how many answers it has, and to count those of all posts again costs 100 statements.
   */
  hear(events: readonly HeardEvent[]): void;
  /** Reads the counts again that something has changed. A job: counts are as old as its last run. */
  refreshCounts(): Promise<void>;
  /** The number of the refresh after which all counts are right that something heard so far has changed. */
  countsRightAfter(): number;
  /** The number of the last refresh that has ended well. */
  countsRefreshed(): number;
  /** Posts, reposts, and what is known to be gone. */
  size(): number;
}

export interface PostsCacheDeps {
  readonly sql: SqlSession;
  readonly getUsers: GetUsers;
  readonly clock: Clock;
  /** Without it, posts are shown without their pictures. */
  readonly showMedia?: ShowMedia;
  readonly bytesMax?: number;
}

export function createPostsCache(deps: PostsCacheDeps): PostsCache {
  const { sql, showMedia = () => NO_MEDIA, bytesMax = POSTS_CACHE_BYTES_MAX } = deps;
  const names = createPostNames(deps);
  const kept = createKeptEntries({ bytesMax, areNamesKnown: names.areKnown });
  const loads = createEntryLoads<FoundEntry>({ sql, land });
  const reposters = createReposters(deps);
  /** The youngest post that was unknown when something that counts was heard of it. */
  let unknownCountedId: Id = 0;
  const staleCounts = createStaleCounts({ sql, cachedPost: (postId) => kept.peekPost(postId)?.entry.post });

  async function complete(entryIds: readonly Id[]): Promise<(CachedEntry | undefined)[]> {
    const known = entryIds.map((entryId) => kept.find(entryId));
    const missing = new Set(entryIds.filter((id, index) => known[index] === undefined && !kept.isGone(id)));
    const loaded = await loads.load([...missing]);
    // What was known may have been replaced meanwhile, or have had to make room.
    const found = entryIds.map((id, index) => kept.find(id) ?? loaded.get(id) ?? known[index]);
    await names.lookUp(found.flatMap((entry) => entry?.kept ?? []));
    return entryIds.map((entryId, index) => {
      const entry = found[index];
      const isGone = entry === undefined || kept.isGone(entryId) || kept.isGone(entry.kept.entry.entryId);
      return isGone ? undefined : entryOf(entryId, entry);
    });
  }

  /** Keeps what was loaded, but for what may have changed meanwhile. */
  function land(landed: LandedEntries): ReadonlyMap<Id, FoundEntry> {
    const found = new Map<Id, FoundEntry>();
    for (const row of landed.rows) {
      const { entry_id: entryId, post_id: postId, reposter_id: reposterId } = row;
      const repost = reposterId === null ? undefined : keptRepost(postId, reposterId);
      if (repost !== undefined && !landed.isOutdated(entryId)) kept.keepRepost(entryId, repost);
      found.set(entryId, { kept: kept.peekPost(postId) ?? landPost(row, landed), repost });
    }
    for (const entryId of landed.entryIds) {
      if (!found.has(entryId) && !landed.isOutdated(entryId)) kept.keepGone(entryId);
    }
    return found;
  }

  function landPost(row: CachedEntryRow, landed: LandedEntries): KeptPost {
    const post = keptPost(cachedPostOf(row, countsOf(row), showMedia));
    if (landed.isOutdated(row.post_id)) return post;
    kept.keepPost(post);
    if (landed.areCountsOutdated(row.post_id)) staleCounts.mark(row.post_id);
    return post;
  }

  /**
   * Whether to keep what an event says of the beginning of a post or repost. Not if more is known already; and if it
   * is known to be gone, or being loaded, the event may be late: then SQL decides.
   */
  function isNews(id: Id): boolean {
    const isLoading = loads.outdate(id);
    if (kept.has(id)) return false;
    if (!kept.isGone(id)) return !isLoading;
    kept.forget(id);
    return false;
  }

  function created(row: PostRow, isJustCommitted: boolean): void {
    countsChanged(row.reply_to_id);
    if (!isNews(row.post_id)) return;
    kept.keepPost(keptPost(cachedPostOf(row, NONE_COUNTED, showMedia)));
    // Reactions are another topic's: some may have been heard before.
    if (!isJustCommitted || row.post_id <= unknownCountedId) staleCounts.mark(row.post_id);
  }

  function edited(row: PostRow): void {
    loads.outdate(row.post_id);
    const post = kept.peekPost(row.post_id)?.entry.post;
    if (post === undefined) return;
    const isNewer = row.edited_at !== null && (post.editedAt === null || row.edited_at > post.editedAt);
    // What an edit says of pictures may be older than what is known of them.
    if (isNewer && row.media === null) kept.keepPost(keptPost(cachedPostOf(row, post.counts, showMedia)));
    else kept.forget(row.post_id);
  }

  /** Edits and pictures change independently of each other, so which of two states is the later one only SQL knows. */
  function mediaChanged(postId: Id): void {
    loads.outdate(postId);
    if (kept.has(postId)) kept.forget(postId);
  }

  function deleted(postId: Id, parentId: Id | null): void {
    countsChanged(parentId);
    loads.outdate(postId);
    kept.keepGone(postId);
    reposters.forget(postId);
  }

  function reposted(repost: Repost): void {
    const { repostId, postId, userId } = repost;
    countsChanged(postId);
    if (kept.isGone(repostId)) reposters.forget(postId);
    else reposters.reposted(repost);
    if (isNews(repostId)) kept.keepRepost(repostId, keptRepost(postId, userId));
  }

  function unreposted(repost: Repost): void {
    countsChanged(repost.postId);
    reposters.unreposted(repost);
    loads.outdate(repost.repostId);
    kept.keepGone(repost.repostId);
  }

  function countsChanged(postId: Id | null): void {
    if (postId === null) return;
    loads.outdateCounts(postId);
    if (kept.has(postId)) staleCounts.mark(postId);
    else unknownCountedId = Math.max(unknownCountedId, postId);
  }

  const reacted = (payload: Payload): void => countsChanged(idOf(payload['post_id']));
  const hearing: Readonly<
    Record<string, Readonly<Record<string, (payload: Payload, isJustCommitted: boolean) => void>>>
  > = {
    [POSTS_TOPIC]: {
      created: (payload, isJustCommitted) => created(postOf(payload), isJustCommitted),
      edited: (payload) => edited(postOf(payload)),
      media_changed: (payload) => mediaChanged(Number(payload['post_id'])),
      deleted: (payload) => deleted(Number(payload['post_id']), idOf(payload['reply_to_id'])),
      reposted: (payload) => reposted(repostOf(payload)),
      unreposted: (payload) => unreposted(repostOf(payload)),
    },
    [REACTIONS_TOPIC]: { liked: reacted, unliked: reacted },
    users: { suspended: names.usersChanged, restored: names.usersChanged, deleted: names.usersChanged },
  };

  return {
    entries(entryIds) {
      assert(entryIds.length <= ENTRIES_MAX, `${entryIds.length} entries are more than ${ENTRIES_MAX}`);
      const entries: (CachedEntry | undefined)[] = [];
      for (const entryId of entryIds) {
        const entry = kept.ready(entryId);
        if (entry === undefined) return complete(entryIds);
        entries.push(entry ?? undefined);
      }
      return entries;
    },

    repostersBefore: ({ postId }, entryId) => reposters.before(postId, entryId),

    hear(events) {
      for (const { topic, kind, payload, isJustCommitted = false } of events) {
        hearing[topic]?.[kind]?.(payload, isJustCommitted);
      }
    },

    refreshCounts: () => staleCounts.refresh(),
    countsRightAfter: () => staleCounts.rightAfter(),
    countsRefreshed: () => staleCounts.refreshed(),
    size: () => kept.size(),
  };
}

type Payload = HeardEvent['payload'];

function idOf(text: unknown): Id | null {
  return text === null || text === undefined ? null : Number(text);
}
