/** A page of a timeline, from memory as far as it goes and from SQL below. */
import type { Id } from '../../../core/ids.ts';
import type { Page, PageRequest } from '../../../core/page.ts';
import type { TimelineEntry } from '../timelines/timeline-entry.ts';
import type { MergedPage } from './merge-pages.ts';

export interface WalkedTimeline {
  /** Entries below `before`, newest first: `limit` of them or more, unless memory has no more. */
  candidates(before: Id, limit: number): Promise<MergedPage>;
  /** Those of them that are shown, in their order. */
  shown(entryIds: readonly Id[]): Promise<readonly TimelineEntry[]>;
  /** The same timeline by SQL, for what lies below the floor. */
  older(page: PageRequest): Promise<Page<TimelineEntry>>;
}

/** Read beyond what a page shows, because some of it turns out not to be shown. */
const SPARE_ENTRIES = 4;
/** After these a page may be short and leads on to the next one. */
const ROUNDS_MAX = 50;

/** A page with `limit` items as long as there are so many. */
export async function walkPage(
  { before, limit }: PageRequest,
  timeline: WalkedTimeline,
): Promise<Page<TimelineEntry>> {
  const items: TimelineEntry[] = [];
  let below = before;
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const page = await timeline.candidates(below, limit + 1 - items.length + SPARE_ENTRIES);
    for (const entry of await timeline.shown(page.entryIds)) items.push(entry);
    if (items.length > limit) return { items: items.slice(0, limit), nextBefore: items[limit - 1]?.entryId };
    if (page.completeAbove === 0) return { items, nextBefore: undefined };
    below = Math.min(below, page.completeAbove + 1);
    if (page.completeAbove === page.floor) return goOnBelow(items, { before: below, limit }, timeline);
  }
  return { items, nextBefore: below };
}

async function goOnBelow(
  items: readonly TimelineEntry[],
  { before, limit }: PageRequest,
  timeline: WalkedTimeline,
): Promise<Page<TimelineEntry>> {
  const missing = limit - items.length;
  // One at least, to know whether a page follows.
  const older = await timeline.older({ before, limit: Math.max(1, missing) });
  if (missing > 0) return { items: [...items, ...older.items], nextBefore: older.nextBefore };
  const more = older.items.length > 0 || older.nextBefore !== undefined;
  return { items, nextBefore: more ? items.at(-1)?.entryId : undefined };
}
