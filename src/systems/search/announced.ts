/**
 * Events of the accounts and the feed as the index needs them. What is in them is a contract between systems: the fields below
 * have been there in every release.
 */
import type { Id } from '../../core/ids.ts';
import type { LoggedEvent } from '../../ports/event-log/event-log.ts';
import type { IndexedPost, IndexedUser, RemovedPost } from '../../ports/search-index/search-index.ts';

export const POSTS_TOPIC = 'posts';
export const USERS_TOPIC = 'users';
export const RELATIONSHIPS_TOPIC = 'relationships';
export const BULK_LOADS_TOPIC = 'bulk_loads';

interface AnnouncedPost {
  readonly post_id: string;
  readonly author_id: string;
  readonly text: string;
  readonly content_warning: string | null;
  readonly language: string | null;
  readonly visibility: IndexedPost['visibility'];
  readonly reply_to_user_id: string | null;
  readonly mention_user_ids: readonly string[];
  readonly tags: readonly string[];
  readonly edited_at: string | null;
}

/** Of `created` and `edited`. */
export function announcedPost({ payload }: LoggedEvent): IndexedPost {
  // As the feed has written it in every release so far.
  const post = payload as unknown as AnnouncedPost;
  return indexedPost({
    postId: Number(post.post_id),
    authorId: Number(post.author_id),
    text: post.text,
    contentWarning: post.content_warning,
    language: post.language,
    visibility: post.visibility,
    replyToUserId: post.reply_to_user_id === null ? null : Number(post.reply_to_user_id),
    mentionUserIds: post.mention_user_ids.map(Number),
    tags: post.tags,
    editedAt: post.edited_at === null ? null : new Date(post.edited_at),
  });
}

/** A post as the feed has it. */
export interface PostToIndex {
  readonly postId: Id;
  readonly authorId: Id;
  readonly text: string;
  readonly contentWarning: string | null;
  readonly language: string | null;
  readonly visibility: IndexedPost['visibility'];
  readonly replyToUserId: Id | null;
  readonly mentionUserIds: readonly Id[];
  readonly tags: readonly string[];
  readonly editedAt: Date | null;
}

/** With its content warning, which is what others see of it first. The time of the last edit is its version. */
export function indexedPost(post: PostToIndex): IndexedPost {
  const { postId, authorId, text, contentWarning, language, visibility, tags, editedAt } = post;
  const addressed = post.replyToUserId === null ? [] : [post.replyToUserId];
  const isNarrow = visibility === 'followers' || visibility === 'direct';
  return {
    postId,
    authorId,
    text: contentWarning === null ? text : `${contentWarning}\n${text}`,
    language,
    visibility,
    audienceIds: isNarrow ? [...new Set([...post.mentionUserIds, ...addressed])] : [],
    tags,
    version: editedAt === null ? 0 : editedAt.getTime(),
  };
}

export function deletedPost({ payload }: LoggedEvent): RemovedPost {
  return { postId: Number(payload['post_id']), authorId: Number(payload['author_id']) };
}

/** `updated` says nothing of it: who is suspended can still change their profile. */
const HIDDEN: Readonly<Record<string, boolean>> = { created: false, suspended: true, restored: false };

/** Of `created`, `updated`, `suspended` and `restored`; the time of the event is its version. */
export function announcedUser({ key, kind, payload, createdAt }: LoggedEvent): IndexedUser {
  return {
    userId: key,
    username: String(payload['username']),
    displayName: String(payload['display_name']),
    hidden: HIDDEN[kind],
    version: createdAt.getTime(),
  };
}
