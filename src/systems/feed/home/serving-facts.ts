/** What the process that answers a reader has in memory about some entries. For explanations. */
import { ID_MAX, type Id } from '../../../core/ids.ts';
import type { Page, PageRequest } from '../../../core/page.ts';
import {
  TIMELINE_ENTRIES_MAX,
  type TimelinePage,
  type TimelineStore,
} from '../../../ports/timeline-store/timeline-store.ts';
import type { TimelineEntry } from '../timelines/timeline-entry.ts';
import type { AuthorModes } from './author-modes.ts';
import type { FeedTail } from './feed-tail.ts';
import type { ReaderViews } from './reader-views.ts';
import { isTimelineOf, type TimelineEpoch } from './timeline-epoch.ts';

export interface DescribedEntry {
  readonly entryId: Id;
  /** Who posted or reposted it. */
  readonly sourceId: Id;
}

export interface ServingFacts {
  /** `undefined`: the reader had no cached timeline. */
  readonly timeline?: { readonly entryCount: number; readonly floor: Id };
  /** Everything that the reader wrote has been heard; otherwise SQL answers. */
  readonly settled: boolean;
  /** In the order asked. */
  readonly entries: readonly ServedEntry[];
}

export interface ServedEntry {
  readonly entryId: Id;
  /** As far as this process knows: the source is the reader, or followed. */
  readonly knowsSource: boolean;
  /** Its source is pulled for this timeline: the reader merges it. */
  readonly pulled: boolean;
  readonly inTimeline: boolean;
  /** 1 is the newest entry that is shown; null: it is not shown. Beyond those counted, 0. */
  readonly place: number | null;
}

export type DescribeServing = (readerId: Id, entries: readonly DescribedEntry[]) => Promise<ServingFacts>;

export interface ServingFactsDeps {
  readonly timelineStore: Pick<TimelineStore, 'read'>;
  readonly authorModes: Pick<AuthorModes, 'pulledAmong'>;
  readonly timelineEpoch: Pick<TimelineEpoch, 'now'>;
  readonly readerViews: Pick<ReaderViews, 'get'>;
  readonly tail: Pick<FeedTail, 'isSettled'>;
  /** As a request is answered. */
  readonly feed: (readerId: Id, page: PageRequest) => Promise<Page<TimelineEntry>>;
}

/** Walked from the newest on; what is older is asked for by its id. */
const WALKED_PAGES_MAX = 20;
const WALKED_PAGE = 100;

export function createServingFacts(deps: ServingFactsDeps): DescribeServing {
  const { timelineStore, authorModes, timelineEpoch, readerViews, tail, feed } = deps;

  function isShown(timeline: TimelinePage | undefined, followsStamp: number): boolean {
    return timeline !== undefined && isTimelineOf(timeline.sources, followsStamp, timelineEpoch);
  }

  /** Pages as a client would read them, down to the oldest of the entries. */
  async function walkTo(readerId: Id, oldestId: Id): Promise<{ shownIds: Id[]; before: Id }> {
    const shownIds: Id[] = [];
    let before: Id | undefined = ID_MAX;
    for (let page = 0; page < WALKED_PAGES_MAX && before !== undefined && before > oldestId; page += 1) {
      const found: Page<TimelineEntry> = await feed(readerId, { before, limit: WALKED_PAGE });
      for (const { entryId } of found.items) shownIds.push(entryId);
      before = found.nextBefore;
    }
    return { shownIds, before: before ?? 0 };
  }

  async function isShownBelow(readerId: Id, entryId: Id): Promise<boolean> {
    const { items } = await feed(readerId, { before: entryId + 1, limit: 1 });
    return items[0]?.entryId === entryId;
  }

  return async (readerId, entries) => {
    // Before the walk, which builds a timeline where there is none.
    const found = await timelineStore.read(readerId, ID_MAX, TIMELINE_ENTRIES_MAX);
    const view = await readerViews.get(readerId);
    const timeline = isShown(found, view.followsStamp) ? found : undefined;
    const pulledIds =
      timeline === undefined ? [] : authorModes.pulledAmong(view.followeeIds, timeline.generation);
    const settled = tail.isSettled(readerId);
    const { shownIds, before } = await walkTo(readerId, Math.min(...entries.map(({ entryId }) => entryId)));

    async function placeOf(entryId: Id): Promise<number | null> {
      const place = shownIds.indexOf(entryId) + 1;
      if (place > 0) return place;
      return entryId < before && (await isShownBelow(readerId, entryId)) ? 0 : null;
    }

    const served: ServedEntry[] = [];
    for (const { entryId, sourceId } of entries) {
      served.push({
        entryId,
        knowsSource: sourceId === readerId || view.follows(sourceId),
        pulled: pulledIds.includes(sourceId),
        inTimeline: timeline?.entryIds.includes(entryId) ?? false,
        place: await placeOf(entryId),
      });
    }
    return {
      settled,
      entries: served,
      ...(timeline && { timeline: { entryCount: timeline.entryIds.length, floor: timeline.floor } }),
    };
  };
}
