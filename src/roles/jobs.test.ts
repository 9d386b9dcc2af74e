import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { until } from '../../test/support/until.ts';
import { systemClock, systemRandomness } from '../core/clock.ts';
import type { Job } from '../core/job.ts';
import { createLog } from '../telemetry/log.ts';
import { startJobs } from './jobs.ts';

const deps = {
  clock: systemClock,
  randomness: systemRandomness,
  log: createLog({ level: 'silent', pretty: false }),
};

describe('jobs', () => {
  it('run again at once while there is more, and again at the next beat after a failure', async () => {
    const outcomes = ['more', 'fail', 'done'];
    const ended = await new Promise<string[]>((resolve) => {
      const seen: string[] = [];
      const job: Job = {
        name: 'count',
        everyMs: 1,
        run: async () => {
          const outcome = outcomes[seen.length];
          seen.push(outcome ?? 'none');
          if (seen.length === outcomes.length) setImmediate(async () => resolve(seen.slice(0, 3)));
          if (outcome === 'fail') throw new Error('no luck');
          return outcome === 'more' ? 'more' : 'done';
        },
      };
      const running = startJobs([job], deps);
      setTimeout(() => void running.close(), 1_000).unref();
    });
    assert.deepEqual(ended, outcomes);
  });

  it('run at once when they are woken, also while they run, and rest otherwise', async () => {
    let runs = 0;
    let wake = (): void => undefined;
    const job: Job = {
      name: 'sleeper',
      everyMs: 3_600_000,
      onStart: (ring) => {
        wake = ring;
      },
      run: async () => {
        runs += 1;
        if (runs === 1) wake();
        return 'done';
      },
    };
    const running = startJobs([job], deps);
    assert.equal(runs, 0);
    wake();
    await until(() => runs === 2);
    wake();
    wake();
    await until(() => runs === 3);
    await running.close();
    assert.equal(runs, 3);
  });

  it('close waits for the piece that is being done, and starts no other', async () => {
    const gate = signal();
    const begun = signal();
    let runs = 0;
    const job: Job = {
      name: 'slow',
      everyMs: 1,
      run: async () => {
        runs += 1;
        begun.resolve();
        await gate.promise;
        return 'more';
      },
    };
    const running = startJobs([job], deps);
    await begun.promise;
    const closed = running.close();
    gate.resolve();
    await closed;
    assert.equal(runs, 1);
  });

  it('may be as many as there are, without a warning of a leak, and all end', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error): void => void warnings.push(warning);
    process.on('warning', note);
    const jobs = Array.from({ length: 30 }, (_, index): Job => {
      return { name: `job-${index}`, everyMs: 3_600_000, run: async () => 'done' };
    });
    await startJobs(jobs, deps).close();
    // Warnings come in the next turn.
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', note);
    assert.deepEqual(warnings, []);
  });
});

/** A promise, and the function that resolves it. */
function signal(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((resolvePromise) => {
    resolve = resolvePromise;
  });
  return { promise, resolve };
}
