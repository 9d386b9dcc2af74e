/**
 * Keeps home timelines in the memory of this process. Deliveries go to one place only, so of all processes of a database
 * one does it: whoever holds the name. The others answer home timelines by SQL, and one of them takes over when it dies.
 */
import type { Consumer } from '../ports/event-log/event-log.ts';
import type { Ports } from '../ports/open-ports.ts';
import type { Home } from '../systems/feed/home/home.ts';
import type { Log } from '../telemetry/log.ts';
import { type JobsDeps, type RunningJobs, startJobs } from './jobs.ts';

export interface HomeTimelinesKeeper {
  close(): Promise<void>;
}

export interface KeeperDeps extends JobsDeps {
  readonly ports: Pick<Ports, 'sql' | 'eventLog'> & {
    readonly database: Pick<Ports['database'], 'dataFolder'>;
  };
  readonly home: Pick<Home, 'fanOut' | 'keepTimelinesWhile' | 'trustTimelines'>;
  readonly log: Log;
}

/** Who holds it delivers, and nobody else. */
export const KEEPER_NAME = 'home timelines in memory';
/** A little more than the second in which whoever is cut off from the database may not know it yet: `SqlStore.hold`. */
const UNAWARE_MS = 1_100;

const RETRY_AFTER_MS = 500;

/** To be called when the tail of the process is open. */
export async function keepHomeTimelines(deps: KeeperDeps): Promise<HomeTimelinesKeeper> {
  const { ports, home, clock, log } = deps;
  // An embedded database has one process that serves.
  const unawareMs = ports.database.dataFolder === undefined ? UNAWARE_MS : 0;
  let delivering: { readonly consumer: Consumer; readonly jobs: RunningJobs } | undefined;
  let lost = new AbortController();
  let changes = Promise.resolve();

  /** What is committed once the last keeper has ceased to deliver is delivered here. */
  async function start(signal: AbortSignal): Promise<void> {
    await clock.sleep(unawareMs, signal);
    if (signal.aborted) return;
    const consumer = await ports.eventLog.subscribe(home.fanOut.subscription);
    delivering = { consumer, jobs: startJobs(home.fanOut.jobs, deps) };
    // What was delivered before went elsewhere; a timeline built from now on has read it.
    await home.trustTimelines(true);
    log.debug('this process keeps the home timelines');
  }

  /** The database that has come back for the hold may still be avoided by all else. */
  async function keepStarting(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        return await start(signal);
      } catch (error) {
        log.warn({ err: error }, 'home timelines are read by SQL until they can be kept in memory');
        await stop();
        await clock.sleep(RETRY_AFTER_MS, signal);
      }
    }
  }

  async function stop(): Promise<void> {
    await home.trustTimelines(false);
    const ending = delivering;
    delivering = undefined;
    await Promise.all([ending?.consumer.close(), ending?.jobs.close()]);
  }

  const hold = await ports.sql.hold(KEEPER_NAME, (held) => {
    lost.abort();
    lost = new AbortController();
    const { signal } = lost;
    if (!held) void home.trustTimelines(false);
    changes = changes
      .then(() => (held ? keepStarting(signal) : stop()))
      .catch((error: unknown) => log.error({ err: error }, 'home timelines are read by SQL'));
  });
  home.keepTimelinesWhile(hold.isHeld);
  if (!hold.isHeld()) log.info('another process keeps the home timelines: this one reads them by SQL');
  return {
    async close() {
      lost.abort();
      await hold.release();
      await changes;
      await stop();
    },
  };
}
