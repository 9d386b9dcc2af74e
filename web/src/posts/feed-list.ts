/** A list of posts that grows at its end, and at its head when the reader asks for it. It belongs to a visit of a page. */
import { batch, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import type { Problem } from '../api/problem.ts';
import type { Author, FeedItem, Page, Post } from '../api/types.ts';
import { takePost } from '../state/posts.ts';
import { createItemList } from '../ui/item-list.tsx';

export interface FeedEntry {
  /** Of the post, or of the repost that shows it here. */
  readonly id: string;
  readonly post: Signal<Post>;
  readonly repostedBy: Author | null;
}

export interface FeedList {
  readonly entries: ReadonlySignal<readonly FeedEntry[]>;
  /** Newer ones that wait to be shown. */
  readonly waiting: ReadonlySignal<readonly FeedEntry[]>;
  readonly isLoading: ReadonlySignal<boolean>;
  readonly problem: ReadonlySignal<Problem | undefined>;
  /** There is nothing older. */
  readonly isComplete: ReadonlySignal<boolean>;
  /** The next older page; resolves when it is there, or has failed. */
  more(): Promise<void>;
  /** Asks what is newer than the head: it waits, and nothing moves. */
  look(): Promise<void>;
  /** What came by itself, from the live stream; what one has just written is shown at once. */
  arrive(item: Post | FeedItem, options?: { readonly atOnce: boolean }): void;
  /** Shows what waits. */
  show(): void;
}

/** Asks for a page, the first without a token. */
export type LoadPage = (pageToken: string | null) => Promise<Page<Post | FeedItem>>;

export function createFeedList(load: LoadPage): FeedList {
  const waiting = signal<readonly FeedEntry[]>([]);
  const list = createItemList<FeedEntry>(async (pageToken) => {
    const page = await load(pageToken);
    return { ...page, items: unknown(page.items) };
  });
  const { items: entries, more } = list;

  function unknown(items: readonly (Post | FeedItem)[]): FeedEntry[] {
    const known = new Set([...entries.value, ...waiting.value].map(({ id }) => id));
    return items.map(entryOf).filter(({ id }) => !known.has(id));
  }

  return {
    entries,
    waiting,
    isLoading: list.isLoading,
    problem: list.problem,
    isComplete: list.isComplete,
    more,

    async look() {
      if (entries.value.length === 0) return more();
      // A list that cannot be refreshed is as old as it says; the reader has asked for nothing.
      const page = await load(null).catch(() => undefined);
      if (page !== undefined)
        waiting.value = sorted([...unknown(page.items).filter(isNewer), ...waiting.value]);
    },

    arrive(item, { atOnce } = { atOnce: false }) {
      const entry = entryOf(item);
      const isShown = entries.value.some(({ id }) => id === entry.id);
      // The live stream may have been first with what the reader has just written.
      const others = waiting.value.filter(({ id }) => id !== entry.id);
      if (isShown) return;
      if (!atOnce) waiting.value = sorted([entry, ...others]);
      else
        batch(() => {
          waiting.value = others;
          list.change((shown) => [entry, ...shown]);
        });
    },

    show() {
      batch(() => {
        list.change((shown) => [...waiting.value, ...shown]);
        waiting.value = [];
      });
    },
  };

  /** Than the head: what is older and was not there has come in between, and its place is not above. */
  function isNewer({ id }: FeedEntry): boolean {
    return id > (entries.value[0]?.id ?? '');
  }
}

/** Ids sort as text. */
function sorted(entries: FeedEntry[]): FeedEntry[] {
  return entries.sort((left, right) => (left.id < right.id ? 1 : -1));
}

function entryOf(item: Post | FeedItem): FeedEntry {
  const inFeed = 'entry_id' in item;
  return {
    id: inFeed ? item.entry_id : item.post_id,
    post: takePost(item),
    repostedBy: inFeed ? item.reposted_by : null,
  };
}
