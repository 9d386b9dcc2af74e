/** Keeps a server running: starts it again whenever it ends without having been told to. */
import type { Clock } from '../../../core/clock.ts';
import type { Log } from '../../../telemetry/log.ts';
import type { PostgresServer, ServerExit } from './server.ts';

export type EmbeddedPostgresState = 'starting' | 'running' | 'closed';

export interface Supervisor {
  state(): EmbeddedPostgresState;
  /** The process that serves now, or served last. */
  pid(): number;
  close(): Promise<void>;
}

export interface SupervisorDependencies {
  /** Must leave nothing running when it fails. */
  readonly start: (signal: AbortSignal) => Promise<PostgresServer>;
  readonly clock: Clock;
  readonly log: Log;
  readonly onState?: ((state: EmbeddedPostgresState) => void) | undefined;
}

/** At once, because most crashes are singular; then rarer, because the rest need a person or a free disk. */
const RESTART_DELAYS_MS = [0, 100, 500, 1_000, 2_000, 5_000] as const;
/** A server that has run this long starts the row of delays anew. */
const STABLE_MS = 30_000;
/**
 * A clean exit means that somebody sent it a signal, as a terminal does to the whole process group on Ctrl-C:
 * then our own end is near, and starting again at once would only be noise.
 */
const CLEAN_EXIT_DELAY_MS = 500;

/** Rejects if the first start fails; later ones are repeated until one succeeds or `close` is called. */
export async function superviseServer(
  dependencies: SupervisorDependencies,
  signal: AbortSignal,
): Promise<Supervisor> {
  const { start, clock, log, onState } = dependencies;
  const closing = new AbortController();
  let state: EmbeddedPostgresState = 'starting';
  let server = await start(signal);
  let startedMs = clock.monotonicMs();
  let attempt = 0;
  enter('running');

  function enter(next: EmbeddedPostgresState): void {
    state = next;
    onState?.(next);
  }

  async function startAgain(exit: ServerExit): Promise<void> {
    enter('starting');
    if (exit.exitCode === 0) await clock.sleep(CLEAN_EXIT_DELAY_MS, closing.signal);
    if (closing.signal.aborted) return;
    log.error({ exit, attempt }, 'PostgreSQL ended unexpectedly and is started again');
    for (; !closing.signal.aborted; attempt += 1) {
      await clock.sleep(RESTART_DELAYS_MS[attempt] ?? RESTART_DELAYS_MS.at(-1) ?? 0, closing.signal);
      if (closing.signal.aborted) return;
      try {
        server = await start(closing.signal);
        startedMs = clock.monotonicMs();
        return enter('running');
      } catch (error) {
        log.error({ err: error, attempt }, 'PostgreSQL could not be started again');
      }
    }
  }

  async function watch(): Promise<void> {
    while (!closing.signal.aborted) {
      const exit = await server.exited;
      if (closing.signal.aborted) return;
      attempt = clock.monotonicMs() - startedMs > STABLE_MS ? 0 : attempt + 1;
      await startAgain(exit);
    }
  }

  const watching = watch();
  return {
    state: () => state,
    pid: () => server.pid,
    async close() {
      closing.abort();
      await Promise.all([watching, server.stop()]);
      // A start that was under way when we began to close has stopped its own server.
      await server.stop();
      enter('closed');
    },
  };
}
