/** The role `worker`: consumes the event log and does the periodic work. */
import type { Clock, Randomness } from '../core/clock.ts';
import type { Ports } from '../ports/open-ports.ts';
import type { Log } from '../telemetry/log.ts';
import type { Product } from './compose.ts';
import { startJobs } from './jobs.ts';

export interface WorkerDeps {
  readonly ports: Ports;
  readonly product: Product;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
}

export interface Worker {
  /** Finishes the batches and pieces that are being done and takes no more. */
  close(): Promise<void>;
}

export async function openWorker({ ports, product, ...deps }: WorkerDeps): Promise<Worker> {
  const consumers = await Promise.all(product.subscriptions.map((each) => ports.eventLog.subscribe(each)));
  const jobs = startJobs(product.jobs, deps);
  return {
    async close() {
      await Promise.all([jobs.close(), ...consumers.map((consumer) => consumer.close())]);
    },
  };
}
