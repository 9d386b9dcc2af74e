/** Tells the server which posts are on the screen, so that their counts are told as they change. */
import { useEffect, useRef } from 'preact/hooks';
import { watchPosts } from '../state/live.ts';

/** `shown` is any value that changes when posts are added. */
export function useVisiblePosts(shown: unknown) {
  const container = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const visible = new Set<string>();
    const observer = new IntersectionObserver((changes) => {
      for (const { target, isIntersecting } of changes) {
        const id = (target as HTMLElement).dataset['post'] ?? '';
        if (isIntersecting) visible.add(id);
        else visible.delete(id);
      }
      watchPosts([...visible]);
    });
    for (const post of container.current?.querySelectorAll('[data-post]') ?? []) observer.observe(post);
    return () => observer.disconnect();
  }, [shown]);
  return container;
}
