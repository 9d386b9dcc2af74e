/**
 * Two ways to put load on something. Closed loop: N clients, each sends its next operation when the last is
 * answered; this finds how much can be done. Open loop: operations start on a schedule, whether or not earlier
 * ones are answered, and latency counts from the instant at which the operation was due, so that a stall delays
 * everything that people would have sent meanwhile (no coordinated omission).
 */

import type { Clock } from '../core/clock.ts';
import { assert } from '../core/errors.ts';
import { createLatencyRecorder, type LatencySummary } from './latency.ts';
import { createLoadSlices, type LoadSlice } from './load-slices.ts';

/**
 * Does one operation as client `slot` (0 to slots - 1): resolves to `ok`, to `background` (done, but not what is
 * measured), or to what went wrong. Never rejects.
 */
export type Operation = (slot: number) => Promise<string>;

export const BACKGROUND = 'background';

export interface LoadResult {
  /** Operations that ended `ok`. */
  readonly completed: number;
  /** Operations that ended `background`; they have no part in the latency. */
  readonly background: number;
  /** How often each thing went wrong: a status, the code of a broken connection, `overdue`. */
  readonly errors: Readonly<Record<string, number>>;
  readonly durationMs: number;
  /** Of the operations that ended `ok`, and in an open loop also of those never answered. */
  readonly latency: LatencySummary;
  /** Of those that were answered otherwise, such as refused, or broke off. */
  readonly failures: LatencySummary;
  /** How late the generator itself was: open loop, a connection was free, due until sent. */
  readonly sendLag: LatencySummary;
  /** What happened when, if slices were asked for. */
  readonly slices: readonly LoadSlice[];
}

export interface ClosedLoop {
  readonly slots: number;
  readonly durationMs: number;
  readonly operationsMax: number;
  readonly operation: Operation;
  /** Whether the result has slices, and how long each is. */
  readonly sliceMs?: number | undefined;
  /** How long a client rests after an error, so that a server that is away is not asked without rest. */
  readonly errorPauseMs?: number | undefined;
  readonly clock: Clock;
}

export interface OpenLoop extends ClosedLoop {
  /** The instants, from the start on and in order, at which operations are due. */
  readonly nextArrivalMs: () => number;
  /** How long after the last arrival answers are waited for. Then what is open counts as `overdue`. */
  readonly drainMs: number;
  /** Whether to watch the clock without rest, for exact sending; else sending is late by up to 1.5 ms. */
  readonly spins: boolean;
}

export async function runClosedLoop(loop: ClosedLoop): Promise<LoadResult> {
  const { slots, durationMs, operationsMax, operation, errorPauseMs, clock } = loop;
  const startMs = clock.monotonicMs();
  const tally = createTally(loop, startMs);
  let started = 0;
  const client = async (slot: number) => {
    let sentMs = startMs;
    while (sentMs - startMs < durationMs && started < operationsMax) {
      started += 1;
      const outcome = await operation(slot);
      const answeredMs = clock.monotonicMs();
      tally.add(outcome, answeredMs, answeredMs - sentMs);
      if (errorPauseMs !== undefined && isError(outcome)) await clock.sleep(errorPauseMs);
      sentMs = errorPauseMs === undefined ? answeredMs : clock.monotonicMs();
    }
  };
  await Promise.all(Array.from({ length: slots }, (_, slot) => client(slot)));
  return tally.result(clock.monotonicMs() - startMs);
}

export async function runOpenLoop(loop: OpenLoop): Promise<LoadResult> {
  const { durationMs, operationsMax, nextArrivalMs, clock, spins } = loop;
  const startMs = clock.monotonicMs();
  const tally = createTally(loop, startMs);
  const queue = createSendQueue(loop, tally);
  let dueMs = nextArrivalMs();
  let arrived = 0;
  while (dueMs < durationMs && arrived < operationsMax) {
    const nowMs = clock.monotonicMs() - startMs;
    // A generator that was held up sends all that is overdue at once, as the people it stands for would have.
    for (; dueMs <= nowMs && dueMs < durationMs && arrived < operationsMax; arrived += 1) {
      queue.due(startMs + dueMs);
      dueMs = nextArrivalMs();
    }
    await (spins && dueMs - nowMs < SPIN_BELOW_MS ? nextTurn() : clock.sleep(SLEEP_MS));
  }
  await queue.drain();
  return tally.result(clock.monotonicMs() - startMs);
}

