/** What live updates show, which other systems know: functions that the composition passes in. Texts are JSON. */
import type { Id } from '../../core/ids.ts';
import type { MaybePromise } from '../../core/maybe-promise.ts';

/** A post as everyone sees it, and who passed it on. */
export interface ShownEntry {
  readonly postId: Id;
  /** The post without its last brace, how it stands, and the flags of a viewer. */
  readonly openPost: string;
  /** Nearly as of now. */
  readonly counts: PostCounts;
  /** An author, or null. */
  readonly repostedBy: string;
}

/** Whether a viewer has liked, reposted and bookmarked a post. */
export interface ViewerFlags {
  readonly liked: boolean;
  readonly reposted: boolean;
  readonly bookmarked: boolean;
}

export interface FlagsOfPair extends ViewerFlags {
  readonly userId: Id;
  readonly postId: Id;
}

export interface PostCounts {
  readonly likeCount: number;
  readonly repostCount: number;
  readonly replyCount: number;
}

/** A post that somebody watches. */
export interface WatchedPost extends PostCounts {
  readonly authorId: Id;
  readonly visibility: string;
  readonly spokenToIds: readonly Id[];
  readonly editedAt: string | null;
}

export interface LiveContent {
  /**
   * What ids of posts and reposts stand for, in their order, as they are now; `undefined` where that is gone, or its
   * author cannot be shown. From memory where it is there.
   */
  entries(entryIds: readonly Id[]): MaybePromise<readonly (ShownEntry | undefined)[]>;
  /** Of those pairs of a user and a post only in which the user has reacted. */
  flags(userIds: readonly Id[], postIds: readonly Id[]): Promise<readonly FlagsOfPair[]>;
  counts(postIds: readonly Id[]): Promise<ReadonlyMap<Id, PostCounts>>;
  /** Those of the posts that the viewer may see, as `GET /posts/{post_id}` answers them. */
  posts(viewerId: Id, postIds: readonly Id[]): Promise<ReadonlyMap<Id, string>>;
  /** Those of the posts that the viewer may see. */
  watched(viewerId: Id, postIds: readonly Id[]): Promise<ReadonlyMap<Id, WatchedPost>>;
  /** Users as authors; without those who cannot be shown. */
  authors(userIds: readonly Id[]): MaybePromise<ReadonlyMap<Id, string>>;
}
