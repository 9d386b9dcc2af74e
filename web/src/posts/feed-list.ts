/**
 * A list of posts that grows at its end, and elsewhere when the reader asks for it. What is newer waits above, and where
 * more is missing than one page there is a gap. It belongs to a visit of a page.
 */
import { batch, computed, type ReadonlySignal, signal } from '@preact/signals';
import type { Problem } from '../api/problem.ts';
import type { FeedItem, Page, Post } from '../api/types.ts';
import { isGone } from '../state/posts.ts';
import { createItemList, type Items } from '../ui/item-list.tsx';
import { entryOf, type FeedEntry, idOf, merged } from './feed-entries.ts';
import { createFeedGaps, type Gap } from './feed-gaps.ts';

export interface FeedList {
  readonly entries: ReadonlySignal<readonly FeedEntry[]>;
  /** Newer ones that wait to be shown: what was deleted meanwhile no longer does. */
  readonly waiting: ReadonlySignal<readonly FeedEntry[]>;
  /** There are more newer ones than those that wait. */
  readonly isWaitingCut: ReadonlySignal<boolean>;
  readonly gaps: ReadonlySignal<ReadonlyMap<string, Gap>>;
  readonly isLoading: ReadonlySignal<boolean>;
  readonly problem: ReadonlySignal<Problem | undefined>;
  /** There is nothing older. */
  readonly isComplete: ReadonlySignal<boolean>;
  /** The next older page; resolves when it is there, or has failed. */
  more(): Promise<void>;
  /** Asks what is newer than the head: it waits, and nothing moves. */
  look(): Promise<void>;
  /** Shows a page of what is missing above the entry with that id; what is to be done right before is called then. */
  fill(belowId: string, beforeShown: () => void): Promise<void>;
  /** What came by itself, from the live stream; what one has just written is shown at once. */
  arrive(item: Post | FeedItem, options?: { readonly atOnce: boolean }): void;
  /** It is no longer to be seen here: a repost that was taken back. */
  withdraw(entryId: string): void;
  /** Shows what waits. */
  show(): void;
}

/** Asks for a page, the first without a token. */
export type LoadPage = (pageToken: string | null) => Promise<Page<Post | FeedItem>>;

/** `isByTime`: newest first, so that what comes later has its place by its id. */
export function createFeedList(load: LoadPage, { isByTime = true } = {}): FeedList {
  const arrived = signal<readonly FeedEntry[]>([]);
  /** The first page is there: before, nothing has a place yet. */
  const isBegun = signal(false);
  const waiting = computed(() =>
    isBegun.value ? arrived.value.filter(({ post }) => !isGone(post.value.post_id).value) : [],
  );
  const gaps = createFeedGaps(load);
  const list: Items<FeedEntry> = createItemList<FeedEntry>(async (pageToken) => {
    const page = await load(pageToken);
    const known = new Set(entries.value.map(({ id }) => id));
    const [first] = page.items;
    // What came while the first page was on its way is shown with it, or with one of those that follow.
    isBegun.value = true;
    if (known.size === 0 && first !== undefined)
      arrived.value = arrived.value.filter(({ id }) => id > idOf(first));
    return { ...page, items: page.items.map(entryOf).filter(({ id }) => !known.has(id)) };
  });
  const { items: entries } = list;

  return {
    entries,
    waiting,
    isWaitingCut: computed(() =>
      [...arrived.value, ...entries.value.slice(0, 1)].some(({ id }) => gaps.all.value.has(id)),
    ),
    gaps: gaps.all,
    isLoading: list.isLoading,
    problem: list.problem,
    isComplete: list.isComplete,
    more: list.more,

    async look() {
      // What one has just written may be above what waits.
      const newest = merged(entries.value, arrived.value)[0];
      if (newest === undefined || entries.value.length === 0) {
        isBegun.value = false;
        return list.isComplete.value ? list.reload() : list.more();
      }
      if (!isByTime) return;
      const page = await load(null).catch(() => undefined);
      // A list that cannot be refreshed is as old as it says; but what comes meanwhile may leave out some.
      if (page === undefined) return gaps.suspect(newest.id);
      const head = entries.value[0]?.id ?? '';
      const known = new Set(entries.value.map(({ id }) => id));
      batch(() => {
        // What is older and was not there has come in between, and its place is not above.
        const newer = page.items.map(entryOf).filter(({ id }) => id > head && !known.has(id));
        arrived.value = merged(arrived.value, newer);
        gaps.note(page, newest.id);
        gaps.clear(page, new Set([...arrived.value, ...entries.value].map(({ id }) => id)));
      });
    },

    async fill(belowId, beforeShown) {
      const items = await gaps.fill(belowId);
      beforeShown();
      list.change((shown) => merged(shown, items.map(entryOf)));
    },

    arrive(item, { atOnce } = { atOnce: false }) {
      const entry = entryOf(item);
      // A list shows a post once, whoever passes it on meanwhile; and the live stream may have been first.
      const isSame = ({ id, post }: FeedEntry) => id === entry.id || (!atOnce && post === entry.post);
      if (entries.value.some(isSame) || (!atOnce && arrived.value.some(isSame))) return;
      batch(() => {
        if (!atOnce || !isBegun.value) arrived.value = merged(arrived.value, [entry]);
        else {
          arrived.value = arrived.value.filter(({ id }) => id !== entry.id);
          list.change((shown) => merged(shown, [entry]));
        }
      });
    },

    withdraw(entryId) {
      arrived.value = arrived.value.filter(({ id }) => id !== entryId);
    },

    show() {
      batch(() => {
        list.change((shown) => merged(shown, waiting.value));
        arrived.value = [];
      });
    },
  };
}
