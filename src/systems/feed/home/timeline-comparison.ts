/** Compares the cached timelines of some readers with SQL, once: what it finds may be on its way. */
import type { Clock } from '../../../core/clock.ts';
import { AppError } from '../../../core/errors.ts';
import type { Id } from '../../../core/ids.ts';
import type { Page, PageRequest } from '../../../core/page.ts';
import type { SqlSession } from '../../../ports/sql-store/sql-store.ts';
import type { TimelineStore } from '../../../ports/timeline-store/timeline-store.ts';
import type { TimelineEntry } from '../timelines/timeline-entry.ts';
import { pageFeed } from '../timelines/timelines-queries.ts';
import type { AuthorModes } from './author-modes.ts';
import { createCachedFacts } from './cached-facts.ts';
import type { FeedTail } from './feed-tail.ts';
import type { ReaderViews } from './reader-views.ts';
import { type CheckedPages, checkPages, type ShownPage, type WrongEntry } from './shown-pages.ts';
import type { TimelineEpoch } from './timeline-epoch.ts';

/** What differs between a cached timeline and SQL, and may be on its way. */
export interface Suspicion {
  readonly readerId: Id;
  /** `cached`: an id in the cached timeline. `shown`: what the first pages show. */
  readonly check: 'cached' | 'shown';
  readonly kind: WrongEntry['kind'];
  readonly entryId: Id;
  /** Who posted or reposted it; null if it is gone, or not known yet. */
  readonly sourceId: Id | null;
}

export interface Compared {
  /** Those of the readers who have a cached timeline. */
  readonly readers: number;
  readonly entries: number;
  readonly suspicions: readonly Suspicion[];
}

export interface TimelineComparison {
  /** `pages` of what is shown to each. Fails with `unavailable` when `signal` aborts. */
  compare(readerIds: readonly Id[], pages: number, signal: AbortSignal): Promise<Compared>;
  /** Until something may have changed. */
  pause(signal: AbortSignal): Promise<void>;
}

export interface TimelineComparisonDeps {
  readonly sql: SqlSession;
  readonly clock: Clock;
  readonly timelineStore: Pick<TimelineStore, 'read'>;
  readonly authorModes: Pick<AuthorModes, 'pulledAmong'>;
  readonly timelineEpoch: Pick<TimelineEpoch, 'now'>;
  readonly readerViews: Pick<ReaderViews, 'get'>;
  readonly tail: Pick<FeedTail, 'isSettled'>;
  readonly memoryFeed: ReadFeed;
  /** For a reader who has just written, until the tail has heard of it. */
  readonly settleMsMax: number;
}

export type ReadFeed = (readerId: Id, page: PageRequest) => Promise<Page<TimelineEntry>>;

const LOOK_EVERY_MS = 50;

export function createTimelineComparison(deps: TimelineComparisonDeps): TimelineComparison {
  const { sql, clock, tail, memoryFeed, settleMsMax } = deps;
  const cachedFacts = createCachedFacts(deps);

  async function compareShown(readerId: Id, pages: number, signal: AbortSignal): Promise<CheckedPages> {
    // Until then SQL answers the reader, and there is nothing to compare.
    const giveUpMs = clock.monotonicMs() + settleMsMax;
    while (!tail.isSettled(readerId)) {
      if (clock.monotonicMs() > giveUpMs) throw notHeard();
      await pause(signal);
    }
    refuseAborted(signal);
    return checkPages(pages, {
      memory: (page) => readMemory(readerId, page),
      sql: (page) => readSql(readerId, page),
    });
  }

  async function readMemory(readerId: Id, page: PageRequest): Promise<ShownPage> {
    const { items, nextBefore } = await memoryFeed(readerId, page);
    const entries = items.map(({ entryId, repostedBy }) => ({
      entryId,
      reposterId: repostedBy?.userId ?? null,
    }));
    return { entries, nextBefore };
  }

  /** The reference itself: to put posts together as well would take three times as long. */
  async function readSql(readerId: Id, { before, limit }: PageRequest): Promise<ShownPage> {
    const rows = await sql.query(pageFeed, [readerId, before, limit]);
    const entries = rows.map((row) => ({ entryId: row.entry_id, reposterId: row.reposter_id }));
    return { entries, nextBefore: rows.length < limit ? undefined : rows.at(-1)?.entry_id };
  }

  async function pause(signal: AbortSignal): Promise<void> {
    refuseAborted(signal);
    await clock.sleep(LOOK_EVERY_MS, signal);
  }

  return {
    pause,

    async compare(readerIds, pages, signal) {
      const facts = await cachedFacts.check(readerIds);
      const suspicions: Suspicion[] = facts.wrong.map((wrong) => ({ ...wrong, check: 'cached' }));
      let entries = facts.entriesCompared;
      for (const readerId of facts.readerIds) {
        const shown = await compareShown(readerId, pages, signal);
        entries += shown.entriesCompared;
        for (const { kind, entryId } of shown.wrong)
          suspicions.push({ readerId, check: 'shown', kind, entryId, sourceId: null });
      }
      return { readers: facts.readerIds.length, entries, suspicions };
    },
  };
}

function refuseAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new AppError('unavailable', 'It was cancelled.');
}

/** Nobody is answered from memory then. */
export function notHeard(): AppError {
  return new AppError('unavailable', 'This server does not hear what happens in the database at the moment.');
}
