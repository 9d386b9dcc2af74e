/** What a serving process keeps in memory, kept right by the events of all processes. */
import type { Config } from '../config/config.ts';
import type { Product } from './compose.ts';
import { type KeeperDeps, keepHomeTimelines } from './home-timelines.ts';
import { startJobs } from './jobs.ts';

export interface Memory {
  close(): Promise<void>;
}

export interface MemoryDeps extends Omit<KeeperDeps, 'home'> {
  readonly config: Config;
  readonly product: Product;
}

export async function openMemory(deps: MemoryDeps): Promise<Memory> {
  const { product, config } = deps;
  const { home } = product.feed;
  const tail = await product.openTail();
  const jobs = startJobs(home.memoryJobs, deps);
  // Whoever answers from memory must be the one who delivers into it.
  const keepsTimelines = config.roles.includes('api') && config.roles.includes('worker');
  const keeper = keepsTimelines ? await keepHomeTimelines({ ...deps, home }) : undefined;
  return {
    async close() {
      await keeper?.close();
      await jobs.close();
      await tail.close();
    },
  };
}
