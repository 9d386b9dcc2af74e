/** Keeps what is read where it is on the screen, while something else comes in above it. */
import { useLayoutEffect, useRef } from 'preact/hooks';

const FRAMES = 5;

/** What comes into view gets its real height only then, and pushes the rest: so it takes some frames. */
export function holdAt(element: Element, top: number, frames = FRAMES): void {
  if (!element.isConnected) return;
  scrollBy(0, element.getBoundingClientRect().top - top);
  if (frames > 0) requestAnimationFrame(() => holdAt(element, top, frames - 1));
}

/** Answers what is to be told, right before `shown` changes, which element is to stay. */
export function useHolding(shown: unknown): (element: Element | null | undefined) => void {
  const held = useRef<{ readonly element: Element; readonly top: number } | undefined>(undefined);
  useLayoutEffect(() => {
    const { current } = held;
    held.current = undefined;
    if (current !== undefined) holdAt(current.element, current.top);
  }, [shown]);
  return (element) => {
    if (element != null) held.current = { element, top: element.getBoundingClientRect().top };
  };
}