/** Timers fire up to about this late, so nearer arrivals are watched for. */
const SPIN_BELOW_MS = 3;
const SLEEP_MS = 1;

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function isError(outcome: string): boolean {
  return outcome !== 'ok' && outcome !== BACKGROUND;
}

interface Tally {
  add(outcome: string, answeredMs: number, latencyMs: number): void;
  overdue(latencyMs: number): void;
  sent(lagMs: number): void;
  result(durationMs: number): LoadResult;
}

function createTally({ sliceMs }: ClosedLoop, startMs: number): Tally {
  const slices = sliceMs === undefined ? undefined : createLoadSlices(sliceMs);
  const latency = createLatencyRecorder();
  const failures = createLatencyRecorder();
  const sendLag = createLatencyRecorder();
  const errors = new Map<string, number>();
  let completed = 0;
  let background = 0;
  const fail = (reason: string) => errors.set(reason, (errors.get(reason) ?? 0) + 1);
  return {
    add(outcome, answeredMs, latencyMs) {
      if (outcome === BACKGROUND) {
        background += 1;
        return;
      }
      slices?.add(outcome, answeredMs - startMs, latencyMs);
      if (outcome === 'ok') {
        completed += 1;
        latency.record(latencyMs);
      } else {
        fail(outcome);
        failures.record(latencyMs);
      }
    },
    overdue(latencyMs) {
      fail('overdue');
      latency.record(latencyMs);
    },
    sent: (lagMs) => sendLag.record(lagMs),
    result: (durationMs) => ({
      completed,
      background,
      errors: Object.fromEntries(errors),
      durationMs,
      latency: latency.summary(),
      failures: failures.summary(),
      sendLag: sendLag.summary(),
      slices: slices?.list() ?? [],
    }),
  };
}

interface SendQueue {
  /** An operation is due, at `atMs` of the clock: now or a moment ago. */
  due(atMs: number): void;
  /** Resolves when every operation is answered or overdue. */
  drain(): Promise<void>;
}

/** Gives each due operation the first free slot, in order. What waits for one waits on the latency's account. */
function createSendQueue({ slots, operation, drainMs, clock }: OpenLoop, tally: Tally): SendQueue {
  const free = Array.from({ length: slots }, (_, slot) => slot);
  const waiting = createFifo();
  const active = new Map<number, number>();
  let closed = false;
  let whenIdle: () => void = () => undefined;

  async function run(slot: number, firstDueMs: number): Promise<void> {
    for (let dueMs: number | undefined = firstDueMs; dueMs !== undefined; dueMs = waiting.shift()) {
      active.set(slot, dueMs);
      const outcome = await operation(slot);
      if (closed) return;
      const answeredMs = clock.monotonicMs();
      tally.add(outcome, answeredMs, answeredMs - dueMs);
    }
    active.delete(slot);
    free.push(slot);
    if (active.size === 0) whenIdle();
  }

  return {
    due(atMs) {
      const slot = free.pop();
      if (slot === undefined) return waiting.push(atMs);
      tally.sent(clock.monotonicMs() - atMs);
      void run(slot, atMs);
    },
    async drain() {
      const answered = new AbortController();
      whenIdle = () => answered.abort();
      if (active.size > 0) await clock.sleep(drainMs, answered.signal);
      closed = true;
      const nowMs = clock.monotonicMs();
      for (const dueMs of active.values()) tally.overdue(nowMs - dueMs);
      for (let dueMs = waiting.shift(); dueMs !== undefined; dueMs = waiting.shift()) {
        tally.overdue(nowMs - dueMs);
      }
    },
  };
}

/** The instants at which waiting operations were due. Taking the first is cheap however many wait. */
function createFifo(): { push(atMs: number): void; shift(): number | undefined } {
  let entries: number[] = [];
  let taken = 0;
  return {
    push(atMs) {
      assert(
        entries.length < WAITING_MAX,
        `over ${WAITING_MAX} operations are waiting: the rate is far too high`,
      );
      entries.push(atMs);
    },
    shift() {
      const entry = entries[taken];
      taken += 1;
      if (entry === undefined) [entries, taken] = [[], 0];
      return entry;
    },
  };
}

/** At 16 bytes each, what a load of the largest size can leave waiting. */
const WAITING_MAX = 10_000_000;
