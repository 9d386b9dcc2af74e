/** Says how many newer posts wait. At the top they are shown where the reader is; further down, above, and nothing moves. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { announce } from '../state/announcer.ts';
import { Button } from '../ui/button.tsx';
import { countText } from '../ui/count.tsx';
import type { FeedList } from './feed-list.ts';

const ANNOUNCED_EVERY_MS = 30_000;
const DOWN_FROM = 200;

export interface NewPostsProps {
  readonly list: FeedList;
  /** See `useHolding`. */
  readonly hold: (element: Element | null | undefined) => void;
}

export function NewPosts({ list, hold }: NewPostsProps) {
  const isDown = useIsDown();
  const count = list.waiting.value.length;
  const text = list.isWaitingCut.value ? `${count}+ new posts` : countText(count, 'new post', 'new posts');
  useAnnounced(count === 0 ? undefined : text);
  if (count === 0) return null;

  function showAbove(): void {
    const posts = [...document.querySelectorAll('.feed > .post')];
    hold(posts.find((each) => each.getBoundingClientRect().top >= 0));
    list.show();
  }

  function showNewest(): void {
    list.show();
    scrollTo({ top: 0 });
    requestAnimationFrame(() =>
      document.querySelector<HTMLElement>('.feed .post')?.focus({ preventScroll: true }),
    );
  }

  return (
    <div class="feed-new">
      <Button tone="primary" size="small" onClick={isDown ? showAbove : showNewest}>
        {text}
      </Button>
      {isDown && (
        <Button size="small" onClick={showNewest}>
          To the newest
        </Button>
      )}
    </div>
  );
}

function useIsDown(): boolean {
  const [isDown, setDown] = useState(() => scrollY > DOWN_FROM);
  useEffect(() => {
    const note = (): void => setDown(scrollY > DOWN_FROM);
    note();
    addEventListener('scroll', note, { passive: true });
    return () => removeEventListener('scroll', note);
  }, []);
  return isDown;
}

/** Not each of them: who hears the page is reading. */
function useAnnounced(text: string | undefined): void {
  const last = useRef(-ANNOUNCED_EVERY_MS);
  useEffect(() => {
    if (text === undefined || performance.now() - last.current < ANNOUNCED_EVERY_MS) return;
    last.current = performance.now();
    announce(text);
  }, [text]);
}
