/** Stands where posts are missing, and loads them. Whichever way the reader came, what they read stays where it is. */
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
  const goesUp = useScrollsUp();

  function fill(): void {
    // What comes stands above the row: who came from above reads on there, who came from below keeps what is below it.
    const { current } = row;
    void list.fill(belowId, () =>
      hold(goesUp() ? current?.nextElementSibling : current?.previousElementSibling),
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

/** Answers which way the page was moved last. */
function useScrollsUp(): () => boolean {
  const last = useRef({ y: 0, isUp: false });
  useEffect(() => {
    last.current.y = scrollY;
    const note = (): void => {
      if (scrollY !== last.current.y) last.current = { y: scrollY, isUp: scrollY < last.current.y };
    };
    addEventListener('scroll', note, { passive: true });
    return () => removeEventListener('scroll', note);
  }, []);
  return () => last.current.isUp;
}
