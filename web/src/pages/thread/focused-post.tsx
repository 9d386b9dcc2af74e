/** The post that the page is about: larger, with its whole time and all of its counts. */
import type { Signal } from '@preact/signals';
import type { Post } from '../../api/types.ts';
import { PostContent } from '../../posts/post.tsx';
import { PostActions } from '../../posts/post-actions.tsx';
import { PostMenu } from '../../posts/post-menu.tsx';
import { isGone } from '../../state/posts.ts';
import { Avatar } from '../../ui/avatar.tsx';
import { countText } from '../../ui/count.tsx';
import { Time } from '../../ui/time.tsx';

const VISIBILITY = {
  public: 'Public',
  unlisted: 'Unlisted',
  followers: 'Followers only',
  direct: 'Direct',
} as const;

export function FocusedPost({
  post: shown,
  onReply,
}: {
  readonly post: Signal<Post>;
  readonly onReply: () => void;
}) {
  const post = shown.value;
  const { author } = post;
  if (isGone(post.post_id).value) return <p class="post post-gone muted">This post was deleted.</p>;
  return (
    <article
      class="focused"
      aria-label={`Post of ${author.display_name}`}
      tabIndex={-1}
      data-post={post.post_id}
    >
      <header class="focused-head">
        <Avatar user={author} size={48} />
        <p>
          <a class="post-author" href={`/@${author.username}`}>
            <bdi>{author.display_name}</bdi>
          </a>
          <br />
          <span class="muted">@{author.username}</span>
        </p>
        <PostMenu post={post} />
      </header>
      <div class="focused-text">
        <PostContent post={post} />
      </div>
      <p class="muted small">
        <Time at={post.created_at} long /> · {VISIBILITY[post.visibility]}
        {post.edited_at !== null && (
          <>
            {' · edited '}
            <Time at={post.edited_at} />
          </>
        )}
      </p>
      <p class="focused-counts small">
        <span>{countText(post.reply_count, 'reply', 'replies')}</span>
        <span>{countText(post.repost_count, 'repost', 'reposts')}</span>
        <span>{countText(post.like_count, 'like', 'likes')}</span>
      </p>
      <PostActions post={post} onReply={onReply} />
    </article>
  );
}
