/**
 * Compares cached home timelines with the truth, while both go on to change: what differs at first is looked at again
 * when everything that was on its way has arrived, and counts only if it is still there.
 */
import type { Clock } from '../../../core/clock.ts';
import type { Id } from '../../../core/ids.ts';
import type { EventLog } from '../../../ports/event-log/event-log.ts';
import type { SqlSession } from '../../../ports/sql-store/sql-store.ts';
import type { TimelineStore } from '../../../ports/timeline-store/timeline-store.ts';
import type { AuthorModes } from './author-modes.ts';
import { reasonOf } from './difference-reasons.ts';
import { fanOutLag } from './fan-out-lag.ts';
import type { FeedTail } from './feed-tail.ts';
import type { ReaderViews } from './reader-views.ts';
import { createTimelineComparison, notHeard, type ReadFeed, type Suspicion } from './timeline-comparison.ts';
import type { TimelineEpoch } from './timeline-epoch.ts';
import { getContinuations, getEntrySources } from './timeline-verification-queries.ts';

export interface TimelineVerification {
  /** Takes a statement at a time, so that readers of the same process go on to be answered. */
  verify(task: VerificationTask, options: VerificationOptions): Promise<Verification>;
}

export interface VerificationTask {
  /** Only this one's timeline; null: those of all. */
  readonly readerId: Id | null;
  /** So many readers at most; null: all. */
  readonly readers: number | null;
  /** Of what is shown to a reader, so many pages are compared. */
  readonly pages: number;
}

export interface VerificationOptions {
  /** Ends it with `unavailable`. */
  readonly signal: AbortSignal;
  /** Of the tail of this process. */
  readonly heardUntilMs: () => number;
  readonly onProgress: (progress: VerificationProgress) => void;
}

export interface VerificationProgress {
  /** Readers. */
  readonly done: number;
  readonly total: number;
  /** Found so far. */
  readonly differences: number;
}

export interface Verification {
  readonly readersCached: number;
  readonly readersChecked: number;
  readonly entriesCompared: number;
  readonly differenceCount: number;
  /** At most DIFFERENCES_MAX. */
  readonly differences: readonly Difference[];
  /** The fan-out was behind all the time when these were looked at: some may be on their way. */
  readonly undecided: boolean;
  readonly durationMs: number;
}

export interface Difference extends Suspicion {
  readonly why: string;
}

/** Whoever reads has to wait for none of it: a batch is a handful of statements, one after the other. */
const READERS_BATCH = 20;
/** Looked at again together. */
const SUSPECTS_MAX = 200;
export const DIFFERENCES_MAX = 10_000;
/** By default; then what differs is reported, and that it is undecided. */
const SETTLE_MS_MAX = 30_000;

export interface TimelineVerificationDeps {
  readonly sql: SqlSession;
  readonly clock: Clock;
  readonly eventLog: Pick<EventLog, 'lag'>;
  readonly timelineStore: Pick<TimelineStore, 'read' | 'cached'>;
  readonly authorModes: Pick<AuthorModes, 'pulledAmong'>;
  readonly timelineEpoch: Pick<TimelineEpoch, 'now'>;
  readonly readerViews: Pick<ReaderViews, 'get'>;
  readonly tail: Pick<FeedTail, 'isSettled'>;
  readonly memoryFeed: ReadFeed;
  readonly settleMsMax?: number;
}

