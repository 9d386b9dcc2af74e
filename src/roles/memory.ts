/** What a serving process keeps in memory, kept right by the events of all processes. */
import type { Config } from '../config/config.ts';
import type { Product } from './compose.ts';
import { type HomeTimelinesKeeper, type KeeperDeps, keepHomeTimelines } from './home-timelines.ts';
import { startJobs } from './jobs.ts';
import { shareHomeTimelines } from './shared-home-timelines.ts';
import { startPassing } from './undelivered-timelines.ts';

export interface Memory {
  close(): Promise<void>;
}

export interface MemoryDeps extends Omit<KeeperDeps, 'home'> {
  readonly config: Config;
  readonly product: Product;
}

export async function openMemory(deps: MemoryDeps): Promise<Memory> {
  const { product } = deps;
  const { home } = product.feed;
  const tail = await product.openTail();
  const jobs = startJobs(home.memoryJobs, deps);
  const keeper = await openHomeTimelines(deps);
  return {
    async close() {
      await keeper?.close();
      await jobs.close();
      await tail.close();
    },
  };
}

function openHomeTimelines({
  product,
  config,
  ...deps
}: MemoryDeps): Promise<HomeTimelinesKeeper> | HomeTimelinesKeeper | undefined {
  const { home } = product.feed;
  const delivers = config.roles.includes('worker');
  if (config.timelinesRedis !== undefined) return shareHomeTimelines({ ...deps, home, delivers });
  if (!delivers) return undefined;
  // Whoever answers from memory must be the one who delivers into it.
  return config.roles.includes('api')
    ? keepHomeTimelines({ ...deps, home })
    : startPassing({ ...deps, home });
}
