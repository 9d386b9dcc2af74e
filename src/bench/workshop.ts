/** What every measurement of a bench works with: a client for single calls, and the process that makes the load. */

import { createHttpClient, type HttpClient } from '../client/http-client.ts';
import { AppError } from '../core/errors.ts';
import { readTreeCpu } from '../telemetry/process-cpu.ts';
import type { BenchOptions } from './bench-options.ts';
import { type LoadGenerator, startLoadGenerator } from './load-generator.ts';
import type { LoadReport, LoadTask } from './load-task.ts';
import type { RequestMix } from './request-mix.ts';

export interface Workshop {
  readonly http: HttpClient;
  readonly generator: LoadGenerator;
  readonly options: BenchOptions;
}

export interface Slice extends LoadReport {
  /** CPU time of the server's processes over the slice; undefined where the system does not tell. */
  readonly serverCpuMs: number | undefined;
  readonly postgresCpuMs: number | undefined;
}

/** A load without what is the same in all of a run. */
export type SliceTask = Pick<LoadTask, 'target'> & Partial<LoadTask>;

/** Operations in one slice at most. */
const OPERATIONS_MAX = 5_000_000;
const REQUEST_TIMEOUT_MS = 10_000;
const CONNECTIONS_MAX = 8;

export async function withWorkshop<Result>(
  options: BenchOptions,
  work: (workshop: Workshop) => Promise<Result>,
): Promise<Result> {
  const { stage, signal, loadCores } = options;
  const http = createHttpClient({
    url: stage.url,
    connectionsMax: CONNECTIONS_MAX,
    timeoutMs: REQUEST_TIMEOUT_MS,
  });
  const generator = startLoadGenerator(loadCores);
  // With the generator gone, whatever is waited for fails at once.
  const stop = () => {
    generator.close();
    http.close();
  };
  signal.addEventListener('abort', stop);
  try {
    return await work({ http, generator, options });
  } catch (error) {
    if (signal.aborted) throw new AppError('unavailable', 'The bench was interrupted.');
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
  }
}

/** Makes the load and counts the CPU time that the processes of `pids` spend over it. */
export async function measure(
  { generator, options }: Workshop,
  pids: readonly number[],
  task: SliceTask,
): Promise<Slice> {
  const before = readTreeCpu(pids);
  const report = await generator.run({
    slots: options.connections,
    durationMs: options.seconds * 1000,
    operationsMax: OPERATIONS_MAX,
    timeoutMs: REQUEST_TIMEOUT_MS,
    ...task,
  });
  const after = readTreeCpu(pids);
  if (before === undefined || after === undefined || pids.length === 0) {
    return { ...report, serverCpuMs: undefined, postgresCpuMs: undefined };
  }
  const serverCpuMs = after.serverMs - before.serverMs;
  return { ...report, serverCpuMs, postgresCpuMs: after.postgresMs - before.postgresMs };
}

/** Watching the clock without rest would take the server's time where both share a core. */
export function scheduleOf({ options }: Workshop, ratePerS: number, seed: number) {
  return { arrivals: options.arrivals, ratePerS, seed, spins: options.loadCores !== undefined };
}

/** A mix as one slice sends it: with texts and keys that no other slice has. */
export function mixOfSlice(
  { mix, unique }: { readonly mix: Omit<RequestMix, 'seed' | 'uniquePrefix'>; readonly unique: boolean },
  { seed, runId }: BenchOptions,
  slice: string,
): RequestMix {
  return { ...mix, seed, ...(unique ? { uniquePrefix: `${runId}-${slice}` } : {}) };
}
