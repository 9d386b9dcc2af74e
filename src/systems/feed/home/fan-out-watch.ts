/**
 * Whether the fan-out of other processes is so far behind that their timelines are too old to be shown: what waits for it is
 * merged at each read, but not for ever.
 */
import type { Job } from '../../../core/job.ts';
import type { EventLog } from '../../../ports/event-log/event-log.ts';
import { fanOutLag } from './fan-out-lag.ts';
import type { UndeliveredEntries } from './undelivered-entries.ts';

export interface FanOutWatch {
  isBehind(): boolean;
  /** Before anything is shown that others have delivered. */
  open(): Promise<void>;
  readonly job: Job;
}

/** What it has not come to for so long is still merged, and the log need not be asked before. */
const BEHIND_MS = 5_000;
/** And then until it is no further behind than it always may be. */
const RECOVERED_MS = 1_000;
const LOOK_EVERY_MS = 1_000;

export function createFanOutWatch(deps: {
  readonly eventLog: Pick<EventLog, 'lag'>;
  readonly undeliveredEntries: Pick<UndeliveredEntries, 'behindMs' | 'heard' | 'reached'>;
}): FanOutWatch {
  const { eventLog, undeliveredEntries } = deps;
  let isBehind = false;

  async function look(allowedMs: number): Promise<void> {
    if (undeliveredEntries.behindMs() <= allowedMs) {
      isBehind = false;
      return;
    }
    const heard = undeliveredEntries.heard();
    const { waiting, retrying } = await fanOutLag(eventLog);
    // It has delivered all that the log had, and what it said of that was lost.
    if (waiting + retrying === 0) undeliveredEntries.reached(heard);
    isBehind = undeliveredEntries.behindMs() > allowedMs;
  }

  return {
    isBehind: () => isBehind,
    // What was written before this process heard anything, it does not merge either.
    open: () => look(0),
    job: {
      name: 'watch-fan-out',
      everyMs: LOOK_EVERY_MS,
      async run() {
        await look(isBehind ? RECOVERED_MS : BEHIND_MS);
        return 'done';
      },
    },
  };
}
