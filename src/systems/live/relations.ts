/** How a user stands to others, in memory: loaded once, then changed by the events that are heard. */
import type { Id } from '../../core/ids.ts';

/** What is loaded when a user begins to watch. */
export interface LoadedRelations {
  readonly followeeIds: Iterable<Id>;
  readonly mutedIds: Iterable<Id>;
  readonly blockedIds: Iterable<Id>;
  readonly blockedByIds: Iterable<Id>;
}

/** Sets that are empty, as most are of most users, take no memory. */
export class Relations {
  #followees: Set<Id> | undefined;
  #muted: Set<Id> | undefined;
  #blocked: Set<Id> | undefined;
  #blockedBy: Set<Id> | undefined;

  constructor(loaded: LoadedRelations) {
    this.#followees = setOf(loaded.followeeIds);
    this.#muted = setOf(loaded.mutedIds);
    this.#blocked = setOf(loaded.blockedIds);
    this.#blockedBy = setOf(loaded.blockedByIds);
  }

  followees(): Iterable<Id> {
    return this.#followees ?? [];
  }

  follows(userId: Id): boolean {
    return this.#followees?.has(userId) ?? false;
  }

  /** Neither muted, nor parted by a block of either of the two. */
  hears(userId: Id): boolean {
    return !(this.#muted?.has(userId) ?? false) && !this.isParted(userId);
  }

  /** By a block of either of the two. */
  isParted(userId: Id): boolean {
    return (this.#blocked?.has(userId) ?? false) || (this.#blockedBy?.has(userId) ?? false);
  }

  setFollows(userId: Id, value: boolean): void {
    this.#followees = changed(this.#followees, userId, value);
  }

  setMutes(userId: Id, value: boolean): void {
    this.#muted = changed(this.#muted, userId, value);
  }

  setBlocks(userId: Id, value: boolean): void {
    this.#blocked = changed(this.#blocked, userId, value);
  }

  setBlockedBy(userId: Id, value: boolean): void {
    this.#blockedBy = changed(this.#blockedBy, userId, value);
  }
}

function setOf(ids: Iterable<Id>): Set<Id> | undefined {
  const set = new Set(ids);
  return set.size === 0 ? undefined : set;
}

function changed(set: Set<Id> | undefined, id: Id, value: boolean): Set<Id> | undefined {
  if (value) return (set ?? new Set()).add(id);
  set?.delete(id);
  return set;
}
