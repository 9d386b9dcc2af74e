/**
 * Where the entries of a home timeline come from: the reader's cached timeline, the heads of pulled authors, and what is
 * on its way into the former.
 */
import type { Id } from '../../../core/ids.ts';
import type { TimelineStore } from '../../../ports/timeline-store/timeline-store.ts';
import type { AuthorModes } from './author-modes.ts';
import { type MergedPage, mergePages, type SourcePage } from './merge-pages.ts';
import type { PulledWindows } from './pulled-windows.ts';
import type { ReaderView } from './reader-views.ts';
import type { BuiltTimeline, TimelineBuilder } from './timeline-builder.ts';
import { isTimelineOf, type TimelineEpoch } from './timeline-epoch.ts';
import type { UndeliveredEntries } from './undelivered-entries.ts';

export interface EntrySources {
  /** The reader's entries below `before`, newest first: `limit` of them or more, unless the sources know no more. */
  page(view: ReaderView, before: Id, limit: number): Promise<MergedPage>;
}

export interface EntrySourcesDeps {
  readonly timelineStore: TimelineStore;
  readonly timelineBuilder: TimelineBuilder;
  readonly pulledWindows: PulledWindows;
  readonly undeliveredEntries: UndeliveredEntries;
  readonly authorModes: AuthorModes;
  readonly timelineEpoch: Pick<TimelineEpoch, 'now'>;
}

export function createEntrySources(deps: EntrySourcesDeps): EntrySources {
  const { timelineStore, timelineBuilder, pulledWindows, undeliveredEntries, authorModes, timelineEpoch } =
    deps;

  /** Whom a reader pulls changes only with the modes, the view and the age of the timeline. */
  const pulled = new WeakMap<ReaderView, { version: number; generation: number; authorIds: readonly Id[] }>();

  function pulledBy(view: ReaderView, generation: number): readonly Id[] {
    const version = authorModes.version();
    const known = pulled.get(view);
    if (known !== undefined && known.version === version && known.generation === generation) {
      return known.authorIds;
    }
    const authorIds = authorModes.pulledAmong(view.followeeIds, generation);
    pulled.set(view, { version, generation, authorIds });
    return authorIds;
  }

  /**
   * A timeline of other follows than the reader's is none. If it is the reader's view that is older, because this process has
   * not heard yet, it is built in vain, until that is heard.
   */
  async function timelinePage({ readerId, followsStamp }: ReaderView, before: Id, limit: number) {
    for (;;) {
      const cached = timelineStore.read(readerId, before, limit);
      const page = cached instanceof Promise ? await cached : cached;
      if (page !== undefined && isTimelineOf(page.sources, followsStamp, timelineEpoch)) return page;
      const underWay = timelineBuilder.underWay(readerId);
      if (underWay === undefined) return pageOf(await timelineBuilder.build(readerId), before, limit);
      await underWay;
    }
  }

  return {
    async page(view, before, limit) {
      // First: what is ended after this look is in the timeline by the next one.
      const undelivered = undeliveredEntries.page(view, before);
      const timeline = await timelinePage(view, before, limit);
      const pages: SourcePage[] = undelivered === undefined ? [timeline] : [timeline, undelivered];
      const authorIds = pulledBy(view, timeline.generation);
      if (authorIds.length > 0) {
        const pulledPage = pulledWindows.page(view, authorIds, before, limit);
        pages.push(pulledPage instanceof Promise ? await pulledPage : pulledPage);
      }
      return mergePages(pages, limit);
    },
  };
}

function pageOf({ entryIds, floor, generation }: BuiltTimeline, before: Id, limit: number) {
  const start = entryIds.findIndex((entryId) => entryId < before);
  return { entryIds: start < 0 ? [] : entryIds.slice(start, start + limit), floor, generation };
}
