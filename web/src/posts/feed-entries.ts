/** Entries of a feed: posts, and reposts of them, in the order of their ids, which sort as text, the newest first. */
import type { Signal } from '@preact/signals';
import type { Author, FeedItem, Post } from '../api/types.ts';
import { takePost } from '../state/posts.ts';

export interface FeedEntry {
  /** Of the post, or of the repost that shows it here. */
  readonly id: string;
  readonly post: Signal<Post>;
  readonly repostedBy: Author | null;
}

export function entryOf(item: Post | FeedItem): FeedEntry {
  const inFeed = 'entry_id' in item;
  return { id: idOf(item), post: takePost(item), repostedBy: inFeed ? item.reposted_by : null };
}

export function idOf(item: Post | FeedItem): string {
  return 'entry_id' in item ? item.entry_id : item.post_id;
}

/** Puts each of `added` where it belongs; what is known already stays as it stands. */
export function merged(known: readonly FeedEntry[], added: readonly FeedEntry[]): readonly FeedEntry[] {
  const ids = new Set(known.map(({ id }) => id));
  const rest = added.filter(({ id }) => !ids.has(id)).sort((left, right) => (left.id < right.id ? 1 : -1));
  if (rest.length === 0) return known;
  const all: FeedEntry[] = [];
  for (const entry of known) {
    while (rest[0] !== undefined && rest[0].id > entry.id) all.push(...rest.splice(0, 1));
    all.push(entry);
  }
  return [...all, ...rest];
}
