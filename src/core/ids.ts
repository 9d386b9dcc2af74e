/**
 * Ids of everything: time-ordered, unique over all processes, and safe integers in JavaScript.
 *
 *     | 41 bits: ms since 2015-01-01 | 9 bits: writer | 3 bits: sequence |
 *
 * 512 writers x 8 ids a millisecond each. In JSON they are strings, always of 16 digits, because clients sort
 * them as text; that holds from 2022-09-26 to 2084, so nothing may be dated before.
 */

import type { Clock } from './clock.ts';
import { AppError, assert, invalidField } from './errors.ts';

/** A safe integer made by this file. */
export type Id = number;

export const ID_EPOCH_MS = Date.UTC(2015, 0, 1);
export const WRITERS_MAX = 512;
export const IDS_PER_MS_PER_WRITER = 8;
/** Writers from here on are never leased: a bulk load that dates its rows in the past uses them. */
export const FIRST_BULK_WRITER = 496;

const UNITS_PER_MS = WRITERS_MAX * IDS_PER_MS_PER_WRITER;
const ID_PATTERN = /^[1-9][0-9]{15}$/;
/** The first instant whose ids have 16 digits. */
export const ID_TIME_MIN_MS = ID_EPOCH_MS + Math.ceil(1e15 / UNITS_PER_MS);
/** For a schema: no id is larger, for it would be no exact number in JavaScript. */
export const ID_TEXT_PATTERN = '^([1-8][0-9]{15}|900[0-6][0-9]{12})$';
/** What is told to whoever has sent another text. */
export const ID_REMEDY = 'must be an id: 16 digits, as this server gave it.';
export const ID_MAX: Id = Number.MAX_SAFE_INTEGER;

/** The id of writer `writer` at `timeMs`, the `sequence`-th (0 to 7) of that millisecond. */
export function composeId(timeMs: number, writer: number, sequence: number): Id {
  assert(timeMs >= ID_TIME_MIN_MS, `an id's time must not lie before ${ID_TIME_MIN_MS}, got ${timeMs}`);
  assert(writer >= 0 && writer < WRITERS_MAX, `writer ${writer} is out of range`);
  assert(sequence >= 0 && sequence < IDS_PER_MS_PER_WRITER, `sequence ${sequence} is out of range`);
  return (Math.floor(timeMs) - ID_EPOCH_MS) * UNITS_PER_MS + writer * IDS_PER_MS_PER_WRITER + sequence;
}

/** Milliseconds since 1970 at which the id was made. */
export function idTimeMs(id: Id): number {
  return Math.floor(id / UNITS_PER_MS) + ID_EPOCH_MS;
}

/** The time of the id as an RFC 3339 string, as `created_at` shows it. */
export function idTimestamp(id: Id): string {
  return new Date(idTimeMs(id)).toISOString();
}

export function isIdText(text: string): boolean {
  return ID_PATTERN.test(text) && Number(text) <= ID_MAX;
}

/** Reads an id from a client. Fails with `invalid`, naming `field`. */
export function parseId(text: string, field: string): Id {
  if (!isIdText(text)) throw invalidField(field, ID_REMEDY);
  return Number(text);
}

/**
 * The logical shard (0 to 1,023) of everything that belongs to the account. The low bits of an id are its
 * writer and sequence, so they are mixed first (the finalizer of MurmurHash3 by Austin Appleby, public domain).
 */
export function shardOf(ownerId: Id): number {
  let mixed = ((ownerId % 4_294_967_296) ^ Math.floor(ownerId / 4_294_967_296)) >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return ((mixed ^ (mixed >>> 16)) >>> 0) % LOGICAL_SHARDS;
}

export const LOGICAL_SHARDS = 1024;

/** The right to make ids as `writer` until `deadlineMonotonicMs`, all of them later than `highWaterMs`. */
export interface WriterLease {
  readonly writer: number;
  /** By this process's monotonic clock, so that a frozen process finds its lease expired when it thaws. */
  readonly deadlineMonotonicMs: number;
  /** Every id of the writer's earlier holders is of this millisecond or an earlier one. */
  readonly highWaterMs: number;
}

export interface IdGenerator {
  /** The next id, greater than all before it. Fails with `unavailable` when the lease has run out. */
  next(): Id;
}

/**
 * Makes ids under a lease that the caller keeps renewing (`currentLease` is asked for every id), each above all before it.
 * Where there are more than eight in a millisecond, it runs ahead of the clock rather than wait, by at most
 * RUN_AHEAD_MAX_MS. Where the wall clock is set back, it goes on from the last id, using up less time than passes, so that
 * the clock catches up with it; as hybrid logical clocks do (Kulkarni et al., 2014). Whoever holds the lease promises a ceiling above all that, and
 * a later holder starts there.
 */
export function createIdGenerator(currentLease: () => WriterLease | undefined, clock: Clock): IdGenerator {
  let writer = -1;
  let lastMs = 0;
  let sequence = 0;
  /** Since the clock was last ahead of all ids. */
  let since = { wallMs: 0, monotonicMs: 0 };
  return {
    next() {
      const lease = currentLease();
      const monotonicMs = clock.monotonicMs();
      if (lease === undefined || monotonicMs >= lease.deadlineMonotonicMs) throw leaseExpired();
      const nowMs = clock.nowMs();
      // The same writer again may have been someone else's in between.
      if (lease.writer !== writer || lastMs < lease.highWaterMs) {
        writer = lease.writer;
        lastMs = Math.max(lastMs, lease.highWaterMs);
        sequence = IDS_PER_MS_PER_WRITER - 1;
      }
      sequence += 1;
      if (nowMs > lastMs) {
        [lastMs, sequence] = [nowMs, 0];
        since = { wallMs: nowMs, monotonicMs };
      } else if (sequence === IDS_PER_MS_PER_WRITER) [lastMs, sequence] = [lastMs + 1, 0];
      const passedMs = since.wallMs + monotonicMs - since.monotonicMs;
      if (lastMs > Math.max(nowMs, passedMs) + RUN_AHEAD_MAX_MS) throw leaseExpired();
      if (lastMs > nowMs + CLOCK_BACK_MAX_MS) throw leaseExpired();
      return composeId(lastMs, writer, sequence);
    },
  };
}

/** How far ids may run ahead of the time: 40,000 ids in a burst. */
export const RUN_AHEAD_MAX_MS = 5_000;
/**
 * How far ids may be ahead of a wall clock that was set back: what a clock is found wrong by when it is first asked about. What
 * is made then looks that much younger than it is, so nobody should number by a clock that is more wrong.
 */
export const CLOCK_BACK_MAX_MS = 600_000;

function leaseExpired(): AppError {
  return new AppError('unavailable', 'The server cannot number new entries right now. Try again shortly.', {
    retryAfterS: 1,
    outcome: 'not_applied',
  });
}
