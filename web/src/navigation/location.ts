/**
 * Where the reader is. Each entry of the history keeps what its page needs to be shown again as it was left: lists with
 * their cursors, and where it was scrolled to (the post at the top and its offset, not a number of pixels of a page that
 * may have grown). Back is the browser's own.
 */
import { signal } from '@preact/signals';
import { randomKey } from '../api/random-key.ts';
import { holdAt } from './holding.ts';

export interface Entry {
  /** Of this visit: the same address visited again has another. */
  readonly key: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** It was returned to, by Back or Forward. */
  readonly isReturn: boolean;
}

/** The post at the top of what was seen, and where it stood: heights of what is above it may change meanwhile. */
interface Anchor {
  readonly postId: string;
  readonly top: number;
}

interface Kept {
  readonly values: Map<string, unknown>;
  scrollY: number;
  anchor: Anchor | undefined;
}

const KEPT_MAX = 50;
const kept = new Map<string, Kept>();

history.scrollRestoration = 'manual';
export const entry = signal<Entry>(read(false));

let parentPath = '/';
/** What stands over the page, and what ends it. */
let cover: (() => void) | undefined;

addEventListener('popstate', () => {
  endCover();
  // Back from what stood over it: the page has not changed.
  if (stateOf().key === entry.value.key) return;
  remember();
  entry.value = read(true);
});
addEventListener('click', (event) => {
  const path = pathOfClick(event);
  if (path === undefined) return;
  event.preventDefault();
  navigate(path);
});

/**
 * Shows something over the page, which stays as it is, under an address of its own: Back ends it, as does `uncoverPage`,
 * and whoever opens the address finds the page of that.
 */
export function coverPage(path: string, onEnd: () => void): void {
  cover = onEnd;
  history.pushState({ key: randomKey(), depth: stateOf().depth + 1 }, '', path);
}

export function moveCover(path: string): void {
  if (cover !== undefined) history.replaceState(history.state, '', path);
}

export function uncoverPage(): void {
  if (endCover()) history.back();
}

/** Whether there was one. */
function endCover(): boolean {
  const end = cover;
  cover = undefined;
  end?.();
  return end !== undefined;
}

export function navigate(path: string, { replace = false } = {}): void {
  remember();
  const key = randomKey();
  const { depth } = stateOf();
  // From what stands over the page: it is not come back to, but the page below it is.
  if (endCover() || replace) history.replaceState({ key, depth }, '', path);
  else history.pushState({ key, depth: depth + 1 }, '', path);
  entry.value = read(false);
}

/** To where the reader came from; from a page that was opened directly, to what it is a part of. */
export function goBack(): void {
  if (stateOf().depth > 0) history.back();
  else navigate(parentPath, { replace: true });
}

/** What the page that is shown is a part of: said by who knows all pages. */
export function setParent(path: string): void {
  parentPath = path;
}

/** Changes what the address says of the same page, such as a tab or a filter, and nothing else. */
export function replaceQuery(query: URLSearchParams): void {
  const { key, path } = entry.value;
  const text = query.toString();
  history.replaceState({ ...stateOf(), key }, '', text === '' ? path : `${path}?${text}`);
  entry.value = { ...entry.value, query };
}

/** What the entry keeps under that name; made by `create` on its first visit. */
export function keptBy<Value>({ key }: Entry, name: string, create: () => Value): Value {
  const { values } = keptOf(key);
  if (!values.has(name)) values.set(name, create());
  return values.get(name) as Value;
}

/** To be called when the page is there: before it is painted, for what was kept. */
export function restoreScroll({ key, isReturn }: Entry): void {
  const { scrollY: y, anchor } = keptOf(key);
  scrollTo(0, isReturn ? y : 0);
  if (!isReturn || anchor === undefined) return;
  const post = document.querySelector(`main [data-post="${CSS.escape(anchor.postId)}"]`);
  if (post !== null) holdAt(post, anchor.top);
}

function remember(): void {
  const kept = keptOf(entry.value.key);
  kept.scrollY = scrollY;
  kept.anchor = undefined;
  for (const post of document.querySelectorAll<HTMLElement>('main [data-post]')) {
    const { top, bottom } = post.getBoundingClientRect();
    if (bottom <= 0) continue;
    kept.anchor = { postId: post.dataset['post'] ?? '', top };
    return;
  }
}

function keptOf(key: string): Kept {
  const found = kept.get(key) ?? { values: new Map(), scrollY: 0, anchor: undefined };
  // The latest last, so that the first are those to forget.
  kept.delete(key);
  kept.set(key, found);
  for (const oldest of kept.keys()) {
    if (kept.size <= KEPT_MAX) break;
    kept.delete(oldest);
  }
  return found;
}

function read(isReturn: boolean): Entry {
  const { key, depth } = stateOf();
  history.replaceState({ key, depth }, '');
  return { key, path: decoded(location.pathname), query: new URLSearchParams(location.search), isReturn };
}

/** `depth`: how many pages of ours lie behind it. */
function stateOf(): { readonly key: string; readonly depth: number } {
  const state: unknown = history.state;
  const isOurs = typeof state === 'object' && state !== null && 'key' in state && 'depth' in state;
  return isOurs ? { key: String(state.key), depth: Number(state.depth) } : { key: randomKey(), depth: 0 };
}

function decoded(path: string): string {
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}

/** Of a plain click on a link to a page of the app. */
function pathOfClick(event: MouseEvent): string | undefined {
  if (event.defaultPrevented || event.button !== 0) return undefined;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return undefined;
  const link = (event.target as Element | null)?.closest?.('a[href]');
  if (!(link instanceof HTMLAnchorElement) || link.target !== '' || link.hasAttribute('download'))
    return undefined;
  if (link.origin !== location.origin || link.dataset['outside'] !== undefined) return undefined;
  if (link.pathname === location.pathname && link.hash !== '') return undefined;
  return link.pathname + link.search + link.hash;
}
