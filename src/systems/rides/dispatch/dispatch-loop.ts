/** Keeps dispatching: leases every second, batches every two, each never twice at a time, and an orderly end. */
import type { Clock } from '../../../core/clock.ts';
import type { Log } from '../../../telemetry/log.ts';
import type { SurgeMaking } from '../surge/surge-making.ts';
import type { Dispatch } from './dispatch.ts';
import { CLAIM_EVERY_MS } from './dispatch-leases.ts';

/** How often it is looked whether a version of the surge is due. */
const SURGE_LOOK_MS = 5_000;

/** So long requests gather, and are matched together. */
export const BATCH_MS = 2_000;

export interface DispatchLoop {
  /** Finishes the batches that are being made; then others may take over. */
  close(): Promise<void>;
}

export interface DispatchLoopDeps {
  readonly dispatch: Pick<Dispatch, 'claim' | 'run' | 'release'>;
  readonly surge: SurgeMaking;
  readonly clock: Pick<Clock, 'monotonicMs' | 'sleep'>;
  readonly log: Log;
}

export function startDispatch({ dispatch, surge, clock, log }: DispatchLoopDeps): DispatchLoop {
  const stop = new AbortController();

  async function every(periodMs: number, what: string, work: () => Promise<void>): Promise<void> {
    while (!stop.signal.aborted) {
      const beganMs = clock.monotonicMs();
      await work().catch((error: unknown) => log.warn({ err: error }, `${what}; it is tried again`));
      await clock.sleep(Math.max(0, periodMs - (clock.monotonicMs() - beganMs)), stop.signal);
    }
  }

  const loops = [
    every(CLAIM_EVERY_MS, 'it could not be settled who dispatches', dispatch.claim),
    every(BATCH_MS, 'requests could not be read', dispatch.run),
    every(SURGE_LOOK_MS, 'it could not be settled which surge is due', surge.run),
  ];
  return {
    async close() {
      stop.abort();
      await Promise.all(loops);
      // Where it cannot be said, the others find out.
      await dispatch
        .release()
        .catch((error: unknown) => log.warn({ err: error }, 'nobody was told of the end'));
    },
  };
}
