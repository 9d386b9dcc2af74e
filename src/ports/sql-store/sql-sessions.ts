/**
 * What makes several servers with the same data look like one to each session. Every commit has a place in the order of
 * all commits; a session carries the place up to which it has seen them, and is only shown what is at least as new. So it
 * reads its own writes, and never sees something disappear that it has seen.
 */

/** A place in the order of all commits. After a promotion the timeline is higher, and positions go on from about where they were. */
export interface CommitPosition {
  readonly timeline: number;
  /** In the write-ahead log, in bytes. */
  readonly position: number;
}

/**
 * `everything`: it is not known what it has seen. `nothing`: it is promised nothing, but that it sees nothing very old.
 * `unreadable`: it says what it has seen, and nobody understands it, so nothing less than the primary will do.
 */
export type Seen = CommitPosition | 'everything' | 'nothing' | 'unreadable';

export interface SqlSessions {
  /**
   * Whether all that the session of this request had seen when it began was committed by then (monotonic). So what has heard all that was
   * committed until then may answer in place of the database. Also true of who does not say what it has seen, and outside of requests.
   * If so, what the primary has when the answer is sent counts as seen: another process may have heard less.
   */
  hadSeenBy(ms: number): boolean;
  /** Whether the primary does not answer: what need not be kept may then be read as what `mayBeStale`. */
  isPrimaryAway(): boolean;
  /** One request of a session that has seen so much; one that `writes` reads where it writes. */
  visit(seen: Seen, options: { readonly writes: boolean }): SqlVisit;
}

export interface SqlVisit {
  /** Statements begun in `work`, also after an await, are those of the visit. Outside of any, all is read from the primary. */
  run<Result>(work: () => Result): Result;
  /**
   * What the session has seen after all that the visit has read and written; `undefined` if that was nothing. Never rejects:
   * what cannot be found out is answered with a place so far ahead that the session reads from the primary for a while.
   */
  seen(): Promise<CommitPosition | undefined>;
}

/** Whether who is there has all that was committed before the other place. */
export function isAtLeast(there: CommitPosition, other: CommitPosition): boolean {
  return there.timeline >= other.timeline && there.position >= other.position;
}
