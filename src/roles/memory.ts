/** What a serving process keeps in memory, kept right by the events of all processes. */
import type { Config } from '../config/config.ts';
import { type KeeperDeps, keepHomeTimelines } from './home-timelines.ts';
import { startJobs } from './jobs.ts';

export interface Memory {
  close(): Promise<void>;
}

export async function openMemory(deps: KeeperDeps & { readonly config: Config }): Promise<Memory> {
  const { product, config } = deps;
  const tail = await product.openTail();
  const jobs = startJobs(product.feed.home.memoryJobs, deps);
  // Whoever answers from memory must be the one who delivers into it.
  const keepsTimelines = config.roles.includes('api') && config.roles.includes('worker');
  const keeper = keepsTimelines ? await keepHomeTimelines(deps) : undefined;
  return {
    async close() {
      await keeper?.close();
      await jobs.close();
      await tail.close();
    },
  };
}
