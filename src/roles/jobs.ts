/** Periodic work: each job on its own beat, never twice at a time, and an orderly end. */
import type { Clock, Randomness } from '../core/clock.ts';
import type { Job } from '../core/job.ts';
import type { Log } from '../telemetry/log.ts';

export interface RunningJobs {
  /** Resolves when the pieces that are being done are done. */
  close(): Promise<void>;
}

export interface JobsDeps {
  readonly clock: Clock;
  readonly randomness: Pick<Randomness, 'fraction'>;
  readonly log: Log;
}

export function startJobs(jobs: readonly Job[], deps: JobsDeps): RunningJobs {
  const stop = new AbortController();
  const alarms: Alarm[] = [];
  const loops = jobs.map((job) => {
    const alarm = createAlarm(deps.clock);
    alarms.push(alarm);
    return keepRunning(job, deps, alarm, stop.signal);
  });
  return {
    async close() {
      stop.abort();
      for (const alarm of alarms) alarm.ring();
      await Promise.all(loops);
    },
  };
}

async function keepRunning(
  job: Job,
  { randomness, log }: JobsDeps,
  alarm: Alarm,
  signal: AbortSignal,
): Promise<void> {
  job.onStart?.(alarm.ring);
  while (!signal.aborted) {
    // Spread by a fifth, so that the processes of a deployment do not all start at the same moment.
    await alarm.sleep(job.everyMs * (0.9 + 0.2 * randomness.fraction()));
    let state: 'more' | 'done' = 'more';
    while (state === 'more' && !signal.aborted) {
      state = await job.run().catch((error: unknown) => {
        log.warn({ err: error, job: job.name }, 'a job failed; it runs again at its next beat');
        return 'done';
      });
    }
  }
}

interface Alarm {
  /** Ends the sleep, or the next one if nobody sleeps. */
  ring(): void;
  sleep(durationMs: number): Promise<void>;
}

function createAlarm(clock: Clock): Alarm {
  let rung = new AbortController();
  return {
    ring: () => rung.abort(),
    async sleep(durationMs) {
      await clock.sleep(durationMs, rung.signal);
      if (rung.signal.aborted) rung = new AbortController();
    },
  };
}
