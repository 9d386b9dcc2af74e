/** Puts together the timelines of readers who have none in the store. */
import type { Id } from '../../../core/ids.ts';
import type { SqlStore } from '../../../ports/sql-store/sql-store.ts';
import { TIMELINE_ENTRIES_MAX, type TimelineStore } from '../../../ports/timeline-store/timeline-store.ts';
import { createCoalescer, type ItemOutcome } from '../../../resilience/coalesce.ts';
import { newestEntries } from './home-queries.ts';
import { readIdList } from './id-list-queries.ts';
import type { SourcePage } from './merge-pages.ts';
import type { TimelineEpoch } from './timeline-epoch.ts';

/** In one statement: some 10 ms of work for readers who follow a few. */
const BUILDS_BATCH_MAX = 32;
/** At the same time: readers who come back must leave the database to others, too. */
const CONCURRENT_BATCHES_MAX = 4;
/** As many as may wait for a connection; who comes then is told to come again. */
const WAITING_MAX = 2_000;

export interface BuiltTimeline extends SourcePage {
  readonly generation: number;
}

export interface TimelineBuilder {
  /** Nothing that was committed before the call is missing. To be called when no build is under way. */
  build(readerId: Id): Promise<BuiltTimeline>;
  /**
   * The reader's build that is under way. It may have read SQL before something that who asks now has to see: what
   * comes of it is in the store, unless it was void, and its own answer is for those who asked before it began.
   */
  underWay(readerId: Id): Promise<unknown> | undefined;
}

export function createTimelineBuilder(deps: {
  readonly sql: SqlStore;
  readonly timelineStore: TimelineStore;
  readonly timelineEpoch: Pick<TimelineEpoch, 'now'>;
  readonly onBuild: () => void;
}): TimelineBuilder {
  const { sql, timelineStore, timelineEpoch, onBuild } = deps;
  const builds = new Map<Id, Promise<BuiltTimeline>>();
  const coalescer = createCoalescer<Id, BuiltTimeline>({
    batchMax: BUILDS_BATCH_MAX,
    concurrentBatchesMax: CONCURRENT_BATCHES_MAX,
    queueMax: WAITING_MAX,
    run,
  });

  async function run(readerIds: readonly Id[]): Promise<ItemOutcome<BuiltTimeline>[]> {
    // First: what is delivered from here on is gathered, and what was committed before is in the answer of SQL.
    const generations = await Promise.all(readerIds.map((readerId) => timelineStore.begin(readerId)));
    // Of the epoch that is known before SQL is read.
    const { sourcesOf } = timelineEpoch.now();
    const rows = await sql.query(newestEntries, [readerIds, TIMELINE_ENTRIES_MAX]);
    const found = new Map(rows.map((row) => [row.reader_id, row]));
    return Promise.all(
      readerIds.map(async (readerId, index) => {
        const row = found.get(readerId);
        const entryIds = Array.from(readIdList(row?.entry_ids ?? null));
        const sources = sourcesOf(row?.follows_stamp ?? 0);
        const value = await complete(readerId, generations[index] ?? 0, entryIds, sources);
        return { ok: true, value };
      }),
    );
  }

  async function complete(
    readerId: Id,
    generation: number,
    entryIds: readonly Id[],
    sources: number,
  ): Promise<BuiltTimeline> {
    const last = entryIds.length < TIMELINE_ENTRIES_MAX ? undefined : entryIds.at(-1);
    const floor = last === undefined ? 0 : last - 1;
    // Refused when the reader has followed or unfollowed someone meanwhile: right for this answer, but not to be kept.
    await timelineStore.complete(readerId, generation, entryIds, floor, sources);
    return { entryIds, floor, generation };
  }

  return {
    build(readerId) {
      onBuild();
      const started = coalescer.submit(readerId).finally(() => builds.delete(readerId));
      builds.set(readerId, started);
      return started;
    },

    underWay: (readerId) => builds.get(readerId),
  };
}
