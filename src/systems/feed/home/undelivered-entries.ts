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

/** Of a logged event, with its place in the log, or of one that is committed: with its key, where that is known. */
type HeardEvent = Pick<LoggedEvent, 'topic' | 'kind' | 'payload'> &
  Partial<Pick<LoggedEvent, 'key' | 'partition' | 'offset'>>;

export interface UndeliveredEntries {
  /** All those below `before` that belong into the reader's timeline; `undefined`: none. */
  page(view: ReaderView, before: Id): SourcePage | undefined;
  /** Of the topic `posts`. */
  hear(events: readonly HeardEvent[]): void;
  /** The fan-out is done with them; that may be before they are heard of. */
  end(entryIds: readonly Id[]): void;
  /** Up to where the log was heard, by partition. */
  heard(): readonly number[];
  /** The fan-out is done with all of the log up to there, or goes on with it page by page. */
  reached(offsets: readonly number[]): void;
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
  /** In the log; `undefined`: it was committed here, and the log may not have it yet. */
  offset: number | undefined;
}

/** Of a partition, what is no longer among what waits, up to an offset. */
interface Lost {
  readonly sinceMs: number;
  readonly offset: number;
}

const NOWHERE = -1;

export function createUndeliveredEntries({
  clock,
  byOthers = false,
}: UndeliveredEntriesDeps): UndeliveredEntries {
  /** By entry, in the order in which they were heard. */
  const waiting = new Map<Id, Waiting>();
  /** Ended before the log had brought them, in the order of their end. */
  const ended = new Map<Id, number>();
  const heardOffsets = new Array<number>(PARTITIONS).fill(NOWHERE);
  /** The fan-out goes through each partition in its order. */
  const reachedOffsets = new Array<number>(PARTITIONS).fill(NOWHERE);
  const lost = new Map<number, Lost>();
  for (let partition = 0; byOthers && partition < PARTITIONS; partition += 1) {
    // Nobody knows for how long what was written before is waited for.
    lost.set(partition, { sinceMs: Number.NEGATIVE_INFINITY, offset: NOWHERE });
  }

  function isReached({ partition, offset }: Waiting): boolean {
    return offset !== undefined && offset <= (reachedOffsets[partition] ?? NOWHERE);
  }

  function reach(partition: number, offset: number): void {
    reachedOffsets[partition] = Math.max(reachedOffsets[partition] ?? NOWHERE, offset);
    if ((lost.get(partition)?.offset ?? NOWHERE) <= offset) lost.delete(partition);
  }

  /** What the log has yet to bring will be heard again. */
  function forget(entryId: Id, entry: Waiting): void {
    waiting.delete(entryId);
    const { partition, offset, sinceMs } = entry;
    if (offset === undefined || isReached(entry)) return;
    const before = lost.get(partition);
    lost.set(partition, {
      sinceMs: before?.sinceMs ?? sinceMs,
      offset: Math.max(before?.offset ?? NOWHERE, offset),
    });
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

  /** The log has brought the entry. Answers whether that is all there is to do for it. */
  function place(entryId: Id, partition: number, offset: number): boolean {
    heardOffsets[partition] = Math.max(heardOffsets[partition] ?? NOWHERE, offset);
    const entry = waiting.get(entryId);
    if (entry !== undefined) entry.offset = offset;
    if (!ended.delete(entryId)) return false;
    reach(partition, offset);
    return true;
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
        if (added === undefined) continue;
        const { entryId, authorId: sourceId } = added;
        const { offset, partition = partitionOf(event.key ?? sourceId) } = event;
        if (offset !== undefined && place(entryId, partition, offset)) continue;
        if (ended.has(entryId) || waiting.has(entryId)) continue;
        waiting.set(entryId, { sourceId, sinceMs: nowMs, partition, offset });
      }
    },

    end(entryIds) {
      const nowMs = clock.monotonicMs();
      for (const entryId of entryIds) {
        const entry = waiting.get(entryId);
        if (entry?.offset === undefined) ended.set(entryId, nowMs);
        else reach(entry.partition, entry.offset);
        waiting.delete(entryId);
      }
    },

    heard: () => [...heardOffsets],

    reached(offsets) {
      for (const [partition, offset] of offsets.entries()) reach(partition, offset);
    },

    behindMs() {
      let sinceMs = Number.POSITIVE_INFINITY;
      for (const entry of waiting.values()) if (!isReached(entry)) sinceMs = Math.min(sinceMs, entry.sinceMs);
      for (const { sinceMs: lostMs } of lost.values()) sinceMs = Math.min(sinceMs, lostMs);
      return Math.max(0, clock.monotonicMs() - sinceMs);
    },
  };
}
