/** Shows a feed list: more of it when its end comes near, and what is new when the reader asks, never by itself. */
import { useComputed } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Post } from '../api/types.ts';
import { Button } from '../ui/button.tsx';
import { countText } from '../ui/count.tsx';
import { EndMark } from '../ui/item-list.tsx';
import { Failure, Skeleton } from '../ui/states.tsx';
import './feed.css';
import { Composer } from './composer.tsx';
import type { FeedList } from './feed-list.ts';
import { PostCard } from './post.tsx';
import { useVisiblePosts } from './visible-posts.ts';

export interface FeedProps {
  /** Of the list, for who hears it. */
  readonly name: string;
  readonly list: FeedList;
  readonly empty: ComponentChildren;
}

export function Feed({ name, list, empty }: FeedProps) {
  const [answered, setAnswered] = useState<Post>();
  const { entries, isLoading, problem, isComplete } = list;
  const container = useVisiblePosts(entries.value);
  const isEmpty = useComputed(() => isComplete.value && entries.value.length === 0);
  useEffect(() => {
    if (entries.value.length === 0) void list.more();
    else void list.look();
  }, [list]);

  return (
    <>
      <NewPosts list={list} />
      <div
        ref={container}
        {...(entries.value.length > 0 && { role: 'feed', 'aria-label': name, 'aria-busy': isLoading.value })}
        class="feed"
      >
        {entries.value.map(({ id, post, repostedBy }, index) => (
          <PostCard key={id} post={post} repostedBy={repostedBy} position={index + 1} onReply={setAnswered} />
        ))}
      </div>
      {isEmpty.value && empty}
      {problem.value !== undefined && (
        <Failure
          what="The posts could not be loaded"
          problem={problem.value}
          onRetry={() => void list.more()}
        />
      )}
      {isLoading.value && <Skeleton rows={entries.value.length === 0 ? 4 : 1} />}
      {!isComplete.value && problem.value === undefined && <EndMark onNear={() => void list.more()} />}
      {isComplete.value && entries.value.length > 0 && <p class="feed-end muted">You are at the end.</p>}
      {answered !== undefined && <Composer replyTo={answered} onClose={() => setAnswered(undefined)} />}
    </>
  );
}

/** At the top they are shown where the reader is; further down, above, with the page staying where it is. */
function NewPosts({ list }: { readonly list: FeedList }) {
  const count = list.waiting.value.length;
  const anchor = useRef<{ readonly post: Element; readonly top: number } | undefined>(undefined);
  useLayoutEffect(() => {
    if (anchor.current === undefined) return;
    scrollBy(0, anchor.current.post.getBoundingClientRect().top - anchor.current.top);
    anchor.current = undefined;
  });
  if (count === 0) return null;

  function showAbove(): void {
    const post = [...document.querySelectorAll('.feed .post')].find(
      (each) => each.getBoundingClientRect().top >= 0,
    );
    if (post !== undefined) anchor.current = { post, top: post.getBoundingClientRect().top };
    list.show();
  }

  function showNewest(): void {
    list.show();
    scrollTo({ top: 0 });
    document.querySelector<HTMLElement>('.feed .post')?.focus({ preventScroll: true });
  }

  const isDown = scrollY > 200;
  return (
    <div class="feed-new">
      <Button tone="primary" size="small" onClick={isDown ? showAbove : showNewest}>
        {countText(count, 'new post', 'new posts')}
      </Button>
      {isDown && (
        <Button size="small" onClick={showNewest}>
          To the newest
        </Button>
      )}
    </div>
  );
}
