/** Where entries of a feed are missing: there were more than a page between what was shown and what came. */
import { type ReadonlySignal, signal } from '@preact/signals';
import { type Problem, toProblem } from '../api/problem.ts';
import type { FeedItem, Page, Post } from '../api/types.ts';
import { idOf } from './feed-entries.ts';

export interface Gap {
  /** Of the newest page of what is missing; null: of that of all, because it is not known whether anything is. */
  readonly pageToken: string | null;
  readonly isLoading: boolean;
  readonly problem: Problem | undefined;
}

type Items = readonly (Post | FeedItem)[];

export interface FeedGaps {
  /** By the id of the entry right below. */
  readonly all: ReadonlySignal<ReadonlyMap<string, Gap>>;
  /** Takes note of what lies between the page and the entry that is newer than all else that is known. */
  note(page: Page<Post | FeedItem>, belowId: string): void;
  /** Above the entry there may be some: the page that would have told could not be loaded. */
  suspect(belowId: string): void;
  /** Ends what was suspected in vain, now that the newest page is there and `known` are the ids that are. */
  clear(page: Page<Post | FeedItem>, known: ReadonlySet<string>): void;
  /** Loads the newest page of what is missing above the entry, and answers what of it lies there. */
  fill(belowId: string): Promise<Items>;
}

export function createFeedGaps(load: (pageToken: string | null) => Promise<Page<Post | FeedItem>>): FeedGaps {
  const all = signal<ReadonlyMap<string, Gap>>(new Map());

  function change(belowId: string, gap: Gap | undefined): void {
    const changed = new Map(all.value);
    if (gap === undefined) changed.delete(belowId);
    else changed.set(belowId, gap);
    all.value = changed;
  }

  function note(page: Page<Post | FeedItem>, belowId: string): void {
    const { next_page_token: pageToken } = page;
    change(belowId, reaches(page, belowId) ? undefined : { pageToken, isLoading: false, problem: undefined });
  }

  return {
    all,
    note,
    suspect(belowId) {
      change(belowId, { pageToken: null, isLoading: false, problem: undefined });
    },
    clear(page, known) {
      for (const [belowId, { pageToken }] of all.value) {
        if (pageToken !== null || !reaches(page, belowId)) continue;
        if (page.items.map(idOf).every((id) => id <= belowId || known.has(id))) change(belowId, undefined);
      }
    },
    async fill(belowId) {
      const gap = all.value.get(belowId);
      if (gap === undefined || gap.isLoading) return [];
      change(belowId, { ...gap, isLoading: true, problem: undefined });
      try {
        const page = await load(gap.pageToken);
        note(page, belowId);
        return page.items.filter((item) => idOf(item) > belowId);
      } catch (error) {
        change(belowId, { ...gap, problem: toProblem(error) });
        return [];
      }
    },
  };
}

function reaches({ items, next_page_token: pageToken }: Page<Post | FeedItem>, belowId: string): boolean {
  const last = items.at(-1);
  return pageToken === null || last === undefined || idOf(last) <= belowId;
}
