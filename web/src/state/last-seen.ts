/**
 * What was last seen of home, so that the app opens without the server. One page of it and what came on top, of one
 * user; it ends with their session, and nobody else is ever shown it.
 */
import { signal } from '@preact/signals';
import { createStore, del, get, set } from 'idb-keyval';
import type { FeedItem, Page, User } from '../api/types.ts';
import { owner } from './owner.ts';

export interface LastSeen {
  readonly user: User;
  readonly home: Page<FeedItem>;
  /** When the server last said what is in home, in ms since 1970. */
  readonly seenAt: number;
}

/** Beyond these home asks for a page anew. */
export const LAST_SEEN_MAX = 60;
const SAVE_AFTER_MS = 1_000;
const KEY = 'home';

const store = createStore('groundswell-last-seen', 'last-seen');
let current: LastSeen | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Of when the home is that is shown, while it is one that was kept. */
export const shownAsOf = signal<number | undefined>(undefined);

/** `undefined`: nothing was kept for who is signed in here. */
export async function lastSeen(): Promise<LastSeen | undefined> {
  const found = await get<LastSeen>(KEY, store).catch(() => undefined);
  if (found !== undefined && found.user.user_id === owner()) return found;
  return undefined;
}

/** The first page, as the server has just answered it. */
export function keepHome(user: User, home: Page<FeedItem>): void {
  shownAsOf.value = undefined;
  keep({ user, home, seenAt: Date.now() });
}

/** What came on top of it since. Answers whether there is room for more. */
export function keepNewer(item: FeedItem): boolean {
  if (current === undefined) return true;
  const others = current.home.items.filter(({ entry_id: id }) => id !== item.entry_id);
  const items = [item, ...others].sort((left, right) => (left.entry_id < right.entry_id ? 1 : -1));
  if (items.length <= LAST_SEEN_MAX) keep({ ...current, home: { ...current.home, items } });
  return items.length < LAST_SEEN_MAX;
}

export function dropPost(postId: string): void {
  const { items = [] } = current?.home ?? {};
  const rest = items.filter(({ post_id: id }) => id !== postId);
  if (current !== undefined && rest.length < items.length)
    keep({ ...current, home: { ...current.home, items: rest } });
}

export async function forgetLastSeen(): Promise<void> {
  clearTimeout(timer);
  current = undefined;
  shownAsOf.value = undefined;
  await del(KEY, store).catch(() => undefined);
}

function keep(seen: LastSeen): void {
  current = seen;
  clearTimeout(timer);
  timer = setTimeout(save, SAVE_AFTER_MS);
}

function save(): void {
  clearTimeout(timer);
  // Another tab may have signed out meanwhile.
  if (current === undefined || current.user.user_id !== owner()) return;
  set(KEY, current, store).catch(() => undefined);
}

addEventListener('pagehide', save);
