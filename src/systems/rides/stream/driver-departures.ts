/**
 * Whose connection has ended, on its way to the database: again and again until it is known there. A process that stops before leaves it to
 * those who find it dead.
 */
import { setMaxListeners } from 'node:events';
import type { Clock } from '../../../core/clock.ts';
import type { Id } from '../../../core/ids.ts';
import type { Log } from '../../../telemetry/log.ts';
import type { DriverContacts } from '../drivers/driver-contacts.ts';

export const RETRY_MS = 2_000;

export interface DriverDepartures {
  /** As `DriverContacts.disconnect`. */
  note(driverId: Id, connection: number): void;
  /** Tries each that has failed once more, and then gives it up. */
  close(): Promise<void>;
}

export interface DriverDeparturesDeps {
  readonly contacts: Pick<DriverContacts, 'disconnect'>;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly log: Log;
}

export function createDriverDepartures({ contacts, clock, log }: DriverDeparturesDeps): DriverDepartures {
  const closing = new AbortController();
  // All who have left wait for it while the database is away.
  setMaxListeners(0, closing.signal);
  const leaving = new Set<Promise<void>>();
  let isReported = false;

  async function disconnect(driverId: Id, connection: number): Promise<void> {
    for (;;) {
      const isLast = closing.signal.aborted;
      try {
        await contacts.disconnect(driverId, connection);
        isReported = false;
        return;
      } catch (error) {
        // Thousands fail alike, every two seconds: once is enough to say.
        if (!isReported)
          log.warn({ err: error, driver_id: driverId }, 'that drivers are gone cannot be noted');
        isReported = true;
        if (isLast) return;
        await clock.sleep(RETRY_MS, closing.signal);
      }
    }
  }

  return {
    note(driverId, connection) {
      const left = disconnect(driverId, connection).finally(() => leaving.delete(left));
      leaving.add(left);
    },

    async close() {
      closing.abort();
      await Promise.all(leaving);
    },
  };
}
