/**
 * The event-log port: what happened, told to everyone who must act on it, in order and without loss.
 *
 * An event belongs to a topic (`posts`), is about one key (the post) and says what happened to it (`kind`) with all
 * that its readers need (`payload`). The log is cut into PARTITIONS by key; offsets count within a partition.
 *
 * Order: events of one key are handled in the order of their `append`, provided that whoever appends holds a lock
 * on what the key names (the row it changes, as a rule). Between keys there is no order.
 *
 * A consumer group handles every event of its topics. Whatever its handler does in the transaction it is given
 * happens exactly once; whatever it does elsewhere happens at least once, so that must be idempotent by
 * (topic, partition, offset), which never change.
 */

import { type Id, shardOf } from '../../core/ids.ts';
import type { SqlTransaction } from '../sql-store/sql-store.ts';

export const PARTITIONS = 8;
export const APPEND_EVENTS_MAX = 1_000;
export const PUBLISH_EVENTS_MAX = 100;
/** Calls of `publish` that wait for their turn in one process, at most. */
export const PUBLISHES_WAITING_MAX = 256;
export const EVENT_PAYLOAD_BYTES_MAX = 65_536;
/** Events that no group still needs are kept this long, for groups to come and for questions. */
export const EVENT_RETENTION_MS = 3 * 24 * 60 * 60 * 1_000;
export const DEAD_LETTERS_PAGE_MAX = 100;
export const READ_EVENTS_MAX = 2_000;

/** The partition of all events about `key`. */
export function partitionOf(key: Id): number {
  return shardOf(key) % PARTITIONS;
}

export interface NewEvent {
  /** Lower-case letters and `_`, at most 40. */
  readonly topic: string;
  /** What it is about. */
  readonly key: Id;
  /** What happened, in the past tense: `post_created`. */
  readonly kind: string;
  /** An object that JSON can carry, at most EVENT_PAYLOAD_BYTES_MAX. */
  readonly payload: object;
  /** The user to whom what it is about belongs; decides the shard that the row is stored with. */
  readonly ownerId: Id;
  /** Of what caused it (W3C Trace Context); by default the request that is being answered. */
  readonly traceparent?: string | undefined;
}

export interface LoggedEvent {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: Id;
  readonly kind: string;
  /** As it was appended, by whatever release was running then. */
  readonly payload: Readonly<Record<string, unknown>>;
  readonly createdAt: Date;
  readonly traceparent: string | undefined;
}

export interface Subscription {
  /** Consumers with the same name share the partitions among them. */
  readonly group: string;
  readonly topics: readonly string[];
  /** Where a group starts that has never been subscribed to a topic: at its first event kept, or after its last. */
  readonly from: 'beginning' | 'end';
  /**
   * Handles 1 to `batchMax` events of one topic and of one partition or several; those of a partition in order. When it
   * resolves, its effects in `transaction` and the new positions commit together; when it rejects, neither does:
   *
   * - An AppError `unavailable` pauses the partitions and is tried again, for as long as it takes.
   * - After any other error the events of the batch are tried one by one. One that fails alone is tried again, up
   *   to `attemptsMax` times with growing delays; later events of its key wait behind it, all others go on. After
   *   the last try it becomes a dead letter, and those behind it are handled.
   *
   * It may run again for the same events, so it must have no effect outside of the transaction that is not
   * idempotent. It has HANDLE_TIMEOUT_MS, and then counts as failed.
   */
  handle(events: readonly LoggedEvent[], transaction: SqlTransaction): Promise<void>;
  /** Default 100. */
  readonly batchMax?: number;
  /**
   * How long a consumer rests when it has handled all there was, so that under load events gather and are handled
   * together; after a quiet time it handles the first at once. Default 0.
   */
  readonly gatherMs?: number;
  /** Batches, each of partitions of its own, that this process handles at the same time. Default 1. */
  readonly concurrency?: number;
  /** Default 10, which takes about a minute. */
  readonly attemptsMax?: number;
}

export interface Consumer {
  /** Finishes the batches that are being handled and takes no more. */
  close(): Promise<void>;
}

export interface TailOptions {
  readonly topics: readonly string[];
  /**
   * Each event of the topics that is committed after `tail` was called, at least once; those of a key in order. An
   * event may also be older than that. At most TAIL_EVENTS_MAX at a time. What it throws is logged and lost.
   */
  hear(events: readonly LoggedEvent[]): void;
  /**
   * Events of the topics that this process has just committed, before whoever committed them goes on. They are heard
   * by `hear` as well, as a rule later. Whatever a process commits without `append` and `appended` is not among them.
   */
  committed?(events: readonly NewEvent[]): void;
}

/** Offsets of one partition from `from` to below `to`. */
export interface LogRange {
  readonly topic: string;
  readonly partition: number;
  readonly from: number;
  readonly to: number;
}

/** A place in the log: the next event of a partition. */
export interface LogPosition {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

export interface Tail {
  /** The first event of each partition that is heard; those not named begin at 0. */
  readonly startedAt: readonly LogPosition[];
  /**
   * By the monotonic clock of this process: whatever had been committed at that time, by any process, has been heard, or was
   * in the log before the first event that is. `-Infinity` until that can be said. Never goes back. At most half a second ago on a healthy system, busy or idle;
   * stands still while the database is away, and for ever once the log had deleted events before they were heard.
   */
  heardUntilMs(): number;
  /** Resolves when all that was committed before the call has been heard, however long that takes. */
  catchUp(): Promise<void>;
  /** Nothing is heard any more from the call on. Fails whoever waits in `catchUp` with `unavailable`. */
  close(): Promise<void>;
}

/** What keeps something in memory by what a tail hears, which may serve others too and hear of other topics. */
export interface TailFollower extends Pick<TailOptions, 'topics' | 'hear' | 'committed'> {
  /** The tail is open, and maybe has heard something: what is kept from now on is right as far as it has heard. */
  follow(tail: Pick<Tail, 'heardUntilMs' | 'startedAt' | 'catchUp'>): void;
}

/** Some 5 ms of work, after which others have their turn. */
export const TAIL_EVENTS_MAX = 1_000;

export interface EventLog {
  /**
   * Adds the events in this order, when and if the transaction commits. At most APPEND_EVENTS_MAX. They are on
   * their way to the consumers of every process within milliseconds of the commit.
   */
  append(transaction: SqlTransaction, events: readonly NewEvent[]): Promise<void>;

