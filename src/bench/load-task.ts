/** What the bench asks of the process that makes the load, and how one task is done. */

import type { Address } from '../client/http-client.ts';
import { type Clock, seededFraction } from '../core/clock.ts';
import { type Arrivals, createArrivals } from './arrivals.ts';
import { type LoadResult, type Operation, runClosedLoop, runOpenLoop } from './load.ts';
import { createPostgresYardstick, type PostgresTarget } from './postgres-yardsticks.ts';
import { createRequester, type RequestMix } from './request-mix.ts';

export type LoadTarget =
  | { readonly kind: 'http'; readonly address: Address; readonly mix: RequestMix }
  | PostgresTarget;

export interface LoadTask {
  readonly target: LoadTarget;
  readonly slots: number;
  readonly durationMs: number;
  readonly operationsMax: number;
  readonly timeoutMs: number;
  /** Absent: a closed loop. */
  readonly schedule?: {
    readonly arrivals: Arrivals;
    readonly ratePerS: number;
    readonly seed: number;
    readonly spins: boolean;
  };
  readonly sliceMs?: number;
  readonly errorPauseMs?: number;
}

export interface LoadReport extends LoadResult {
  /** CPU time of the generator itself over the load: near `durationMs`, it was the limit. */
  readonly generatorCpuMs: number;
}

export type CpuTime = () => number;

export async function runLoadTask(task: LoadTask, clock: Clock, cpuMs: CpuTime): Promise<LoadReport> {
  const source = createSource(task);
  await source.open();
  try {
    const before = cpuMs();
    const result = await runLoop(task, source.operation, clock);
    return { ...result, generatorCpuMs: cpuMs() - before };
  } finally {
    await source.close();
  }
}

interface Source {
  readonly operation: Operation;
  open(): Promise<void>;
  close(): void | Promise<void>;
}

function createSource({ target, slots, timeoutMs }: LoadTask): Source {
  if (target.kind === 'http') return createRequester(target.address, target.mix, slots, timeoutMs);
  return createPostgresYardstick(target, slots);
}

function runLoop(task: LoadTask, operation: Operation, clock: Clock): Promise<LoadResult> {
  const { slots, durationMs, operationsMax, timeoutMs, schedule, sliceMs, errorPauseMs } = task;
  const loop = { slots, durationMs, operationsMax, operation, sliceMs, errorPauseMs, clock };
  if (schedule === undefined) return runClosedLoop(loop);
  const { arrivals, ratePerS, seed, spins } = schedule;
  const nextArrivalMs = createArrivals(arrivals, ratePerS, seededFraction(seed));
  return runOpenLoop({ ...loop, nextArrivalMs, spins, drainMs: timeoutMs });
}
