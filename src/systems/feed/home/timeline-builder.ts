/** Puts together the timeline of a reader who has none in the store. */
import type { Id } from '../../../core/ids.ts';
import type { SqlStore } from '../../../ports/sql-store/sql-store.ts';
import type { TimelineStore } from '../../../ports/timeline-store/timeline-store.ts';
import { newestEntries } from './home-queries.ts';
import type { SourcePage } from './merge-pages.ts';

/** Ten pages, beyond which few ever read; what is older comes from SQL. Deliveries let a timeline grow further. */
export const BUILT_ENTRIES = 200;

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
  readonly onBuild: () => void;
}): TimelineBuilder {
  const { sql, timelineStore, onBuild } = deps;
  const builds = new Map<Id, Promise<BuiltTimeline>>();

  async function build(readerId: Id): Promise<BuiltTimeline> {
    onBuild();
    // First: what is delivered from here on is gathered, and what was committed before is in the answer of SQL.
    const generation = await timelineStore.begin(readerId);
    const rows = await sql.query(newestEntries, [readerId, BUILT_ENTRIES]);
    const entryIds = rows.map((row) => row.entry_id);
    const last = entryIds.length < BUILT_ENTRIES ? undefined : entryIds.at(-1);
    const floor = last === undefined ? 0 : last - 1;
    // Refused when the reader has followed or unfollowed someone meanwhile: right for this answer, but not to be kept.
    await timelineStore.complete(readerId, generation, entryIds, floor);
    return { entryIds, floor, generation };
  }

  return {
    build(readerId) {
      const started = build(readerId).finally(() => builds.delete(readerId));
      builds.set(readerId, started);
      return started;
    },

    underWay: (readerId) => builds.get(readerId),
  };
}
