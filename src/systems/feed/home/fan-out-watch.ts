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
  readonly job: Job;
}

/** What it has not come to for so long is still merged, and the log need not be asked before. */
const BEHIND_MS = 5_000;
const LOOK_EVERY_MS = 1_000;

export function createFanOutWatch(deps: {
  readonly eventLog: Pick<EventLog, 'lag'>;
  readonly undeliveredEntries: Pick<UndeliveredEntries, 'behindMs'>;
}): FanOutWatch {
  const { eventLog, undeliveredEntries } = deps;
  let isBehind = false;
  return {
    isBehind: () => isBehind,
    job: {
      name: 'watch-fan-out',
      everyMs: LOOK_EVERY_MS,
      async run() {
        const isSuspect = isBehind || undeliveredEntries.behindMs() > BEHIND_MS;
        if (!isSuspect) return 'done';
        const { waiting, retrying } = await fanOutLag(eventLog);
        // With nothing to do it has delivered all, and what it said of that was lost.
        isBehind = waiting + retrying > 0 && undeliveredEntries.behindMs() > BEHIND_MS;
        return 'done';
      },
    },
  };
}
