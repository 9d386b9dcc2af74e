/** A post where a timeline shows it. */
import type { Id } from '../../../core/ids.ts';
import type { User } from '../../../core/user.ts';
import type { PostContent, PostReactions } from '../posts/post.ts';

export interface TimelineEntry {
  /** Of the post, or of the repost that brought it here. */
  readonly entryId: Id;
  /** One object for all who see it, where it comes from memory. */
  readonly content: PostContent;
  readonly author: User;
  readonly reactions: PostReactions;
  readonly repostedBy: User | null;
}
