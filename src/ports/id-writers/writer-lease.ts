/** Holds one id writer for this process: leases it, renews it, replaces it when it was lost, gives it back. */

import type { Clock, Randomness } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import { RUN_AHEAD_MAX_MS, type WriterLease } from '../../core/ids.ts';
import type { Log } from '../../telemetry/log.ts';
import type { IdWriters } from './id-writers.ts';

export const LEASE_MS = 30_000;
export const RENEW_EVERY_MS = 10_000;
const RETRY_AFTER_MS = 1_000;
/** This process stops before the store lets anyone else start. */
const LEASE_MARGIN_MS = 2_000;
/** How far the wall clock may step between two reads of it for one id. */
const CLOCK_STEP_MS = 1_000;

export interface WriterLeaseHolder {
  /** For `createIdGenerator`: the lease, or undefined while there is none that an id may be made under. */
  current(): WriterLease | undefined;
  /** Stops renewing and gives the writer back. No id may be made after it. */
  close(): Promise<void>;
}

interface HeldLease {
  readonly lease: WriterLease;
  readonly holder: string;
  /** No id above it, as promised to the store. */
  readonly ceilingMs: number;
}

/** Resolves with the first lease in hand. Fails with `unavailable` when every writer is held. */
export async function openWriterLease(deps: {
  readonly idWriters: IdWriters;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
}): Promise<WriterLeaseHolder> {
  const { idWriters, clock, randomness, log } = deps;
  let closed = false;
  const latestMs = createLatestTime(clock);
  let held: HeldLease | undefined = await acquire();
  let wake = new AbortController();
  const kept = keep();

  async function acquire(): Promise<HeldLease> {
    const holder = randomness.uuid();
    const deadlineMonotonicMs = deadlineFromNow();
    const ceilingMs = ceilingFromNow();
    const leased = await idWriters.lease({ holder, leaseMs: LEASE_MS, ceilingMs });
    if (leased === undefined) {
      throw new AppError('unavailable', 'Every writer of ids is held: too many processes are running.', {
        outcome: 'not_applied',
      });
    }
    return { lease: { ...leased, deadlineMonotonicMs }, holder, ceilingMs };
  }

  /** Answers what is held now; the old lease stays in use until the answer of the store is in. */
  async function renew({ lease, holder }: HeldLease): Promise<HeldLease> {
    const deadlineMonotonicMs = deadlineFromNow();
    const ceilingMs = ceilingFromNow();
    const renewed = await idWriters.renew(lease.writer, { holder, leaseMs: LEASE_MS, ceilingMs });
    if (renewed) return { lease: { ...lease, deadlineMonotonicMs }, holder, ceilingMs };
    log.warn({ writer: lease.writer }, 'the lease of an id writer was lost; leasing another');
    held = undefined;
    return acquire();
  }

  async function keep(): Promise<void> {
    let delayMs = RENEW_EVERY_MS;
    for (;;) {
      await clock.sleep(delayMs, wake.signal);
      if (closed) return;
      wake = new AbortController();
      try {
        held = await (held === undefined ? acquire() : renew(held));
        delayMs = RENEW_EVERY_MS;
      } catch (error) {
        log.warn({ err: error }, 'the lease of an id writer could not be renewed');
        delayMs = RETRY_AFTER_MS;
      }
    }
  }

  // Both count from before the request is sent: the store's own count starts later.
  function deadlineFromNow(): number {
    return clock.monotonicMs() + LEASE_MS - LEASE_MARGIN_MS;
  }

  function ceilingFromNow(): number {
    return latestMs() + LEASE_MS + RUN_AHEAD_MAX_MS + CLOCK_STEP_MS;
  }

  return {
    current() {
      if (held === undefined || closed) return undefined;
      if (latestMs() + RUN_AHEAD_MAX_MS + CLOCK_STEP_MS > held.ceilingMs) {
        // The wall clock has jumped ahead, or the lease is about to end anyway.
        wake.abort();
        return undefined;
      }
      return held.lease;
    },

    async close() {
      if (closed) return kept;
      closed = true;
      wake.abort();
      await kept;
      if (held === undefined) return;
      const { lease, holder } = held;
      const ceilingMs = Math.max(lease.highWaterMs, latestMs() + RUN_AHEAD_MAX_MS + CLOCK_STEP_MS);
      await idWriters.release(lease.writer, { holder, ceilingMs }).catch((error: unknown) => {
        log.warn({ err: error }, 'an id writer was not given back; its lease will run out');
      });
    },
  };
}

/**
 * What the wall clock may have shown when an id was made: where it was highest, and what has passed since. It never goes back, and
 * `createIdGenerator` makes no id later than RUN_AHEAD_MAX_MS past it.
 */
function createLatestTime(clock: Clock): () => number {
  let [latestMs, askedMs] = [clock.nowMs(), clock.monotonicMs()];
  return () => {
    const monotonicMs = clock.monotonicMs();
    latestMs = Math.max(clock.nowMs(), latestMs + monotonicMs - askedMs);
    askedMs = monotonicMs;
    // The monotonic clock has fractions, and ceilings are whole.
    return Math.ceil(latestMs);
  };
}
