import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import type { Log } from '../telemetry/log.ts';

/** That somebody wants the server to stop, and whether they can wait for it. */
export interface StopRequest {
  /** Aborts at the first SIGTERM, SIGINT (Ctrl-C) or SIGHUP (the terminal is gone). */
  readonly asked: AbortSignal;
  /** Rejects at a later signal that is meant: then what is being finished is cut. */
  readonly insisted: Promise<never>;
}

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
/** One Ctrl-C comes twice under npm: the terminal sends it to the whole process group, and npm passes it on. */
const REPEATED_MS = 1_000;

export function listenForStop({ clock, log }: { readonly clock: Clock; readonly log: Log }): StopRequest {
  const asked = new AbortController();
  let askedMs = 0;
  const insisted = new Promise<never>((_resolve, reject) => {
    const receive = (signal: NodeJS.Signals): void => {
      if (!asked.signal.aborted) {
        log.info({ signal }, 'asked to stop');
        askedMs = clock.monotonicMs();
        asked.abort();
      } else if (clock.monotonicMs() - askedMs > REPEATED_MS) {
        reject(new AppError('unavailable', 'Stopped at once: what was being finished is cut.'));
      }
    };
    for (const name of SIGNALS) process.on(name, receive);
  });
  // Nobody may be waiting when it rejects.
  insisted.catch(() => undefined);
  return { asked: asked.signal, insisted };
}
