/**
 * The search-index port: finds posts by their words, users by their names, tags by how they begin.
 *
 * It is a copy of what the systems hold, made of what they announce, and can be made anew at any time. Everything that
 * changes it is idempotent and carries a version: of two states of one post or user the one with the higher version
 * stays, in whatever order and however often they come. What was removed stays removed for a month at least.
 *
 * Words are compared without case and accents, and by their stems where a stemmer for the language of the post is
 * known. Scripts that put no spaces between words are found by any part of them.
 */
import type { Id } from '../../core/ids.ts';
import type { Page, PageRequest } from '../../core/page.ts';

/** Posts or users in one call. */
export const INDEX_BATCH_MAX = 1_000;
/** Words, phrases and tags in one query; what is beyond is the caller's to refuse. */
export const QUERY_TERMS_MAX = 20;
/** Hits in one page. */
export const SEARCH_LIMIT_MAX = 200;

/** `public`: found by everyone; `unlisted`: by the author; `followers` and `direct`: by the audience and the author. */
export type PostVisibility = 'public' | 'unlisted' | 'followers' | 'direct';

export interface IndexedPost {
  readonly postId: Id;
  readonly authorId: Id;
  readonly text: string;
  /** BCP 47. */
  readonly language: string | null;
  readonly visibility: PostVisibility;
  /** Who may see a post that is not public, besides its author and, of `followers`, whoever follows the author. */
  readonly audienceIds: readonly Id[];
  /** In lower case. Those of public posts are counted. */
  readonly tags: readonly string[];
  /** Higher for a later state of the post; whole, from 0, below REMOVED_VERSION. */
  readonly version: number;
}

/** Of what is removed: no state is later. */
export const REMOVED_VERSION = Number.MAX_SAFE_INTEGER;

export interface RemovedPost {
  readonly postId: Id;
  readonly authorId: Id;
}

export interface IndexedUser {
  readonly userId: Id;
  readonly username: string;
  readonly displayName: string;
  /** Neither the user nor the user's posts are found. `undefined`: as it was, or not. */
  readonly hidden: boolean | undefined;
  readonly version: number;
}

/** All parts must be met. A term is one word, or several in a row. */
export interface PostQuery {
  /** At least one, unless there are tags or an author. */
  readonly terms: readonly Term[];
  readonly excludedTerms: readonly Term[];
  readonly tags: readonly string[];
  readonly authorId?: Id | undefined;
  /** Only posts with ids from this on. */
  readonly from?: Id | undefined;
}

export interface Term {
  readonly text: string;
  /** Just so, not by their stems. */
  readonly exact: boolean;
}

/** Whom the viewer follows, and whose posts or names must not come up. */
export interface ViewerCircle {
  /** `undefined`: nobody signed in. */
  readonly viewerId: Id | undefined;
  readonly followeeIds: readonly Id[];
  readonly hiddenIds: readonly Id[];
}

/** Where a page of users begins: after this one. */
export interface UserPosition {
  /** The rank of the group: an exact name, followed by the viewer, others. */
  readonly group: number;
  readonly popularity: number;
  readonly userId: Id;
}

export interface UserHits {
  readonly userIds: readonly Id[];
  readonly next: UserPosition | undefined;
}

export interface TagPosition {
  readonly useCount: number;
  readonly tag: string;
}

export interface TagUse {
  readonly tag: string;
  /** In how many public posts. */
  readonly useCount: number;
}

export interface TagHits {
  readonly tags: readonly TagUse[];
  readonly next: TagPosition | undefined;
}

export interface SearchIndex {
  /**
   * What a call has put in or removed is found, or not found any more, so long after it has resolved, at the latest.
   * 0: at once.
   */
  readonly searchableAfterMs: number;

  /** At most INDEX_BATCH_MAX. A post that is there with a higher version stays as it is; of equal ones the last that came counts. */
  indexPosts(posts: readonly IndexedPost[]): Promise<void>;
  /** Also of posts that are not there (yet). At most INDEX_BATCH_MAX. */
  removePosts(posts: readonly RemovedPost[]): Promise<void>;
  /** Those of the posts of which nothing is known, not even that they were removed. */
  missingPosts(postIds: readonly Id[]): Promise<Id[]>;

  /** As `indexPosts`. A new user has no followers. */
  indexUsers(users: readonly IndexedUser[]): Promise<void>;
  /** Erases their names; for ever. The posts are removed by whoever deletes them. */
  removeUsers(userIds: readonly Id[]): Promise<void>;
  missingUsers(userIds: readonly Id[]): Promise<Id[]>;
  /** How many follow each user, which ranks them; may be kept a twentieth too low or too high. Unknown users are none. */
  rankUsers(followers: ReadonlyMap<Id, number>): Promise<void>;

  /**
   * Posts that the viewer may see, newest first. Pages are stable: what is written meanwhile neither repeats nor hides
   * a post in a later page. What a call costs is bounded, however many posts have the words: a page may be short, even empty,
   * and lead on all the same.
   */
  searchPosts(query: PostQuery, circle: ViewerCircle, page: PageRequest): Promise<Page<Id>>;

  /**
   * Users in whose name or display name a word begins with each word of `text`: who has just this name, then those whom
   * the viewer follows, then all others, each by how many follow them. If there is nobody, well-known ones whose names are similar, at
   * most one page of them. An empty text is everybody. Who keeps their place in this order is neither repeated nor left out.
   */
  searchUsers(
    text: string,
    circle: ViewerCircle,
    page: { readonly after: UserPosition | undefined; readonly limit: number },
  ): Promise<UserHits>;

  /** Tags that begin with the prefix, the most used first. */
  searchTags(
    prefix: string,
    page: { readonly after: TagPosition | undefined; readonly limit: number },
  ): Promise<TagHits>;

  /** Forgets a piece of what was removed more than a month ago, and answers whether there may be more. */
  purge(): Promise<boolean>;
}
