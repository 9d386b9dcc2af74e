/**
 * Timelines in the memory of this process, which loses them when it ends. A delivery takes about 0.2 us, a read of a page 1 us.
 * All that there is for a timeline lies in arrays of numbers, so a million of them are no work for the garbage collector.
 */

import type { Clock } from '../../core/clock.ts';
import { ID_MAX, type Id } from '../../core/ids.ts';
import { createEntryLists } from './entry-lists.ts';
import { createReaderRows, NO_ROW } from './reader-rows.ts';
import {
  assertEntries,
  assertPage,
  type Delivery,
  TIMELINE_BUILD_MS,
  TIMELINE_ENTRIES_MAX,
  TIMELINE_IDLE_MS,
  type TimelinePage,
  type TimelineStore,
} from './timeline-store.ts';

export interface MemoryTimelineStoreOptions {
  readonly clock: Clock;
  /** 1 or more, those that are being built included. Each takes 53 bytes, and 8 to 12 for each entry. */
  readonly timelinesMax?: number;
}

/** What is in memory is answered at once. */
export interface MemoryTimelineStore extends TimelineStore {
  generation(): number;
  read(readerId: Id, before: Id, limit: number): TimelinePage | undefined;
  begin(readerId: Id): number;
  complete(readerId: Id, generation: number, entryIds: readonly Id[], floor: Id, sources?: number): boolean;
  deliver(deliveries: readonly Delivery[], generation: number): number;
  drop(readerIds: readonly Id[]): void;
  clear(): void;
  cached(): readonly Id[];
  /** How many timelines there are, those that are being built included. */
  timelineCount(): number;
}

export const TIMELINES_MAX = 1_000_000;
/** Of so many timelines the one that was read longest ago makes room, which is nearly as good as of all. */
const EVICTION_CANDIDATES = 16;
/** A prime, so that the hand comes to every row; large, so that neighbours, who came together, are not compared with each other. */
const HAND_STEP = 2_654_435_761;
/** Each begin adds one timeline at most and looks at two, so what has expired goes as fast as others come. */
const SWEPT_PER_BEGIN = 2;

export function createMemoryTimelineStore({
  clock,
  timelinesMax = TIMELINES_MAX,
}: MemoryTimelineStoreOptions): MemoryTimelineStore {
  const rows = createReaderRows(timelinesMax);
  const lists = createEntryLists(timelinesMax);
  const generations = new Float64Array(timelinesMax);
  const sourcesOfRow = new Float64Array(timelinesMax);
  const visitedMs = new Float64Array(timelinesMax);
  const building = new Uint8Array(timelinesMax);
  const delivered: ((entryIds: readonly Id[]) => void)[] = [];
  let generation = 0;
  /** The row that is looked at next for eviction. */
  let hand = 0;
  /** And for expiry. */
  let swept = 0;

  const timeOfRow = (row: number) => visitedMs[row] as number;

  function isExpired(row: number, nowMs: number): boolean {
    return nowMs - timeOfRow(row) > (building[row] === 1 ? TIMELINE_BUILD_MS : TIMELINE_IDLE_MS);
  }

  function remove(row: number): void {
    lists.remove(row);
    rows.remove(row);
  }

  /** The row of the reader's timeline, or of a build of it; NO_ROW if there is none, or none any longer. */
  function rowOf(readerId: Id, nowMs: number): number {
    const row = rows.find(readerId);
    if (row === NO_ROW || !isExpired(row, nowMs)) return row;
    remove(row);
    return NO_ROW;
  }

  function sweep(nowMs: number): void {
    for (let n = 0; n < SWEPT_PER_BEGIN; n += 1) {
      swept = swept + 1 < rows.end() ? swept + 1 : 0;
      if (rows.readerOf(swept) !== 0 && isExpired(swept, nowMs)) remove(swept);
    }
  }

  /** All rows are taken, so each candidate is a timeline. */
  function evictOne(): void {
    let oldest = hand;
    for (let n = 0; n < Math.min(EVICTION_CANDIDATES, timelinesMax); n += 1) {
      if (timeOfRow(hand) < timeOfRow(oldest)) oldest = hand;
      hand = (hand + HAND_STEP) % timelinesMax;
    }
    remove(oldest);
  }

  function addRow(readerId: Id): number {
    if (rows.size() === timelinesMax) evictOne();
    return rows.add(readerId);
  }

  return {
    generation: () => generation,
    read(readerId, before, limit) {
      assertPage(limit);
      const nowMs = clock.monotonicMs();
      const row = rowOf(readerId, nowMs);
      if (row === NO_ROW || building[row] === 1) return undefined;
      visitedMs[row] = nowMs;
      return {
        entryIds: lists.newest(row, before, limit),
        floor: lists.floorOf(row),
        generation: generations[row] as number,
        sources: sourcesOfRow[row] as number,
      };
    },
    begin(readerId) {
      const nowMs = clock.monotonicMs();
      sweep(nowMs);
      const known = rows.find(readerId);
      const row = known === NO_ROW ? addRow(readerId) : known;
      lists.replace(row, [], 0);
      generation += 1;
      generations[row] = generation;
      visitedMs[row] = nowMs;
      building[row] = 1;
      return generation;
    },
    complete(readerId, begun, entryIds, floor, sources = 0) {
      assertEntries(entryIds, floor);
      const row = rowOf(readerId, clock.monotonicMs());
      if (row === NO_ROW || building[row] === 0 || generations[row] !== begun) return false;
      const gathered = lists.newest(row, ID_MAX, TIMELINE_ENTRIES_MAX);
      // More may have been delivered than was kept: what lies below is not complete.
      const highestFloor = Math.max(floor, lists.floorOf(row));
      const above = highestFloor === floor ? entryIds : entryIds.filter((id) => id > highestFloor);
      lists.replace(row, above, highestFloor);
      for (const entryId of gathered.reverse()) lists.insert(row, entryId);
      building[row] = 0;
      sourcesOfRow[row] = sources;
      return true;
    },
    deliver(deliveries, upTo) {
      let added = 0;
      for (const { entryId, readerIds } of deliveries) {
        for (let n = 0; n < readerIds.length; n += 1) {
          const row = rows.find(readerIds[n] as Id);
          if (row === NO_ROW || (generations[row] as number) > upTo) continue;
          if (lists.insert(row, entryId)) added += 1;
        }
      }
      return added;
    },
    drop(readerIds) {
      for (const readerId of readerIds) {
        const row = rows.find(readerId);
        if (row !== NO_ROW) remove(row);
      }
    },
    clear() {
      for (let row = 0; row < rows.end(); row += 1) if (rows.readerOf(row) !== 0) remove(row);
    },
    cached() {
      const nowMs = clock.monotonicMs();
      const readerIds: Id[] = [];
      for (let row = 0; row < rows.end(); row += 1) {
        const readerId = rows.readerOf(row);
        if (readerId !== 0 && building[row] === 0 && !isExpired(row, nowMs)) readerIds.push(readerId);
      }
      return readerIds;
    },
    timelineCount: () => rows.size(),
    announceDelivered(entryIds) {
      for (const hear of delivered) hear(entryIds);
    },
    onDelivered: (hear) => void delivered.push(hear),
    close: async () => undefined,
  };
}
