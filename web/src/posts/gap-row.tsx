/** Stands where posts are missing, and loads them. Whichever way the reader came, what they read stays where it is. */
import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Button } from '../ui/button.tsx';
import type { Gap } from './feed-gaps.ts';
import type { FeedList } from './feed-list.ts';

export interface GapRowProps {
  readonly list: FeedList;
  readonly belowId: string;
  readonly gap: Gap;
  /** See `useHolding`. */
  readonly hold: (element: Element | null | undefined) => void;
}

export function GapRow({ list, belowId, gap, hold }: GapRowProps) {
  const row = useRef<HTMLDivElement>(null);
  const cameFromBelow = useCameFromBelow(row);

  function fill(): void {
    // What comes stands above the row: who came from above reads on there, who came from below keeps what is below it.
    const { current } = row;
    void list.fill(belowId, () =>
      hold(cameFromBelow() ? current?.nextElementSibling : current?.previousElementSibling),
    );
  }

  return (
    <div class="feed-gap" ref={row}>
      <p class="muted small">
        {gap.problem === undefined ? 'Here are posts that are not loaded.' : gap.problem.message}
      </p>
      <Button size="small" busy={gap.isLoading} onClick={fill}>
        {gap.problem === undefined ? 'Load what lies between' : 'Try again'}
      </Button>
    </div>
  );
}

/**
 * Answers whether the row was above the screen before it came into view. Not which way the page was scrolled last: the
 * browser scrolls it, too, as posts get their heights.
 */
function useCameFromBelow(row: RefObject<HTMLElement | null>): () => boolean {
  const wasAbove = useRef(false);
  useEffect(() => {
    const note = (): void => {
      const box = row.current?.getBoundingClientRect();
      if (box === undefined) return;
      if (box.bottom < 0) wasAbove.current = true;
      else if (box.top > innerHeight) wasAbove.current = false;
    };
    addEventListener('scroll', note, { passive: true });
    return () => removeEventListener('scroll', note);
  }, []);
  return () => wasAbove.current;
}
