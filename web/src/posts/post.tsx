/** A post, wherever it stands. It is no link: its time is. A click beside everything else opens it for who uses a mouse. */
import type { Signal } from '@preact/signals';
import { useId, useState } from 'preact/hooks';
import type { Author, Post } from '../api/types.ts';
import { navigate } from '../navigation/location.ts';
import { PhotoGrid } from '../photos/photo-grid.tsx';
import { isGone } from '../state/posts.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Button } from '../ui/button.tsx';
import { Icon, type IconName } from '../ui/icon.tsx';
import { Time } from '../ui/time.tsx';
import './post.css';
import { PostActions } from './post-actions.tsx';
import { PostMenu } from './post-menu.tsx';
import { PostText } from './post-text.tsx';

export interface PostCardProps {
  readonly post: Signal<Post>;
  readonly repostedBy?: Author | null | undefined;
  /** Whom it answers stands right above it. */
  readonly followsParent?: boolean;
  /** Its place in a feed, from 1. */
  readonly position?: number | undefined;
  readonly onReply: (post: Post) => void;
}

const VISIBILITY: Readonly<Record<string, { readonly icon: IconName; readonly label: string }>> = {
  unlisted: { icon: 'link', label: 'Unlisted: not in lists and search' },
  followers: { icon: 'lock', label: 'For followers only' },
  direct: { icon: 'mail', label: 'Only for those it names' },
};

export function PostCard({
  post: shown,
  repostedBy,
  followsParent = false,
  position,
  onReply,
}: PostCardProps) {
  const id = useId();
  const post = shown.value;
  const { author } = post;
  if (isGone(post.post_id).value) return <p class="post post-gone muted">This post was deleted.</p>;
  const path = `/@${author.username}/${post.post_id}`;
  const seen = VISIBILITY[post.visibility];
  return (
    <article
      class="post"
      tabIndex={-1}
      data-post={post.post_id}
      aria-labelledby={`${id}-by`}
      aria-describedby={`${id}-text`}
      aria-posinset={position}
      aria-setsize={position === undefined ? undefined : -1}
      onClick={(event) => openOnClick(event, author, path)}
      onKeyDown={({ key, target, currentTarget }) => {
        if (key === 'Enter' && target === currentTarget) navigate(path);
      }}
    >
      {repostedBy != null && (
        <p class="post-why">
          <Icon name="repost" /> <a href={`/@${repostedBy.username}`}>{repostedBy.display_name}</a> reposted
        </p>
      )}
      <div class="post-face">
        <Avatar user={author} />
      </div>
      <div class="post-main">
        <header class="post-head" id={`${id}-by`}>
          <a class="post-author one-line" href={`/@${author.username}`}>
            <bdi>{author.display_name}</bdi>
          </a>
          <span class="muted one-line">@{author.username}</span>
          <span class="muted" aria-hidden="true">
            ·
          </span>
          <a class="post-time muted" href={path}>
            <Time at={post.created_at} />
          </a>
          {post.edited_at !== null && <span class="muted small">edited</span>}
          {seen !== undefined && (
            <span class="post-seen muted" title={seen.label}>
              <Icon name={seen.icon} />
              <span class="unseen">{seen.label}</span>
            </span>
          )}
        </header>
        {post.reply_to_id !== null && !followsParent && (
          <p class="muted small">
            Replying to{' '}
            {post.reply_to_user === null ? (
              'someone who is gone'
            ) : (
              <a href={`/@${post.reply_to_user.username}`}>@{post.reply_to_user.username}</a>
            )}
          </p>
        )}
        <div id={`${id}-text`}>
          <PostContent post={post} />
        </div>
        <footer class="post-foot">
          <PostActions post={post} onReply={() => onReply(post)} />
          <PostMenu post={post} />
        </footer>
      </div>
    </article>
  );
}

/** The text, and what belongs to it; behind its warning until asked for. */
export function PostContent({ post }: { readonly post: Post }) {
  const [isOpen, setOpen] = useState(false);
  const { content_warning: warning } = post;
  if (warning === null || warning === '') return <Said post={post} />;
  return (
    <>
      <div class="post-warning">
        <p dir="auto">{warning}</p>
        <Button size="small" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen ? 'Hide' : 'Show'}
        </Button>
      </div>
      {isOpen && <Said post={post} />}
    </>
  );
}

function Said({ post }: { readonly post: Post }) {
  return (
    <>
      {post.text !== '' && <PostText post={post} />}
      {post.media.length > 0 && <PhotoGrid post={post} />}
    </>
  );
}

/** Not where something else takes the click, and not at the end of marking text. */
function openOnClick(event: MouseEvent, author: Author, path: string): void {
  const target = event.target as Element;
  if (event.defaultPrevented || event.button !== 0 || target.closest('a, button, input, [role=menu], dialog'))
    return;
  if (getSelection()?.isCollapsed === false) return;
  navigate(target.closest('.post-face') === null ? path : `/@${author.username}`);
}
