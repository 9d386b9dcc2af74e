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
  const loops = jobs.map((job) => keepRunning(job, deps, stop.signal));
  return {
    async close() {
      stop.abort();
      await Promise.all(loops);
    },
  };
}

async function keepRunning(
  job: Job,
  { clock, randomness, log }: JobsDeps,
  signal: AbortSignal,
): Promise<void> {
  const alarm = createAlarm(clock, signal);
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

/** Sleeps that `ring` ends, or the next one if nobody sleeps; none after the end of `signal`. */
function createAlarm(clock: Clock, signal: AbortSignal) {
  let rung = new AbortController();
  signal.addEventListener('abort', () => rung.abort());
  return {
    ring: () => rung.abort(),
    async sleep(durationMs: number): Promise<void> {
      await clock.sleep(durationMs, rung.signal);
      if (rung.signal.aborted) rung = new AbortController();
    },
  };
}
