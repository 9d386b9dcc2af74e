/** A person, as all systems speak of one. */
import type { Id } from './ids.ts';

export interface User {
  readonly userId: Id;
  readonly username: string;
  readonly displayName: string;
  readonly bio: string;
  readonly avatarUrl: string | null;
  /** Of the wide picture on top of their page. */
  readonly headerUrl: string | null;
  /** New followers must ask. */
  readonly locked: boolean;
}

export interface UserCounts {
  readonly followerCount: number;
  readonly followingCount: number;
  readonly postCount: number;
}

export const NO_COUNTS: UserCounts = { followerCount: 0, followingCount: 0, postCount: 0 };

/** How the viewer stands to another user. */
export interface Relationship {
  readonly following: boolean;
  readonly followedBy: boolean;
  /** The viewer has asked to follow. */
  readonly requested: boolean;
  /** The other has asked to follow the viewer. */
  readonly requestedBy: boolean;
  readonly muting: boolean;
  readonly blocking: boolean;
  readonly blockedBy: boolean;
}

export const NO_RELATIONSHIP: Relationship = {
  following: false,
  followedBy: false,
  requested: false,
  requestedBy: false,
  muting: false,
  blocking: false,
  blockedBy: false,
};

/**
 * The counts of each of `userIds`, and how the viewer stands to them, in one query. Every id asked for is in the answer; unknown
 * users have no counts, and to them and to oneself one stands in no relationship.
 */
export type StandingsOf = (
  viewerId: Id,
  userIds: readonly Id[],
) => Promise<ReadonlyMap<Id, { readonly counts: UserCounts; readonly relationship: Relationship }>>;

/** Whoever sees, and another. */
export interface Pair {
  readonly viewerId: Id;
  readonly userId: Id;
}

/** What lies between the two of a pair, as far as it decides what the viewer is told of the other unasked. */
export interface Tie {
  /** The viewer follows the other. */
  readonly following: boolean;
  readonly muting: boolean;
  /** By either of the two. */
  readonly blocked: boolean;
}

/** A user as one viewer sees them; the relationship is null for strangers to the server and for oneself. */
export interface Profile extends User {
  readonly counts: UserCounts;
  readonly relationship: Relationship | null;
}

/**
 * Finds many users at once. Who is suspended, deleted or unknown is not in the answer, and nothing of theirs
 * may be shown.
 */
export type GetUsers = (userIds: readonly Id[]) => Promise<ReadonlyMap<Id, User>>;

/** Someone whom this process has in memory, as `GetUsers` would find them; `undefined`: ask it. */
export type CachedUser = (userId: Id) => User | undefined;

/** Finds users by name, whatever the case; the keys are in lower case. */
export type FindUsers = (usernames: readonly string[]) => Promise<ReadonlyMap<string, User>>;

/** Full profiles in the order of the ids; who cannot be shown is left out. */
export type DescribeUsers = (viewerId: Id | undefined, userIds: readonly Id[]) => Promise<Profile[]>;
