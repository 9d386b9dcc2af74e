/** Several sources of entries as one, without a gap. */
import type { Id } from '../../../core/ids.ts';

/** A part of what a source knows. */
export interface SourcePage {
  /** Newest first; as many as were asked for (or more), or all that the source knows. */
  readonly entryIds: readonly Id[];
  /** The source is complete above it: no entry is missing there. 0: nothing is older. */
  readonly floor: Id;
}

export interface MergedPage {
  /** Newest first. */
  readonly entryIds: readonly Id[];
  /** This page is complete above it. */
  readonly completeAbove: Id;
  /** The sources together are. The same, when they know no more than is on this page. */
  readonly floor: Id;
}

/**
 * The entries that no source can still add to: those above the highest floor, where a source that answered with all the
 * `limit` entries it was asked for is complete down to the last of them. Each entry once, newest first.
 */
export function mergePages(pages: readonly SourcePage[], limit: number): MergedPage {
  let completeAbove = 0;
  let floor = 0;
  for (const page of pages) {
    completeAbove = Math.max(completeAbove, lowerEndOf(page, limit));
    floor = Math.max(floor, page.floor);
  }
  const [only] = pages;
  if (only !== undefined && pages.length === 1) return { entryIds: only.entryIds, completeAbove, floor };
  const entryIds: Id[] = [];
  for (const page of pages) {
    for (const entryId of page.entryIds) {
      if (entryId <= completeAbove) break;
      entryIds.push(entryId);
    }
  }
  entryIds.sort((left, right) => right - left);
  return {
    entryIds: entryIds.filter((entryId, index) => entryId !== entryIds[index - 1]),
    completeAbove,
    floor,
  };
}

/** Above which id a page is complete that was asked for with that limit. */
export function lowerEndOf({ entryIds, floor }: SourcePage, limit: number): Id {
  const last = entryIds.length >= limit ? entryIds.at(-1) : undefined;
  return last === undefined ? floor : last - 1;
}
