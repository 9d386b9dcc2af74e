/**
 * Keeps home timelines in the memory of this process. Deliveries go to one place only, so of all processes of a database
 * one does it: whoever holds the name. The others answer home timelines by SQL, and one of them takes over when it dies.
 */
import type { Consumer } from '../ports/event-log/event-log.ts';
import type { Ports } from '../ports/open-ports.ts';
import type { Log } from '../telemetry/log.ts';
import type { Product } from './compose.ts';
import { type JobsDeps, type RunningJobs, startJobs } from './jobs.ts';

export interface HomeTimelinesKeeper {
  close(): Promise<void>;
}

export interface KeeperDeps extends JobsDeps {
  readonly ports: Ports;
  readonly product: Product;
  readonly log: Log;
}

const NAME = 'home timelines in memory';

/** To be called when the tail of the process is open. */
export async function keepHomeTimelines(deps: KeeperDeps): Promise<HomeTimelinesKeeper> {
  const { ports, product, log } = deps;
  const { home } = product.feed;
  let delivering: { readonly consumer: Consumer; readonly jobs: RunningJobs } | undefined;
  let changes = Promise.resolve();

  async function start(): Promise<void> {
    const consumer = await ports.eventLog.subscribe(home.fanOut.subscription);
    delivering = { consumer, jobs: startJobs(home.fanOut.jobs, deps) };
    // What was delivered before went elsewhere; a timeline built from now on has read it.
    await home.trustTimelines(true);
    log.debug('this process keeps the home timelines');
  }

  async function stop(): Promise<void> {
    await home.trustTimelines(false);
    const ending = delivering;
    delivering = undefined;
    await Promise.all([ending?.consumer.close(), ending?.jobs.close()]);
  }

  const hold = await ports.sql.hold(NAME, (held) => {
    if (!held) void home.trustTimelines(false);
    changes = changes
      .then(held ? start : stop)
      .catch((error: unknown) => log.error({ err: error }, 'home timelines are read by SQL'));
  });
  await changes;
  if (!hold.isHeld()) log.info('another process keeps the home timelines: this one reads them by SQL');
  return {
    async close() {
      await hold.release();
      await changes;
      await stop();
    },
  };
}
