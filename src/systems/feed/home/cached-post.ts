/** A post as it is for everyone: what its viewers differ in is put beside it when it is shown. */
import type { Id } from '../../../core/ids.ts';
import { NO_MEDIA, type ShowMedia, type StoredMedia } from '../../../core/media.ts';
import type { User } from '../../../core/user.ts';
import { audienceOf, type Named, type PostContent, type ReactionCounts } from '../posts/post.ts';
import type { PostCountsRow } from '../posts/post-reactions-queries.ts';
import type { PostRow } from '../posts/posts-queries.ts';

export const NONE_COUNTED: ReactionCounts = { likeCount: 0, repostCount: 0, replyCount: 0 };

/** Never changes but for its counts: after an edit it is another object. */
export interface CachedPost extends PostContent {
  readonly authorId: Id;
  readonly replyToUserId: Id | null;
  readonly mentionUserIds: readonly Id[];
  /** Null: none. */
  readonly storedMedia: readonly StoredMedia[] | null;
  /** Replaced, never changed. */
  readonly counts: ReactionCounts;
}

export interface CachedEntry {
  /** Of the post, or of the repost that brings it. */
  readonly entryId: Id;
  readonly post: CachedPost;
  readonly reposterId: Id | null;
}

/** To whoever keeps it up to date. */
export interface CountedPost extends Omit<CachedPost, 'counts'> {
  counts: ReactionCounts;
}

/** Without the names, which `withNames` adds. */
export function cachedPostOf(row: PostRow, counts: ReactionCounts, showMedia: ShowMedia): CountedPost {
  return {
    postId: row.post_id,
    authorId: row.author_id,
    text: row.text,
    visibility: row.visibility,
    contentWarning: row.content_warning,
    language: row.language,
    replyToId: row.reply_to_id,
    replyToUserId: row.reply_to_user_id,
    replyToUser: null,
    mentionUserIds: row.mention_user_ids,
    mentions: NOBODY,
    tags: row.tags,
    editedAt: row.edited_at,
    storedMedia: row.media,
    media: row.media === null ? NO_MEDIA : showMedia(row.media, audienceOf(row.visibility)),
    counts,
  };
}

export function countsOf(row: PostCountsRow): ReactionCounts {
  return { likeCount: row.like_count, repostCount: row.repost_count, replyCount: row.reply_count };
}

/** Whom the post speaks of. */
export function namedUserIds({ replyToUserId, mentionUserIds }: CachedPost): readonly Id[] {
  return replyToUserId === null ? mentionUserIds : [replyToUserId, ...mentionUserIds];
}

export function withNames(post: CountedPost, users: ReadonlyMap<Id, User>): CountedPost {
  const mentioned = post.mentionUserIds.map((userId) => users.get(userId));
  return {
    ...post,
    replyToUser: post.replyToUserId === null ? null : nameOf(users.get(post.replyToUserId)),
    mentions: mentioned.map(nameOf).filter((named) => named !== null),
  };
}

/** As it is shown now: of pictures that not everyone may see, the addresses expire. */
export function shownContent(post: CachedPost, showMedia: ShowMedia): PostContent {
  const { storedMedia, visibility } = post;
  if (storedMedia === null || audienceOf(visibility) === 'everyone') return post;
  return { ...post, media: showMedia(storedMedia, 'some') };
}

/** The name alone, which never changes; of the rest of a user others keep track. */
function nameOf(user: User | undefined): Named | null {
  return user === undefined ? null : { userId: user.userId, username: user.username };
}

const NOBODY: readonly Named[] = [];
