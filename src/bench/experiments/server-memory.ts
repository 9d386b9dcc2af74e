/** What the process that is measured holds. */

import type { HttpClient } from '../../client/http-client.ts';
import { readMetrics, sumBy } from '../../client/prometheus-text.ts';
import type { Clock } from '../../core/clock.ts';

export interface ServerMemory {
  readonly residentMb: number | undefined;
  readonly heapMb: number | undefined;
}

/** Between two looks; several of them see the heap after a collection. */
export const LOOK_EVERY_MS = 500;

export async function memoryOf(http: HttpClient): Promise<ServerMemory> {
  const samples = await readMetrics(http);
  const megabytes = (name: string): number | undefined => {
    const bytes = sumBy(samples, name, '')[''];
    return bytes === undefined ? undefined : bytes / 1_048_576;
  };
  return {
    residentMb: megabytes('process_resident_memory_bytes'),
    heapMb: megabytes('nodejs_heap_size_used_bytes'),
  };
}

/** The least of several looks: without what is about to be collected. */
export async function leastMemory(http: HttpClient, clock: Clock, looks: number): Promise<ServerMemory> {
  let least = await memoryOf(http);
  for (let look = 1; look < looks; look += 1) {
    await clock.sleep(LOOK_EVERY_MS);
    const now = await memoryOf(http);
    least = {
      residentMb: lesser(least.residentMb, now.residentMb),
      heapMb: lesser(least.heapMb, now.heapMb),
    };
  }
  return least;
}

function lesser(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? undefined : Math.min(one, other);
}