export function createTimelineVerification(deps: TimelineVerificationDeps): TimelineVerification {
  const { sql, clock, eventLog, timelineStore, readerViews } = deps;
  const { settleMsMax = SETTLE_MS_MAX } = deps;
  const comparison = createTimelineComparison({ ...deps, settleMsMax });

  /** Waits until this process has heard all of before, and the fan-out has delivered it; answers if it has. */
  async function settle(
    suspicions: readonly Suspicion[],
    { signal, heardUntilMs }: VerificationOptions,
  ): Promise<boolean> {
    const startedMs = clock.monotonicMs();
    const sourceIds = [...new Set(suspicions.map(({ sourceId }) => sourceId).filter((id) => id !== null))];
    while (clock.monotonicMs() - startedMs < settleMsMax) {
      if (heardUntilMs() > startedMs && (await isDelivered(sourceIds))) return true;
      await comparison.pause(signal);
    }
    if (heardUntilMs() <= startedMs) throw notHeard();
    return false;
  }

  async function isDelivered(sourceIds: readonly Id[]): Promise<boolean> {
    const { waiting, retrying } = await fanOutLag(eventLog);
    if (waiting + retrying > 0) return false;
    return (await sql.query(getContinuations, [sourceIds])).length === 0;
  }

  /** Those that are still there. */
  async function confirm(
    suspected: readonly Suspicion[],
    pages: number,
    options: VerificationOptions,
  ): Promise<{ readonly settled: boolean; readonly differences: readonly Difference[] }> {
    const settled = await settle(await withSources(suspected), options);
    const readerIds = [...new Set(suspected.map(({ readerId }) => readerId))];
    const before = new Set(suspected.map(nameOf));
    const again: Suspicion[] = [];
    for (const batch of batchesOf(readerIds)) {
      again.push(...(await comparison.compare(batch, pages, options.signal)).suspicions);
    }
    const confirmed = await withSources(again.filter((each) => before.has(nameOf(each))));
    if (confirmed.length === 0) return { settled: true, differences: [] };
    const { dead } = await fanOutLag(eventLog);
    const inCache = new Set(confirmed.filter(({ check }) => check === 'cached').map(placeOf));
    const differences: Difference[] = [];
    for (const each of confirmed) {
      const knowsFollow = await follows(each);
      const why = reasonOf(each, { knowsFollow, isCachedToo: inCache.has(placeOf(each)), dead });
      differences.push({ ...each, why });
    }
    return { settled, differences };
  }

  async function withSources(suspicions: readonly Suspicion[]): Promise<Suspicion[]> {
    const unknown = suspicions.filter(({ sourceId }) => sourceId === null);
    if (unknown.length === 0) return [...suspicions];
    const entryIds = [...new Set(unknown.map(({ entryId }) => entryId))];
    const rows = await sql.query(getEntrySources, [entryIds]);
    const sources = new Map(rows.map((row) => [row.entry_id, row.source_id]));
    return suspicions.map((each) => ({
      ...each,
      sourceId: each.sourceId ?? sources.get(each.entryId) ?? null,
    }));
  }

  /** As far as this process knows. */
  async function follows({ readerId, sourceId }: Suspicion): Promise<boolean> {
    if (sourceId === null) return false;
    return sourceId === readerId || (await readerViews.get(readerId)).follows(sourceId);
  }

  return {
    async verify({ readerId, readers, pages }, options) {
      const startedMs = clock.monotonicMs();
      const cachedIds = await timelineStore.cached();
      const chosenIds = readerId === null ? cachedIds : cachedIds.filter((id) => id === readerId);
      const readerIds = chosenIds.slice(0, readers ?? chosenIds.length);
      const differences: Difference[] = [];
      let [checked, entries, differenceCount, undecided] = [0, 0, 0, false];
      let suspicions: Suspicion[] = [];

      let done = 0;
      for (const batch of batchesOf(readerIds)) {
        const compared = await comparison.compare(batch, pages, options.signal);
        checked += compared.readers;
        entries += compared.entries;
        suspicions.push(...compared.suspicions);
        done += batch.length;
        const isLast = done === readerIds.length;
        if (suspicions.length > 0 && (isLast || suspicions.length >= SUSPECTS_MAX)) {
          const confirmed = await confirm(suspicions, pages, options);
          suspicions = [];
          undecided ||= !confirmed.settled;
          differenceCount += confirmed.differences.length;
          differences.push(...confirmed.differences.slice(0, DIFFERENCES_MAX - differences.length));
        }
        options.onProgress({ done, total: readerIds.length, differences: differenceCount });
      }
      return {
        readersCached: cachedIds.length,
        readersChecked: checked,
        entriesCompared: entries,
        differenceCount,
        differences,
        undecided,
        durationMs: clock.monotonicMs() - startedMs,
      };
    },
  };
}

function* batchesOf(readerIds: readonly Id[]): Generator<readonly Id[]> {
  for (let start = 0; start < readerIds.length; start += READERS_BATCH) {
    yield readerIds.slice(start, start + READERS_BATCH);
  }
}

function placeOf({ readerId, entryId }: Suspicion): string {
  return `${readerId} ${entryId}`;
}

function nameOf(suspicion: Suspicion): string {
  return `${placeOf(suspicion)} ${suspicion.check} ${suspicion.kind}`;
}
