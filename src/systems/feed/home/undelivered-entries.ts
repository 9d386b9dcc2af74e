/**
 * New entries that this process has heard of and the fan-out has yet to deliver to all who follow their source: what was
 * shown by SQL a moment ago must not be gone for the moment in which memory lacks it.
 */
import type { Clock } from '../../../core/clock.ts';
import type { Id } from '../../../core/ids.ts';
import { homeEntryAddedBy } from './added-entry.ts';
import type { SourcePage } from './merge-pages.ts';
import type { HeardEvent, ReaderView } from './reader-views.ts';

export interface UndeliveredEntries {
  /** All those below `before` that belong into the reader's timeline; `undefined`: none. */
  page(view: ReaderView, before: Id): SourcePage | undefined;
  /** Of the topic `posts`. */
  hear(events: readonly HeardEvent[]): void;
  /** The fan-out is done with them; that may be before they are heard of. */
  end(entryIds: readonly Id[]): void;
  /** For how long the fan-out has not come to what waits; what waits behind its back goes page by page. */
  behindMs(): number;
}

/** Behind a fan-out that is further behind, timelines are as late as it is. A read looks at all of them. */
export const UNDELIVERED_MAX = 2_000;
/** What is not ended by then was ended by another process, or before this one began. */
const FORGOTTEN_AFTER_MS = 30_000;

export function createUndeliveredEntries({ clock }: { readonly clock: Clock }): UndeliveredEntries {
  /** By entry, in the order in which they were heard: whose it is, and since when. */
  const waiting = new Map<Id, { readonly sourceId: Id; readonly sinceMs: number }>();
  /** Ended and not heard of yet, in the order of their end. */
  const ended = new Map<Id, number>();
  /** When this process heard of the newest entry that was ended. */
  let endedSinceMs = Number.NEGATIVE_INFINITY;

  function forgetOld(nowMs: number): void {
    for (const [entryId, { sinceMs }] of waiting) {
      if (waiting.size <= UNDELIVERED_MAX && nowMs - sinceMs < FORGOTTEN_AFTER_MS) break;
      waiting.delete(entryId);
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
        if (added === undefined || ended.delete(added.entryId)) continue;
        waiting.set(added.entryId, { sourceId: added.authorId, sinceMs: nowMs });
      }
    },

    end(entryIds) {
      const nowMs = clock.monotonicMs();
      for (const entryId of entryIds) {
        endedSinceMs = Math.max(endedSinceMs, waiting.get(entryId)?.sinceMs ?? nowMs);
        if (!waiting.delete(entryId)) ended.set(entryId, nowMs);
      }
    },

    behindMs() {
      for (const { sinceMs } of waiting.values()) {
        if (sinceMs > endedSinceMs) return clock.monotonicMs() - sinceMs;
      }
      return 0;
    },
  };
}
