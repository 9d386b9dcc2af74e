/** A post, as the feed's nouns speak of one. */
import type { Id } from '../../../core/ids.ts';
import type { Media } from '../../../core/media.ts';
import type { User } from '../../../core/user.ts';

/**
 * Who may see a post, from the widest to the narrowest. `public`: everyone, and it is in the lists of its tags.
 * `unlisted`: everyone who comes across it. `followers`: who follows the author. `direct`: only those it speaks to.
 * The last two are always for those they mention and for the author of the post they answer, too.
 */
export const VISIBILITIES = ['public', 'unlisted', 'followers', 'direct'] as const;
export type Visibility = (typeof VISIBILITIES)[number];

/** An answer is no wider than a post for `followers` or a `direct` one: its reach is not the replier's to widen. */
export function narrowVisibility(asked: Visibility, parent: Visibility | undefined): Visibility {
  if (parent === undefined || parent === 'public' || parent === 'unlisted') return asked;
  return VISIBILITIES.indexOf(asked) > VISIBILITIES.indexOf(parent) ? asked : parent;
}

/** Only what everyone may see can be passed on. */
export function isRepostable(visibility: Visibility): boolean {
  return visibility === 'public' || visibility === 'unlisted';
}

/** Of what a post holds; its pictures too have addresses that last only if everyone may see it. */
export function audienceOf(visibility: Visibility): 'everyone' | 'some' {
  return isRepostable(visibility) ? 'everyone' : 'some';
}

/** Who is spoken of by name. */
export type Named = Pick<User, 'userId' | 'username'>;

/** What a post says: the same for all who see it, until an edit. */
export interface PostContent {
  readonly postId: Id;
  readonly text: string;
  readonly visibility: Visibility;
  readonly contentWarning: string | null;
  readonly language: string | null;
  readonly replyToId: Id | null;
  /** The author of the post it answers; null when it answers none, or that user is gone. */
  readonly replyToUser: Named | null;
  readonly mentions: readonly Named[];
  /** In lower case. */
  readonly tags: readonly string[];
  readonly editedAt: Date | null;
  readonly media: readonly Media[];
}

/** A post as one viewer sees it. */
export interface Post extends PostContent {
  readonly author: User;
  readonly reactions: PostReactions;
}

/** How many reacted to a post. */
export interface ReactionCounts {
  readonly likeCount: number;
  readonly repostCount: number;
  readonly replyCount: number;
}

/** Whether the viewer did. */
export interface ViewerFlags {
  readonly liked: boolean;
  readonly reposted: boolean;
  readonly bookmarked: boolean;
}

export type PostReactions = ReactionCounts & ViewerFlags;

export const NO_REACTIONS: PostReactions = {
  likeCount: 0,
  repostCount: 0,
  replyCount: 0,
  liked: false,
  reposted: false,
  bookmarked: false,
};

/** What a client sends to make a post. */
export interface PostDraft {
  readonly text: string;
  readonly visibility?: Visibility | undefined;
  readonly contentWarning?: string | null | undefined;
  readonly language?: string | null | undefined;
  readonly replyToId?: Id | undefined;
  readonly mediaIds?: readonly Id[] | undefined;
}

/** What a client sends to edit one; what is absent stays. */
export interface PostChanges {
  readonly text?: string | undefined;
  readonly contentWarning?: string | null | undefined;
  readonly language?: string | null | undefined;
}

/** What a post said before an edit. */
export interface PostEdit {
  readonly editId: Id;
  readonly text: string;
  readonly contentWarning: string | null;
  readonly language: string | null;
}
