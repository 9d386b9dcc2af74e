/**
 * The events of the topic `posts`, with the post's author as key: what happens to the posts of one author and to
 * their reposts is in order, because a change holds the lock of the post, or of the repost, until its commit.
 */
import { type Id, idTimestamp } from '../../../core/ids.ts';
import type { LoggedEvent, NewEvent } from '../../../ports/event-log/event-log.ts';
import type { PostRow } from './posts-queries.ts';

export const POSTS_TOPIC = 'posts';

/** The whole post. */
export function postCreated(post: PostRow): NewEvent {
  return event('created', post.author_id, wholeOf(post));
}

/** The whole post as it is now, whom it mentions only since this edit, and whom no longer. */
export function postEdited(
  post: PostRow,
  mentions: { readonly added: readonly Id[]; readonly removed: readonly Id[] },
): NewEvent {
  return event('edited', post.author_id, {
    ...wholeOf(post),
    added_mention_user_ids: mentions.added.map(String),
    removed_mention_user_ids: mentions.removed.map(String),
  });
}

/** The whole post: its pictures are not what they were, because they are ready, or described otherwise. It is no edit. */
export function postMediaChanged(post: PostRow): NewEvent {
  return event('media_changed', post.author_id, wholeOf(post));
}

/** What it said is gone; its place in the thread is not. Whom it spoke to must learn of it, too. */
export function postDeleted(post: PostRow): NewEvent {
  return event('deleted', post.author_id, {
    post_id: String(post.post_id),
    author_id: String(post.author_id),
    visibility: post.visibility,
    reply_to_id: textOf(post.reply_to_id),
    reply_to_user_id: textOf(post.reply_to_user_id),
    thread_id: String(post.thread_id),
    mention_user_ids: post.mention_user_ids.map(String),
  });
}

/** `userId` is who passes the post on. */
export interface Repost {
  readonly repostId: Id;
  readonly userId: Id;
  readonly postId: Id;
  readonly authorId: Id;
}

export function repostEvent(kind: 'reposted' | 'unreposted', repost: Repost): NewEvent {
  return event(kind, repost.authorId, {
    repost_id: String(repost.repostId),
    user_id: String(repost.userId),
    post_id: String(repost.postId),
    author_id: String(repost.authorId),
    created_at: idTimestamp(repost.repostId),
  });
}

/** The post of `created`, `edited` and `media_changed`. */
export function postOf(payload: LoggedEvent['payload']): PostRow {
  // As `wholeOf` has written it in every release so far.
  const whole = payload as ReturnType<typeof wholeOf>;
  return {
    post_id: Number(whole.post_id),
    author_id: Number(whole.author_id),
    text: whole.text,
    visibility: whole.visibility,
    content_warning: whole.content_warning,
    language: whole.language,
    reply_to_id: idOf(whole.reply_to_id),
    reply_to_user_id: idOf(whole.reply_to_user_id),
    thread_id: Number(whole.thread_id),
    mention_user_ids: whole.mention_user_ids.map(Number),
    tags: whole.tags,
    edited_at: whole.edited_at === null ? null : new Date(whole.edited_at),
    media: whole.media ?? null,
  };
}

/** The repost of `reposted` and `unreposted`. */
export function repostOf(payload: LoggedEvent['payload']): Repost {
  return {
    repostId: Number(payload['repost_id']),
    userId: Number(payload['user_id']),
    postId: Number(payload['post_id']),
    authorId: Number(payload['author_id']),
  };
}

function event(kind: string, authorId: Id, payload: NewEvent['payload']): NewEvent {
  return { topic: POSTS_TOPIC, key: authorId, kind, payload, ownerId: authorId };
}

function wholeOf(post: PostRow) {
  return {
    post_id: String(post.post_id),
    author_id: String(post.author_id),
    text: post.text,
    visibility: post.visibility,
    content_warning: post.content_warning,
    language: post.language,
    reply_to_id: textOf(post.reply_to_id),
    reply_to_user_id: textOf(post.reply_to_user_id),
    thread_id: String(post.thread_id),
    mention_user_ids: post.mention_user_ids.map(String),
    tags: post.tags,
    created_at: idTimestamp(post.post_id),
    edited_at: post.edited_at === null ? null : post.edited_at.toISOString(),
    // Absent where there are none, as in releases that knew none.
    ...(post.media === null ? {} : { media: post.media }),
  };
}

function textOf(id: Id | null): string | null {
  return id === null ? null : String(id);
}

function idOf(text: string | null): Id | null {
  return text === null ? null : Number(text);
}
