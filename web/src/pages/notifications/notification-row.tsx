import type { ComponentChildren } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { Author, Notification, Post } from '../../api/types.ts';
import { navigate } from '../../navigation/location.ts';
import { Composer } from '../../posts/composer.tsx';
import { PostCard } from '../../posts/post.tsx';
import { PostText } from '../../posts/post-text.tsx';
import { takePost } from '../../state/posts.ts';
import { Avatar } from '../../ui/avatar.tsx';
import { countText } from '../../ui/count.tsx';
import { Icon, type IconName } from '../../ui/icon.tsx';
import { Time } from '../../ui/time.tsx';
import './notification-row.css';

const DID: Readonly<
  Record<string, { readonly icon: IconName; readonly tone: string; readonly text: string }>
> = {
  follow: { icon: 'user', tone: 'accent', text: 'followed you' },
  follow_request: { icon: 'lock', tone: 'accent', text: 'asked to follow you' },
  like: { icon: 'heart', tone: 'like', text: 'liked your post' },
  repost: { icon: 'repost', tone: 'share', text: 'reposted your post' },
};

export function NotificationRow({ notification }: { readonly notification: Notification }) {
  const { kind, read, post } = notification;
  const spoken = kind === 'reply' || kind === 'mention';
  return (
    <div class={read ? 'notification' : 'notification notification-new'}>
      {!read && <span class="unseen">New: </span>}
      {spoken && post !== null ? <Spoken post={post} /> : <Group notification={notification} />}
    </div>
  );
}

/** Somebody speaks to the reader: the post itself. */
function Spoken({ post }: { readonly post: Post }) {
  const shown = useMemo(() => takePost(post), [post]);
  const [isAnswering, setAnswering] = useState(false);
  return (
    <>
      <PostCard post={shown} onReply={() => setAnswering(true)} />
      {isAnswering && <Composer replyTo={shown.value} onClose={() => setAnswering(false)} />}
    </>
  );
}

/** Several did the same. */
function Group({ notification }: { readonly notification: Notification }) {
  const { kind, actors, group_count: count, post, created_at: at } = notification;
  const { icon, tone, text } = DID[kind] ?? { icon: 'bell', tone: 'accent', text: 'did something' };
  return (
    <div class="group">
      <span class={`group-icon group-${tone}`}>
        <Icon name={icon} filled={icon === 'heart'} />
      </span>
      <div class="group-main">
        <p class="group-faces">
          {actors.map((actor) => (
            <Avatar key={actor.user_id} user={actor} size={32} />
          ))}
        </p>
        <p>
          <Names actors={actors} count={count} /> {text} ·{' '}
          <span class="muted">
            <Time at={at} />
          </span>
        </p>
        {post !== null && (
          // biome-ignore lint/a11y/useKeyWithClickEvents lint/a11y/noStaticElementInteractions: the link below is for keys
          <div class="group-post muted" onClick={() => navigate(`/@${post.author.username}/${post.post_id}`)}>
            <PostText post={post} />
            <a class="unseen" href={`/@${post.author.username}/${post.post_id}`}>
              Open the post
            </a>
          </div>
        )}
        {kind === 'follow_request' && <a href="/requests">Answer the request</a>}
      </div>
    </div>
  );
}

const NAMED_MAX = 2;

/** `Alice, Bob and 21 others`. */
function Names({ actors, count }: { readonly actors: readonly Author[]; readonly count: number }) {
  const named = actors.slice(0, count > NAMED_MAX + 1 ? NAMED_MAX : NAMED_MAX + 1);
  const others = count - named.length;
  const parts: ComponentChildren[] = named.map((actor) => (
    <a key={actor.user_id} class="post-author" href={`/@${actor.username}`}>
      <bdi>{actor.display_name}</bdi>
    </a>
  ));
  if (others > 0) parts.push(countText(others, 'other', 'others'));
  return (
    <>
      {parts.map((part, index) => (
        <>
          {index > 0 && (index === parts.length - 1 ? ' and ' : ', ')}
          {part}
        </>
      ))}
    </>
  );
}
