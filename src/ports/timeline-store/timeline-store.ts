/**
 * The timeline-store port: for each of the most active readers, the ids of the newest entries of their home
 * timeline. It is a cache of facts that SQL has too: what is absent is slower to answer, never wrong. What a
 * reader may see of the entries is decided when they are read (decision 10).
 *
 * A timeline has entries and a floor. Of all entries that belong into it, those above the floor are all there
 * and those at or below it are not: 0 says that nothing is older. At most TIMELINE_ENTRIES_MAX are kept, the
 * newest; when one more comes, the oldest goes and its id is the new floor.
 *
 * The store has one counter of generations. A timeline is of the generation in which it was begun, and of another
 * each time that it is begun again. By that, what is delivered late is told from what is delivered in time:
 *
 * - Who builds a timeline calls `begin`, then reads the entries from SQL, then calls `complete`.
 * - Who delivers an entry that is committed asks for `generation`, then reads who is to have it, then calls `deliver`.
 *
 * If the timeline is the younger, its builder has read the entry, or has found that it no longer belongs there; if it
 * is not, it takes the entry, also while it is being built. So nothing is lost to a build, and a batch that comes
 * after an unfollow, whose `drop` came before it, brings nothing back.
 *
 * Each timeline is changed by one call at a time, and calls of one caller happen in their order. A call about several
 * readers is atomic for each, not for all. Every call may be repeated. A store that cannot be reached fails with
 * `unavailable` or `timeout`, and then SQL answers; whoever could not deliver or drop has to repeat it until it is done.
 *
 * A store that several processes share may lose what it has, by a restart or by the death of one of its servers, but
 * never a part of a timeline: it then answers that there is none. Its counter never goes back all the same.
 */

import { assert } from '../../core/errors.ts';
import type { Id } from '../../core/ids.ts';
import type { MaybePromise } from '../../core/maybe-promise.ts';

export const TIMELINE_ENTRIES_MAX = 800;
/** A timeline that has not been read for so long is forgotten; by a store that notes visits seldom, up to a day earlier. */
export const TIMELINE_IDLE_MS = 30 * 24 * 3_600_000;
/** A build that takes longer is taken for abandoned; statements are given up long before. */
export const TIMELINE_BUILD_MS = 60_000;

export interface TimelinePage {
  /** Newest first. A copy: later deliveries do not change it. */
  readonly entryIds: readonly Id[];
  /** Of the timeline, not of the page: its entries above this id are all cached. 0: nothing is older. */
  readonly floor: Id;
  /** That of its `begin`. */
  readonly generation: number;
  /** As given to `complete`. */
  readonly sources: number;
}

/** One entry, and who is to have it, in any order; a reader who is named twice takes it once. */
export interface Delivery {
  readonly entryId: Id;
  readonly readerIds: ArrayLike<Id>;
}

export interface TimelineStore {
  /** The generation of now, which never goes back; to be asked before it is read who is to have a delivery. */
  generation(): MaybePromise<number>;

  /**
   * The newest `limit` (1 to TIMELINE_ENTRIES_MAX) cached entries before `before`, which is an id or ID_MAX for
   * the first page. Fewer, when there are no more above the floor. Counts as a visit of the reader.
   *
   * Answers `undefined` when the reader has no timeline: never built, being built, dropped, idle for longer than
   * TIMELINE_IDLE_MS, or pushed out by readers who are more active. A timeline without entries is one all the same.
   */
  read(readerId: Id, before: Id, limit: number): MaybePromise<TimelinePage | undefined>;

  /**
   * Drops the reader's timeline and begins a new one of a new generation, which it answers: greater than all
   * before, so that no delivery of before gets in. From then on deliveries are gathered for it. To be called before
   * the entries are read from SQL. A build of the same reader that was under way is void. Counts as a visit.
   */
  begin(readerId: Id): MaybePromise<number>;

  /**
   * Ends the build: the timeline has these entries (newest first, each once, all above `floor`; as many as the caller
   * likes, of which the newest are kept) and those that were delivered since `begin` and lie above `floor`.
   *
   * Answers false, and keeps nothing, when the build is void: dropped or begun again meanwhile, begun more than
   * TIMELINE_BUILD_MS ago, pushed out, or completed already. What the caller has read is then still what SQL said,
   * but for the reader's own writes since; it may be shown, not kept.
   *
   * `sources` is a number by which the caller tells later for which sources the timeline was built; 0 by default.
   */
  complete(
    readerId: Id,
    generation: number,
    entryIds: readonly Id[],
    floor: Id,
    sources?: number,
  ): MaybePromise<boolean>;

  /**
   * Adds each entry to the timelines of its readers that are of `generation` or older, unless it is at or below the
   * floor or there already. Entries may come in any order; each finds its place. Is no visit. Answers how many
   * entries were added, summed over the timelines; one that has expired may count until it is swept. To be repeated
   * when it fails: what was added is not added again.
   *
   * All of a call is done in one go, which takes some 0.2 us for each reader in memory: callers bound their batches.
   */
  deliver(deliveries: readonly Delivery[], generation: number): MaybePromise<number>;

  /** Forgets the timelines of these readers, and voids builds of them that are under way. */
  drop(readerIds: readonly Id[]): MaybePromise<void>;

  /** As `drop` of everybody, for a cache that may be wrong. The counter of generations goes on. */
  clear(): MaybePromise<void>;

  /** Whose timelines `read` would answer, in no order: for verification, as it may be a million of them. No visit. */
  cached(): MaybePromise<readonly Id[]>;

  /**
   * Says to all processes that share the store that each of the entries has reached the last of its readers: as soon as
   * can be, at most once, and to nobody who cannot be reached at the moment.
   */
  announceDelivered(entryIds: readonly Id[]): void;

  /** Calls `hear` with what is announced from now on, by this process too. Must not throw. */
  onDelivered(hear: (entryIds: readonly Id[]) => void): void;

  close(): Promise<void>;
}

/** For adapters: before anything is changed by them. */
export function assertEntries(entryIds: readonly Id[], floor: Id): void {
  let above = Number.POSITIVE_INFINITY;
  for (const entryId of entryIds) {
    assert(entryId < above && entryId > floor, 'entries are newest first, each once, and above the floor');
    above = entryId;
  }
}

/** For adapters: a page out of range is a defect of the caller. */
export function assertPage(limit: number): void {
  assert(limit >= 1 && limit <= TIMELINE_ENTRIES_MAX, 'a page has 1 to TIMELINE_ENTRIES_MAX entries');
}
