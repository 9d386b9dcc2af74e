/**
 * New entries that this process has heard of and the fan-out has yet to deliver to all who follow their source: what was
 * shown by SQL a moment ago must not be gone for the moment in which memory lacks it.
 */
import type { Clock } from '../../../core/clock.ts';
import type { Id } from '../../../core/ids.ts';
import { type LoggedEvent, PARTITIONS, partitionOf } from '../../../ports/event-log/event-log.ts';
import { homeEntryAddedBy } from './added-entry.ts';
import type { SourcePage } from './merge-pages.ts';
import type { ReaderView } from './reader-views.ts';

/** Of a logged event, or of one that is committed: with its key, where that is known. */
type HeardEvent = Pick<LoggedEvent, 'topic' | 'kind' | 'payload'> & Partial<Pick<LoggedEvent, 'key'>>;

export interface UndeliveredEntries {
  /** All those below `before` that belong into the reader's timeline; `undefined`: none. */
  page(view: ReaderView, before: Id): SourcePage | undefined;
  /** Of the topic `posts`. */
  hear(events: readonly HeardEvent[]): void;
  /** The fan-out is done with them; that may be before they are heard of. */
  end(entryIds: readonly Id[]): void;
  /** The fan-out is done with all that was heard of a millisecond before or earlier, or goes on with it page by page. */
  reached(untilMs: number): void;
  /** For how long the fan-out has not come to something that was heard of, or that was written before anything was. */
  behindMs(): number;
}

export interface UndeliveredEntriesDeps {
  readonly clock: Clock;
  /**
   * Whether other processes deliver: then nothing is forgotten that they have not come to, but for what is too much; and of what
   * was written before this process heard anything, it has to be told.
   */
  readonly byOthers?: boolean;
}

/** Behind a fan-out that is further behind, timelines are as late as it is. A read looks at all of them. */
export const UNDELIVERED_MAX = 2_000;
/** What is not ended by then was ended by another process, or before this one began. */
const FORGOTTEN_AFTER_MS = 30_000;

interface Waiting {
  readonly sourceId: Id;
  readonly sinceMs: number;
  readonly partition: number;
}

export function createUndeliveredEntries({
  clock,
  byOthers = false,
}: UndeliveredEntriesDeps): UndeliveredEntries {
  /** By entry, in the order in which they were heard. */
  const waiting = new Map<Id, Waiting>();
  /** Ended and not heard of yet, in the order of their end. */
  const ended = new Map<Id, number>();
  /** Of each partition, in which the fan-out goes on in order: when what it has come to was heard of. */
  const reachedMs = new Array<number>(PARTITIONS).fill(Number.NEGATIVE_INFINITY);
  /** And since when it has not come to something that is not among what waits here. */
  const lostMs = new Array<number>(PARTITIONS).fill(
    byOthers ? clock.monotonicMs() : Number.NEGATIVE_INFINITY,
  );

  function isReached({ partition, sinceMs }: Waiting): boolean {
    return sinceMs <= (reachedMs[partition] ?? 0);
  }

  function reach(partition: number, untilMs: number): void {
    reachedMs[partition] = Math.max(reachedMs[partition] ?? untilMs, untilMs);
  }

  function forget(entryId: Id, entry: Waiting): void {
    waiting.delete(entryId);
    const { partition, sinceMs } = entry;
    if (!isReached(entry) && isReached({ ...entry, sinceMs: lostMs[partition] ?? sinceMs })) {
      lostMs[partition] = sinceMs;
    }
  }

  function forgetOld(nowMs: number): void {
    for (const [entryId, entry] of waiting) {
      const isOld = nowMs - entry.sinceMs >= FORGOTTEN_AFTER_MS;
      if (waiting.size <= UNDELIVERED_MAX && !isOld) break;
      if (waiting.size > UNDELIVERED_MAX || !byOthers || isReached(entry)) forget(entryId, entry);
    }
    for (const [entryId, sinceMs] of ended) {
      if (nowMs - sinceMs < FORGOTTEN_AFTER_MS) break;
      ended.delete(entryId);
    }
  }

  return {
    page(view, before) {
      if (waiting.size === 0) return undefined;
      const entryIds: Id[] = [];
      for (const [entryId, { sourceId }] of waiting) {
        if (entryId < before && (view.follows(sourceId) || sourceId === view.readerId))
          entryIds.push(entryId);
      }
      if (entryIds.length === 0) return undefined;
      return { entryIds: entryIds.sort((left, right) => right - left), floor: 0 };
    },

    hear(events) {
      const nowMs = clock.monotonicMs();
      forgetOld(nowMs);
      for (const event of events) {
        const added = homeEntryAddedBy(event);
        if (added === undefined || ended.delete(added.entryId) || waiting.has(added.entryId)) continue;
        const { entryId, authorId: sourceId } = added;
        waiting.set(entryId, { sourceId, sinceMs: nowMs, partition: partitionOf(event.key ?? sourceId) });
      }
    },

    end(entryIds) {
      const nowMs = clock.monotonicMs();
      for (const entryId of entryIds) {
        const entry = waiting.get(entryId);
        if (entry === undefined) ended.set(entryId, nowMs);
        else reach(entry.partition, entry.sinceMs);
        waiting.delete(entryId);
      }
    },

    reached(untilMs) {
      for (let partition = 0; partition < PARTITIONS; partition += 1) reach(partition, untilMs - 1);
    },

    behindMs() {
      let sinceMs = Number.POSITIVE_INFINITY;
      for (const entry of waiting.values()) if (!isReached(entry)) sinceMs = Math.min(sinceMs, entry.sinceMs);
      for (const [partition, lost] of lostMs.entries()) {
        if (lost > (reachedMs[partition] ?? 0)) sinceMs = Math.min(sinceMs, lost);
      }
      return Math.max(0, clock.monotonicMs() - sinceMs);
    },
  };
}
