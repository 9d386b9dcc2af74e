/** What can be done with a post. Each says whether it is done, and how many did it, in words as well. */

import type { Post } from '../api/types.ts';
import { navigate } from '../navigation/location.ts';
import { react, type Verb } from '../state/posts.ts';
import { isSignedIn } from '../state/session.ts';
import { compactCount, countText } from '../ui/count.tsx';
import { Icon, type IconName } from '../ui/icon.tsx';
import './post.css';

interface ActionProps {
  readonly post: Post;
  readonly onReply: () => void;
}

export function PostActions({ post, onReply }: ActionProps) {
  const { post_id: postId, visibility } = post;
  const mayRepost = visibility === 'public' || visibility === 'unlisted';

  function toggle(verb: Verb, done: boolean): () => void {
    return () => (isSignedIn.value ? react(postId, verb, !done) : askToSignIn());
  }

  return (
    <div class="post-actions">
      <Action
        icon="reply"
        name="Reply"
        count={countOf(post.reply_count, 'reply', 'replies')}
        onPress={() => (isSignedIn.value ? onReply() : askToSignIn())}
      />
      <Action
        icon="repost"
        name="Repost"
        tone="share"
        pressed={post.reposted}
        disabled={!mayRepost && 'Only public posts can be reposted'}
        count={countOf(post.repost_count, 'repost', 'reposts')}
        onPress={toggle('repost', post.reposted)}
      />
      <Action
        icon="heart"
        name="Like"
        tone="like"
        pressed={post.liked}
        count={countOf(post.like_count, 'like', 'likes')}
        onPress={toggle('like', post.liked)}
      />
      <Action
        icon="bookmark"
        name="Bookmark"
        tone="accent"
        pressed={post.bookmarked}
        onPress={toggle('bookmark', post.bookmarked)}
      />
    </div>
  );
}

function askToSignIn(): void {
  navigate(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
}

function countOf(value: number, one: string, many: string) {
  return { value, words: countText(value, one, many) };
}

function Action(props: {
  readonly icon: IconName;
  readonly name: string;
  readonly tone?: 'like' | 'share' | 'accent';
  readonly pressed?: boolean;
  /** Why it cannot be done. */
  readonly disabled?: string | false;
  readonly count?: { readonly value: number; readonly words: string };
  readonly onPress: () => void;
}) {
  const { icon, name, tone = 'accent', pressed, disabled = false, count, onPress } = props;
  return (
    <button
      type="button"
      class={`post-action post-action-${tone}`}
      aria-label={count === undefined ? name : `${name}, ${count.words}`}
      aria-pressed={pressed}
      aria-disabled={disabled !== false}
      title={disabled === false ? name : disabled}
      onClick={disabled === false ? onPress : undefined}
    >
      <Icon name={icon} filled={pressed === true && icon !== 'repost'} />
      <span class="figures" aria-hidden="true">
        {count !== undefined && count.value > 0 && compactCount(count.value)}
      </span>
    </button>
  );
}
