/**
 * The heads of the authors that a reader pulls, merged. Few are merged at each read. Of many the merge is kept with the
 * reader's view and what those authors have added since is put in, so that a read costs the same for those who follow thousands.
 */
import { ID_MAX, type Id } from '../../../core/ids.ts';
import type { LoggedEvent } from '../../../ports/event-log/event-log.ts';
import { entryAddedBy } from './added-entry.ts';
import { type AuthorHeads, HEAD_ENTRIES } from './author-heads.ts';
import { IdWindow } from './id-window.ts';
import { lowerEndOf, mergePages, type SourcePage } from './merge-pages.ts';
import type { ReaderView } from './reader-views.ts';
import { includesId } from './sorted-ids.ts';

export interface PulledWindows {
  /** Up to `limit` entries of these authors (ascending, the same array as long as they are the same) below `before`. */
  page(
    view: ReaderView,
    authorIds: readonly Id[],
    before: Id,
    limit: number,
  ): Promise<SourcePage> | SourcePage;
  /** Of the topic `posts`; after the heads have heard it. */
  hear(events: readonly Pick<LoggedEvent, 'topic' | 'kind' | 'payload'>[]): void;
}

/** To merge so many at each read costs no more than to keep the merge. */
export const MERGED_AT_READ_MAX = 8;
/** Of a merge that is kept: three of the largest pages. What is older is answered by SQL. */
export const MERGED_ENTRIES = 400;
/** Entries of pulled authors that are remembered; a merge that is further behind is made anew. */
export const ADDED_ENTRIES_MAX = 4_096;

interface Merge {
  readonly authorIds: readonly Id[];
  readonly window: IdWindow;
  /** How many added entries it has seen. */
  seen: number;
}

export interface PulledWindowsDeps {
  readonly authorHeads: AuthorHeads;
  /** Whether any reader pulls the author. */
  readonly isPulled: (authorId: Id) => boolean;
}

export function createPulledWindows({ authorHeads, isPulled }: PulledWindowsDeps): PulledWindows {
  const merges = new WeakMap<ReaderView, Merge>();
  /** The last ADDED_ENTRIES_MAX entries of pulled authors, each at its number modulo that. */
  const addedEntryIds = new Float64Array(ADDED_ENTRIES_MAX);
  const addedAuthorIds = new Float64Array(ADDED_ENTRIES_MAX);
  let added = 0;

  async function merge(view: ReaderView, authorIds: readonly Id[]): Promise<Merge> {
    // First: what is added while the heads are being loaded is put in afterwards, if it is not there yet.
    const seen = added;
    const pages = await authorHeads.pages(authorIds, ID_MAX, HEAD_ENTRIES);
    const made = { authorIds, window: newestOf(pages), seen };
    merges.set(view, made);
    return made;
  }

  function catchUp(made: Merge): void {
    for (; made.seen < added; made.seen += 1) {
      const place = made.seen % ADDED_ENTRIES_MAX;
      if (!includesId(made.authorIds, addedAuthorIds[place] ?? 0)) continue;
      made.window.add(addedEntryIds[place] ?? 0);
    }
    if (made.window.size > 2 * MERGED_ENTRIES) made.window.trim(MERGED_ENTRIES);
  }

  async function mergedPage(
    view: ReaderView,
    authorIds: readonly Id[],
    before: Id,
    limit: number,
  ): Promise<SourcePage> {
    const known = merges.get(view);
    const isUsable = known?.authorIds === authorIds && added - known.seen <= ADDED_ENTRIES_MAX;
    const made = isUsable ? known : await merge(view, authorIds);
    catchUp(made);
    return { entryIds: made.window.page(before, limit), floor: made.window.floor };
  }

  function headsPage(authorIds: readonly Id[], before: Id, limit: number): Promise<SourcePage> | SourcePage {
    const pages = authorHeads.pages(authorIds, before, limit);
    return pages instanceof Promise ? pages.then((all) => mergePages(all, limit)) : mergePages(pages, limit);
  }

  return {
    page: (view, authorIds, before, limit) =>
      authorIds.length <= MERGED_AT_READ_MAX
        ? headsPage(authorIds, before, limit)
        : mergedPage(view, authorIds, before, limit),

    hear(events) {
      for (const event of events) {
        const entry = entryAddedBy(event);
        if (entry === undefined || !isPulled(entry.authorId)) continue;
        addedEntryIds[added % ADDED_ENTRIES_MAX] = entry.entryId;
        addedAuthorIds[added % ADDED_ENTRIES_MAX] = entry.authorId;
        added += 1;
      }
    },
  };
}

/** Of whole heads. Sorted as numbers in place: there may be a hundred thousand. */
function newestOf(heads: readonly SourcePage[]): IdWindow {
  let completeAbove = 0;
  let count = 0;
  for (const head of heads) {
    completeAbove = Math.max(completeAbove, lowerEndOf(head, HEAD_ENTRIES));
    count += head.entryIds.length;
  }
  const all = new Float64Array(count);
  let end = 0;
  for (const { entryIds } of heads) {
    for (const entryId of entryIds) {
      if (entryId <= completeAbove) break;
      all[end] = entryId;
      end += 1;
    }
  }
  const sorted = all.subarray(0, end).sort();
  // One more than are kept, which is the floor then.
  return new IdWindow(sorted.subarray(Math.max(0, end - MERGED_ENTRIES - 1)), MERGED_ENTRIES, completeAbove);
}
