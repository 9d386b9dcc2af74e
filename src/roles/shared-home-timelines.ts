/**
 * Home timelines in a store that all processes share: each reads them, and every worker delivers, a share of the partitions each.
 * While the store is away they are read by SQL, and what is to be delivered waits in the event log.
 */
import type { HomeTimelinesKeeper, KeeperDeps } from './home-timelines.ts';
import { startJobs } from './jobs.ts';

export interface SharedTimelinesDeps extends KeeperDeps {
  /** Whether this process is a worker. */
  readonly delivers: boolean;
}

const RETRY_AFTER_MS = 1_000;

/** To be called when the tail of the process is open. Resolves at once where the store is there. */
export async function shareHomeTimelines(deps: SharedTimelinesDeps): Promise<HomeTimelinesKeeper> {
  const { ports, home, delivers, clock, log } = deps;
  const closing = new AbortController();
  const opened: { close(): Promise<void> }[] = [];

  async function open(): Promise<void> {
    await home.trustTimelines(true);
    if (!delivers) return;
    opened.push(await ports.eventLog.subscribe(home.fanOut.subscription));
    opened.push(startJobs(home.fanOut.jobs, deps));
  }

  async function keepOpening(): Promise<void> {
    while (!closing.signal.aborted) {
      await clock.sleep(RETRY_AFTER_MS, closing.signal);
      const isOpen = await open().then(
        () => true,
        () => false,
      );
      if (isOpen) return log.info('home timelines are shared by now');
    }
  }

  const opening = open().catch((error: unknown) => {
    log.warn({ err: error }, 'home timelines are read by SQL until their store can be reached');
    return keepOpening();
  });
  await Promise.race([opening, clock.sleep(RETRY_AFTER_MS, closing.signal)]);
  return {
    async close() {
      closing.abort();
      await opening;
      await home.trustTimelines(false);
      for (const part of opened.reverse()) await part.close();
    },
  };
}
