/**
 * Where the events of a log are kept: what an engine of the log has to offer to `createOutboxLog`, which does the
 * rest. Outbox, heads, positions and failed events are in SQL with every engine, for effects and positions commit
 * together, and offsets are given out under the lock of a head. So what an offset names is the same everywhere.
 */
import type { SqlTransaction } from '../sql-store/sql-store.ts';
import type { EventColumns } from './event-columns.ts';
import type { LoggedEvent, LogRange, NewEvent } from './event-log.ts';
import type { PositionRow } from './event-log-queries.ts';
import type { TailRow } from './event-tail-queries.ts';

/** What a relay has moved, or `publish` added. */
export interface Moved {
  /** `more`: it looks again at once. `busy`: another relay is at it, and may have begun before what is waited for. */
  readonly left: 'nothing' | 'more' | 'busy';
  readonly topics: readonly string[];
  /** Of the topics that were asked for; those of a partition in order. */
  readonly events: readonly LoggedEvent[];
}

export const NOTHING_MOVED: Moved = { left: 'nothing', topics: [], events: [] };

/** The next event of a group; `mustWait` while one of its key is still to be tried again before it. */
export interface NextEvent {
  readonly event: LoggedEvent;
  readonly mustWait: boolean;
}

/** Events of one partition that a group could not handle, or that wait behind such. */
export interface AsideEvents {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly offsets: readonly number[];
  readonly attempts: number;
  readonly delayMs: number;
  readonly error: string | null;
  readonly dead: boolean;
}

export interface DeadPlace {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

export interface EventStore {
  /** Moves the oldest visible events of the outbox into the log and tells the other processes. One relay at a time. */
  move(wantedTopics: readonly string[]): Promise<Moved>;

  /** Adds events that are in no outbox, all or none, and tells the other processes unless a relay is to. */
  publish(columns: EventColumns, events: () => readonly NewEvent[]): Promise<Moved>;

  /** The next events of positions that are locked in the transaction; those of a partition in order, at most `limit`. */
  next(
    transaction: SqlTransaction,
    group: string,
    positions: readonly PositionRow[],
    limit: number,
  ): Promise<readonly NextEvent[]>;

  /** Copies events into the table of those that failed. */
  setAside(transaction: SqlTransaction, aside: AsideEvents): Promise<void>;

  /** An event has become a dead letter in this transaction. For engines that show them to others. */
  announceDead?(transaction: SqlTransaction, letter: DeadPlace): Promise<void>;

  /**
   * What is in the log from the places on, by partition and offset, at most `eventsMax`, and what the outbox holds at
   * the same moment. Of a place that is behind, at least one event, or a row without one if those are gone.
   */
  look(
    places: readonly [topics: readonly string[], partitions: readonly number[], offsets: readonly number[]],
    eventsMax: number,
  ): Promise<readonly TailRow[]>;

  /** As `EventLog.read`. */
  read(ranges: readonly LogRange[], limit: number): Promise<readonly LoggedEvent[]>;

  /** As `EventLog.deleteExpired`; stops early once `signal` is aborted. */
  deleteExpired(signal: AbortSignal): Promise<number>;

  /** Makes ready for events of the topics, so that the first of them need not wait. May fail, and be forgotten. */
  prepare?(topics: readonly string[]): Promise<void>;

  /** Positions of the groups have moved. For engines that show them to others. */
  passed?(group: string): void;

  close(): Promise<void>;
}
