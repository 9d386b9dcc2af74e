/**
 * Records where drivers are, every RECORD_EVERY_MS each, so that there is a history: what was recorded in the last
 * FLUSH_EVERY_MS is published together, and nobody waits for it.
 *
 * Bound of loss: a process that is killed loses what its drivers reported since their last record, so RECORD_EVERY_MS,
 * and what it had not published yet. While the database is away records wait, RECORDS_WAITING_MAX of them; what comes
 * after is dropped and counted. A process that stops in order publishes what it has, for at most CLOSE_MS.
 */
import type { Clock } from '../../../core/clock.ts';
import { AppError } from '../../../core/errors.ts';
import type { EventLog } from '../../../ports/event-log/event-log.ts';
import type { Log } from '../../../telemetry/log.ts';
import { eventsOf, type PositionRecord } from './position-records.ts';

export const RECORD_EVERY_MS = 30_000;
export const FLUSH_EVERY_MS = 500;
/** Published together: some 10 ms of work. */
export const RECORDS_PER_FLUSH = 10_000;
/** What 200,000 drivers record in 30 s. */
export const RECORDS_WAITING_MAX = 200_000;
export const CLOSE_MS = 5_000;
const RETRY_MS = 1_000;
/** Of what fails, but not because something is unavailable. */
export const ATTEMPTS_MAX = 5;

export interface RecorderObserver {
  /** Durable from now on. */
  recorded(positions: number): void;
  /** `full`: there was no place for it. `failed`: it could not be published. `stopped`: nor before the process ended. */
  unrecorded(positions: number, reason: 'full' | 'failed' | 'stopped'): void;
}

export interface PositionRecorder {
  record(record: PositionRecord): void;
  /** Records that would be lost if the process were killed now. */
  waiting(): number;
  /** Publishes what waits. What is recorded after the call is dropped. */
  close(): Promise<void>;
}

export interface PositionRecorderDeps {
  readonly eventLog: Pick<EventLog, 'publish'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly observer: RecorderObserver;
  /** Default RECORDS_WAITING_MAX. */
  readonly waitingMax?: number;
}

export function createPositionRecorder(deps: PositionRecorderDeps): PositionRecorder {
  const { eventLog, clock, log, observer, waitingMax = RECORDS_WAITING_MAX } = deps;
  let fresh: PositionRecord[] = [];
  let inFlight = 0;
  let running: Promise<void> | undefined;
  const closing = new AbortController();
  const stopped = new AbortController();

  async function run(): Promise<void> {
    while (fresh.length > 0) {
      await clock.sleep(FLUSH_EVERY_MS, closing.signal);
      const taken = fresh;
      fresh = [];
      inFlight = taken.length;
      for (let at = 0; at < taken.length; at += RECORDS_PER_FLUSH) {
        const some = taken.slice(at, at + RECORDS_PER_FLUSH);
        await flush(some);
        inFlight -= some.length;
      }
    }
  }

  async function flush(records: readonly PositionRecord[]): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      if (stopped.signal.aborted) return lose(records.length, 'stopped');
      try {
        await eventLog.publish(eventsOf(records));
        return observer.recorded(records.length);
      } catch (error) {
        if (!isOutage(error) && attempt >= ATTEMPTS_MAX) return lose(records.length, 'failed', error);
        if (attempt === 1)
          log.warn({ err: error, positions: records.length }, 'positions wait to be recorded');
        await clock.sleep(RETRY_MS, stopped.signal);
      }
    }
  }

  function lose(positions: number, reason: 'failed' | 'stopped', error?: unknown): void {
    log.error({ err: error, positions, reason }, 'positions were not recorded');
    observer.unrecorded(positions, reason);
  }

  return {
    record(record) {
      if (closing.signal.aborted) return observer.unrecorded(1, 'stopped');
      if (fresh.length + inFlight >= waitingMax) return observer.unrecorded(1, 'full');
      fresh.push(record);
      running ??= run().finally(() => {
        running = undefined;
      });
    },

    waiting: () => fresh.length + inFlight,

    async close() {
      closing.abort();
      const inTime = new AbortController();
      void clock.sleep(CLOSE_MS, inTime.signal).then(() => stopped.abort());
      await running;
      inTime.abort();
    },
  };
}

function isOutage(error: unknown): boolean {
  return error instanceof AppError && (error.code === 'unavailable' || error.code === 'timeout');
}
