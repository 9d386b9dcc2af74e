/** Holds the ids of cached timelines against what SQL says belongs there. For verification: part one. */
import { ID_MAX, type Id } from '../../../core/ids.ts';
import type { SqlSession } from '../../../ports/sql-store/sql-store.ts';
import { TIMELINE_ENTRIES_MAX, type TimelineStore } from '../../../ports/timeline-store/timeline-store.ts';
import type { AuthorModes } from './author-modes.ts';
import { readIdList } from './id-list-queries.ts';
import type { ReaderViews } from './reader-views.ts';
import { includesId, NO_IDS } from './sorted-ids.ts';
import { isTimelineOf, type TimelineEpoch } from './timeline-epoch.ts';
import { getEntrySources, getFollowees, getSourceEntries } from './timeline-verification-queries.ts';

export interface WrongFact {
  readonly readerId: Id;
  readonly kind: 'missing' | 'surplus';
  readonly entryId: Id;
  /** Who posted or reposted it. */
  readonly sourceId: Id;
}

export interface CheckedFacts {
  /** Those of the readers who have a cached timeline. */
  readonly readerIds: readonly Id[];
  readonly entriesCompared: number;
  readonly wrong: readonly WrongFact[];
}

export interface CachedFacts {
  /** A few statements, however many readers; each takes time for all whom they follow. */
  check(readerIds: readonly Id[]): Promise<CheckedFacts>;
}

/** In one statement: some 0.2 s. */
const SOURCES_MAX = 10_000;
const ENTRIES_MAX = 10_000;

interface CachedTimeline {
  readonly readerId: Id;
  readonly entryIds: readonly Id[];
  readonly floor: Id;
  readonly generation: number;
}

interface FollowedTimeline extends CachedTimeline {
  readonly followeeIds: Float64Array;
}

interface UnknownEntry {
  readonly timeline: FollowedTimeline;
  readonly kind: WrongFact['kind'];
  readonly entryId: Id;
}

export function createCachedFacts(deps: {
  readonly sql: SqlSession;
  readonly timelineStore: Pick<TimelineStore, 'read'>;
  readonly authorModes: Pick<AuthorModes, 'pulledAmong'>;
  readonly timelineEpoch: Pick<TimelineEpoch, 'now'>;
  readonly readerViews: Pick<ReaderViews, 'get'>;
}): CachedFacts {
  const { sql, timelineStore, authorModes, timelineEpoch, readerViews } = deps;

  /** Not one that no read takes for the reader's any more, by what this process knows of whom they follow. */
  async function cachedTimeline(readerId: Id): Promise<CachedTimeline | undefined> {
    const page = await timelineStore.read(readerId, ID_MAX, TIMELINE_ENTRIES_MAX);
    if (page === undefined) return undefined;
    const { followsStamp } = await readerViews.get(readerId);
    if (!isTimelineOf(page.sources, followsStamp, timelineEpoch)) return undefined;
    const { entryIds, floor, generation } = page;
    // There may be more than one page takes: then nothing is known below the last.
    const last = entryIds.length < TIMELINE_ENTRIES_MAX ? undefined : entryIds.at(-1);
    return { readerId, entryIds, floor: last === undefined ? floor : last - 1, generation };
  }

  async function withFollowees(timelines: readonly CachedTimeline[]): Promise<FollowedTimeline[]> {
    const rows = await sql.query(getFollowees, [timelines.map(({ readerId }) => readerId)]);
    const followees = new Map(rows.map((row) => [row.reader_id, readIdList(row.followee_ids)]));
    return timelines.map((timeline) => ({
      ...timeline,
      followeeIds: followees.get(timeline.readerId) ?? NO_IDS,
    }));
  }

  /** Of each reader the entries that have to be cached, ascending. */
  async function dueEntries(timelines: readonly FollowedTimeline[]): Promise<ReadonlyMap<Id, Float64Array>> {
    const due = new Map<Id, Float64Array>();
    for (const piece of inPieces(timelines)) {
      const pairs = piece.flatMap((timeline) =>
        pushedSources(timeline).map((sourceId) => ({ ...timeline, sourceId })),
      );
      const rows = await sql.query(getSourceEntries, [
        pairs.map(({ readerId }) => readerId),
        pairs.map(({ sourceId }) => sourceId),
        pairs.map(({ floor }) => floor),
      ]);
      for (const row of rows) due.set(row.reader_id, readIdList(row.entry_ids));
    }
    return due;
  }

  /** The reader, and those whom the reader follows and does not pull. */
  function pushedSources({ readerId, followeeIds, generation }: FollowedTimeline): Id[] {
    const pulled = authorModes.pulledAmong(followeeIds, generation);
    const sourceIds = [readerId];
    for (const followeeId of followeeIds) if (!includesId(pulled, followeeId)) sourceIds.push(followeeId);
    return sourceIds;
  }

  /** Leaves out what is gone, and what is cached although it need not be: direct posts, and entries of pulled authors. */
  async function wrongAmong(unknown: readonly UnknownEntry[]): Promise<WrongFact[]> {
    const sources = new Map<Id, Id>();
    const entryIds = [...new Set(unknown.map(({ entryId }) => entryId))];
    for (let start = 0; start < entryIds.length; start += ENTRIES_MAX) {
      const rows = await sql.query(getEntrySources, [entryIds.slice(start, start + ENTRIES_MAX)]);
      for (const row of rows) sources.set(row.entry_id, row.source_id);
    }
    return unknown.flatMap(({ timeline: { readerId, followeeIds }, kind, entryId }) => {
      const sourceId = sources.get(entryId);
      if (sourceId === undefined) return [];
      const isDue = sourceId === readerId || includesId(followeeIds, sourceId);
      return isDue === (kind === 'missing') ? [{ readerId, kind, entryId, sourceId }] : [];
    });
  }

  return {
    async check(readerIds) {
      const cached = await Promise.all(readerIds.map(cachedTimeline));
      const timelines = await withFollowees(cached.filter((timeline) => timeline !== undefined));
      const due = await dueEntries(timelines);
      return {
        readerIds: timelines.map(({ readerId }) => readerId),
        entriesCompared: timelines.reduce((sum, { entryIds }) => sum + entryIds.length, 0),
        wrong: await wrongAmong(
          timelines.flatMap((timeline) => unequal(timeline, due.get(timeline.readerId) ?? NO_IDS)),
        ),
      };
    },
  };
}

/** As many timelines as have SOURCES_MAX sources in all, or one. */
function inPieces(timelines: readonly FollowedTimeline[]): FollowedTimeline[][] {
  const pieces: FollowedTimeline[][] = [];
  let sources = Number.POSITIVE_INFINITY;
  for (const timeline of timelines) {
    sources += timeline.followeeIds.length + 1;
    if (sources > SOURCES_MAX) {
      pieces.push([]);
      sources = timeline.followeeIds.length + 1;
    }
    pieces.at(-1)?.push(timeline);
  }
  return pieces;
}

function unequal(timeline: FollowedTimeline, due: Float64Array): UnknownEntry[] {
  const cached = Float64Array.from(timeline.entryIds).reverse();
  const only = (kind: UnknownEntry['kind'], some: Float64Array, others: Float64Array): UnknownEntry[] =>
    Array.from(
      some.filter((id) => !includesId(others, id)),
      (entryId) => ({ timeline, kind, entryId }),
    );
  return [...only('missing', due, cached), ...only('surplus', cached, due)];
}
