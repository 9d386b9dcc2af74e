/** What the cache of posts holds, by id: posts, reposts, and what is known to be gone. */
import type { Id } from '../../../core/ids.ts';
import { type ChancedValue, SecondChanceMap } from '../../../resilience/second-chance-map.ts';
import { type CachedEntry, type CountedPost, namedUserIds } from './cached-post.ts';

/** Another object after an edit. */
export interface KeptPost extends ChancedValue {
  readonly kind: 'post';
  /** The post under its own id. */
  entry: { readonly entryId: Id; readonly post: CountedPost; readonly reposterId: null };
  /** As of which change of users its names are right (`post-names.ts`); 0: not looked up yet. */
  namedAt: number;
}

export interface KeptRepost extends ChancedValue {
  readonly kind: 'repost';
  readonly postId: Id;
  readonly reposterId: Id;
  /** As it was last answered. */
  entry: CachedEntry | undefined;
}

/** Deleted, taken back, or never there. */
interface KeptGone extends ChancedValue {
  readonly kind: 'gone';
}

export interface FoundEntry {
  readonly kept: KeptPost;
  /** That brings the post. */
  readonly repost: KeptRepost | undefined;
}

/** Measured, with the place in the map; beside them a text takes what it is long. */
const POST_BYTES = 550;
/** Of each picture, as it is kept and as it is shown. */
const MEDIA_BYTES = 3_000;
const REPOST_BYTES = 290;
const GONE_BYTES = 100;

/** Of posts that name nobody. Small enough that the engine keeps it in the object itself. */
const FOR_EVER = 2 ** 30;

export interface KeptEntries {
  /** Null: known to be gone. `undefined`: it, or a name in it, is not known. */
  ready(entryId: Id): CachedEntry | null | undefined;
  /** All of it that `ready` may still lack is names. No use of it. */
  find(entryId: Id): FoundEntry | undefined;
  isGone(entryId: Id): boolean;
  /** The post if it is here, which is no use of it. */
  peekPost(postId: Id): KeptPost | undefined;
  /** As a post or a repost. */
  has(id: Id): boolean;
  keepPost(kept: KeptPost): void;
  keepRepost(repostId: Id, repost: KeptRepost): void;
  /** Of a post or a repost. */
  keepGone(id: Id): void;
  /** Afterwards nothing is known of it, not even that it is gone. */
  forget(id: Id): void;
  size(): number;
}

export interface KeptEntriesDeps {
  readonly bytesMax: number;
  readonly areNamesKnown: (kept: KeptPost) => boolean;
}

export function createKeptEntries({ bytesMax, areNamesKnown }: KeptEntriesDeps): KeptEntries {
  const entries = new SecondChanceMap<Id, KeptPost | KeptRepost | KeptGone>(bytesMax);

  function peekPost(postId: Id): KeptPost | undefined {
    const kept = entries.peek(postId);
    return kept?.kind === 'post' ? kept : undefined;
  }

  return {
    ready(entryId) {
      const kept = entries.get(entryId);
      if (kept === undefined) return undefined;
      if (kept.kind === 'post') return areNamesKnown(kept) ? kept.entry : undefined;
      if (kept.kind === 'gone') return null;
      const post = entries.get(kept.postId);
      if (post?.kind !== 'post') return post === undefined ? undefined : null;
      return areNamesKnown(post) ? repostEntry(entryId, kept, post) : undefined;
    },

    find(entryId) {
      const kept = entries.peek(entryId);
      if (kept?.kind === 'post') return { kept, repost: undefined };
      const post = kept?.kind === 'repost' ? peekPost(kept.postId) : undefined;
      return kept?.kind === 'repost' && post !== undefined ? { kept: post, repost: kept } : undefined;
    },

    isGone(entryId) {
      const kept = entries.peek(entryId);
      if (kept?.kind !== 'repost') return kept?.kind === 'gone';
      return entries.peek(kept.postId)?.kind === 'gone';
    },

    peekPost,

    has(id) {
      const kept = entries.peek(id);
      return kept !== undefined && kept.kind !== 'gone';
    },

    keepPost(kept) {
      entries.set(kept.entry.entryId, kept);
    },
    keepRepost(repostId, repost) {
      entries.set(repostId, repost);
    },
    keepGone(id) {
      entries.set(id, { kind: 'gone', isUsed: false, bytes: GONE_BYTES });
    },
    forget(id) {
      entries.delete(id);
    },

    size: () => entries.size,
  };
}

export function keptPost(post: CountedPost): KeptPost {
  const bytes = POST_BYTES + post.text.length + post.media.length * MEDIA_BYTES;
  const namedAt = namedUserIds(post).length === 0 ? FOR_EVER : 0;
  return { kind: 'post', isUsed: false, bytes, entry: ownEntry(post), namedAt };
}

export function ownEntry(post: CountedPost): KeptPost['entry'] {
  return { entryId: post.postId, post, reposterId: null };
}

export function keptRepost(postId: Id, reposterId: Id): KeptRepost {
  return { kind: 'repost', isUsed: false, bytes: REPOST_BYTES, postId, reposterId, entry: undefined };
}

export function entryOf(entryId: Id, { kept, repost }: FoundEntry): CachedEntry {
  return repost === undefined ? kept.entry : repostEntry(entryId, repost, kept);
}

function repostEntry(repostId: Id, repost: KeptRepost, { entry: { post } }: KeptPost): CachedEntry {
  if (repost.entry?.post === post) return repost.entry;
  const entry = { entryId: repostId, post, reposterId: repost.reposterId };
  repost.entry = entry;
  return entry;
}