  /**
   * To be called after the commit of a statement that has put its events into the table `outbox` itself, next to
   * the rows they announce: columns shard (`shardOf(ownerId)`), topic, partition (`partitionOf(key)`), key, kind,
   * payload (json), traceparent (null if there is none). The others have defaults. One such statement inserts
   * the events of one key in order. Without this call they wait for the next poll. `events` answers those that
   * were committed, and is called at once if a tail of this process wants them, otherwise never.
   */
  appended(events: () => readonly NewEvent[]): void;

  /**
   * Adds the events in this order, all or none, in a transaction of its own, and resolves once that is durable. For
   * what belongs to no transaction and comes in numbers for which one each would be too dear, as clicks and positions
   * do: gather many records in the payload of one event. At most PUBLISH_EVENTS_MAX.
   *
   * - Bound of loss: what a call that had not resolved was given when the process died, and what the caller had not
   *   given to one yet. What was acknowledged is as safe as what was appended, also where the engine of the log is away
   *   and the database is not: then it waits in the outbox.
   * - At least once: after a failure with outcome `unknown` they may be in the log, and publishing them again may add
   *   them twice, at different offsets. They carry what a consumer can tell that by.
   * - Events of a key are in order if their publisher awaits each call before the next.
   * - Nothing is kept here for later. At most PUBLISHES_WAITING_MAX calls wait, the next fails with `unavailable`
   *   (not_applied): who publishes has a bound of its own, and decides what to drop.
   */
  publish(events: readonly NewEvent[]): Promise<void>;

  /** Starts to handle events, from where the group left off. Resolves once it hears of new ones. */
  subscribe(subscription: Subscription): Promise<Consumer>;

  /**
   * Hears the events of all processes from now on: for what every process keeps in memory. Nothing is recorded of
   * it, so another tail starts at the end again. Resolves once it listens.
   */
  tail(options: TailOptions): Promise<Tail>;

  /**
   * What the log holds of the ranges, those of a range in order, at most `limit` (up to READ_EVENTS_MAX) in all: each
   * range has an equal share, and at least one. What is missing at its beginning has been deleted. Of what a tail of
   * this process has heard, all is there.
   */
  read(ranges: readonly LogRange[], limit: number): Promise<readonly LoggedEvent[]>;

  /** What each group has yet to handle, by group and topic. */
  lag(): Promise<GroupLag[]>;

  /** Since when the oldest committed event has waited to reach the log, in ms; 0 if none waits. */
  outboxAgeMs(): Promise<number>;

  /** Dead letters by group, topic, partition and offset, those after `after`; at most DEAD_LETTERS_PAGE_MAX. */
  pageDeadLetters(query: {
    readonly group?: string | undefined;
    readonly after?: (DeadLetterPlace & { readonly group: string }) | undefined;
    readonly limit: number;
  }): Promise<DeadLetter[]>;

  /**
   * Gives the group's dead letters (all of them, or those named) all their attempts again, and answers how many.
   * They are handled after events of their key that came later.
   */
  replayDeadLetters(group: string, places?: readonly DeadLetterPlace[]): Promise<number>;

  /**
   * Lets the group go on from other places, or from the beginning of all that the log still has of its topics: earlier
   * ones to handle events again, later ones to leave some out. Places outside of the log mean its beginning or end.
   * Retries and dead letters of what is to be handled again are forgotten. Answers how many positions were set.
   */
  seek(group: string, to: 'beginning' | readonly LogPosition[]): Promise<number>;

  /** Forgets the group: its positions, retries and dead letters. The log keeps no event for it any more. */
  removeGroup(group: string): Promise<void>;

  /**
   * Deletes events older than EVENT_RETENTION_MS that every group of their topic has passed, and answers how many.
   * To be called now and then by one of the processes.
   */
  deleteExpired(): Promise<number>;

  /** Closes all consumers and tails, and sends on what was appended so far. */
  close(): Promise<void>;
}

/** Less than a transaction may take under the wrappers of the sql-store. */
export const HANDLE_TIMEOUT_MS = 10_000;

export interface GroupLag {
  readonly group: string;
  readonly topic: string;
  /** Events not handled yet, those that have not reached the log among them. */
  readonly waiting: number;
  /** Events that failed and will be tried again, and those that wait behind them. */
  readonly retrying: number;
  readonly dead: number;
}

export interface DeadLetterPlace {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

export interface DeadLetter extends LoggedEvent {
  readonly group: string;
  readonly attempts: number;
  /** What the last attempt failed with. Not for the public. */
  readonly error: string;
  readonly deadAt: Date;
}

/** What metrics want to know. Called synchronously; must not throw. */
export interface EventLogObserver {
  /** `latencyMs`: from the creation of the oldest of them to the commit of their effects. */
  handled(group: string, topic: string, events: number, latencyMs: number): void;
  retried(group: string, topic: string): void;
  deadLettered(group: string, topic: string): void;
}
