/** The place beside the page on wide screens. What is in it is fetched only there. */
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { entry } from '../navigation/location.ts';
import { matchRoute } from '../navigation/routes.ts';
import { routes } from '../pages.ts';

const WIDE = '(min-width: 1300px)';
/** Pages to read; it would be in the way of those where one has something to do. */
const BESIDE = new Set(['home', 'profile', 'post', 'tag', 'notifications', 'bookmarks', 'requests']);

export function Side() {
  const [Panel, setPanel] = useState<ComponentType>();
  const isWide = useMedia(WIDE);
  const isShown = isWide && BESIDE.has(matchRoute(routes, entry.value.path)?.route.name ?? '');
  useEffect(() => {
    if (!isShown || Panel !== undefined) return;
    // Without it the page is the same.
    import('./side-panel.tsx').then(({ SidePanel }) => setPanel(() => SidePanel)).catch(() => undefined);
  }, [isShown]);
  // It stays as it is while it is not shown, and asks nothing again.
  return Panel === undefined ? null : (
    <aside class="side" aria-label="More to find" hidden={!isShown}>
      <Panel />
    </aside>
  );
}

function useMedia(query: string): boolean {
  const [matches, setMatches] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const list = matchMedia(query);
    const note = (): void => setMatches(list.matches);
    list.addEventListener('change', note);
    return () => list.removeEventListener('change', note);
  }, [query]);
  return matches;
}
