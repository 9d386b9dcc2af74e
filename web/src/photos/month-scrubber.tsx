/** A thin list of the months that are there, which leads to each, and says in which one the reader is. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Month } from './months.ts';

/** The month is that of what is in the upper part of the window. */
const UPPER_PART = '-80px 0px -60% 0px';

export function MonthScrubber({ months }: { readonly months: readonly Month[] }) {
  const bar = useRef<HTMLElement>(null);
  const current = useCurrentMonth(months);
  useEffect(() => {
    const button = bar.current?.querySelector<HTMLElement>('[aria-current]');
    // Its own scrolling only: the page is the reader's to move.
    if (button != null && bar.current !== null)
      bar.current.scrollLeft = button.offsetLeft - (bar.current.clientWidth - button.offsetWidth) / 2;
  }, [current]);

  function go(key: string): void {
    const heading = sectionOf(key)?.querySelector<HTMLElement>('h2');
    heading?.scrollIntoView();
    heading?.focus({ preventScroll: true });
  }

  return (
    <nav ref={bar} class="month-scrubber" aria-label="Months">
      {months.map(({ key, name, short }) => (
        <button
          key={key}
          type="button"
          aria-label={name}
          aria-current={key === current ? 'true' : undefined}
          onClick={() => go(key)}
        >
          {short}
        </button>
      ))}
    </nav>
  );
}

function useCurrentMonth(months: readonly Month[]): string | undefined {
  const [current, setCurrent] = useState(months[0]?.key);
  useEffect(() => {
    const seen = new Set<string>();
    const observer = new IntersectionObserver(
      (changes) => {
        for (const { target, isIntersecting } of changes) {
          const key = (target as HTMLElement).dataset['month'] ?? '';
          if (isIntersecting) seen.add(key);
          else seen.delete(key);
        }
        const first = months.find(({ key }) => seen.has(key));
        if (first !== undefined) setCurrent(first.key);
      },
      { rootMargin: UPPER_PART },
    );
    for (const { key } of months) {
      const section = sectionOf(key);
      if (section !== null) observer.observe(section);
    }
    return () => observer.disconnect();
  }, [months.length]);
  return current;
}

function sectionOf(key: string): HTMLElement | null {
  return document.querySelector(`[data-month="${CSS.escape(key)}"]`);
}
