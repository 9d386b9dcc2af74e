/** Writes down when sessions (or API keys) were used: off the path of requests, in batches, at most every five minutes each. */
import type { Clock } from '../../../core/clock.ts';
import type { Id } from '../../../core/ids.ts';
import type { SqlStore, Statement } from '../../../ports/sql-store/sql-store.ts';
import type { Log } from '../../../telemetry/log.ts';

export const USE_INTERVAL_MS = 5 * 60_000;
/** Uses gather for this long. */
const FLUSH_DELAY_MS = 2_000;
/** More than this at once, and the rest is noted at their next use. */
const GATHERED_MAX = 10_000;

export interface SessionUsage {
  note(sessionId: Id): void;
  /** Writes what has gathered. */
  close(): Promise<void>;
}

export interface SessionUsageDeps {
  readonly sql: SqlStore;
  readonly clock: Clock;
  readonly log: Log;
  /** Dates those that were not used since `usedBefore`. */
  readonly touch: Statement<[ids: readonly Id[], now: Date, usedBefore: Date], never>;
}

export function createSessionUsage({ sql, clock, log, touch }: SessionUsageDeps): SessionUsage {
  const gathered = new Set<Id>();
  const closed = new AbortController();
  let flushing: Promise<void> | undefined;

  async function flushLater(): Promise<void> {
    await clock.sleep(FLUSH_DELAY_MS, closed.signal);
    flushing = undefined;
    const sessionIds = [...gathered];
    gathered.clear();
    const now = new Date(clock.nowMs());
    const usedBefore = new Date(clock.nowMs() - USE_INTERVAL_MS);
    await sql.query(touch, [sessionIds, now, usedBefore]).catch((error: unknown) => {
      log.warn({ err: error }, 'the last use of sessions or API keys was not written');
    });
  }

  return {
    note(sessionId) {
      if (gathered.size < GATHERED_MAX) gathered.add(sessionId);
      flushing ??= flushLater();
    },
    async close() {
      const last = flushing;
      closed.abort();
      await last;
    },
  };
}
