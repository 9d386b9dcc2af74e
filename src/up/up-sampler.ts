/** What the processes of an `up` do, measured now and then for its table. */

import type { Clock } from '../core/clock.ts';
import { processTree } from '../telemetry/process-cpu.ts';
import type { Figures } from './figures.ts';
import type { Up, UpProcess } from './up.ts';
import type { UpRow } from './up-view.ts';

export interface UpSampler {
  /** Asks every process that is ready, all at once. */
  sample(): Promise<void>;
  /** As of the last time. */
  rows(): UpRow[];
}

interface CpuReading {
  readonly pid: number;
  /** With all that it has started. */
  readonly cpuMs: number;
  readonly ms: number;
}

export function createUpSampler(up: Up, clock: Clock): UpSampler {
  const figures = new Map<string, Figures | undefined>();
  const roles = new Map<string, string | undefined>();
  const readings = new Map<string, CpuReading>();
  const shares = new Map<string, number>();

  function readCpu({ name, status: { pid } }: UpProcess): void {
    const tree = pid === undefined ? undefined : processTree([pid]);
    if (pid === undefined || tree === undefined) {
      readings.delete(name);
      shares.delete(name);
      return;
    }
    const before = readings.get(name);
    const cpuMs = tree.reduce((sum, one) => sum + one.cpuMs, 0);
    const ms = clock.monotonicMs();
    readings.set(name, { pid, cpuMs, ms });
    if (before?.pid !== pid) return void shares.delete(name);
    // A child that has ended takes its time with it until its parent has asked.
    shares.set(name, Math.max(0, cpuMs - before.cpuMs) / (ms - before.ms));
  }

  return {
    async sample() {
      await Promise.all(
        up.processes().map(async (one) => {
          readCpu(one);
          const isReady = one.status.state === 'ready';
          figures.set(one.name, isReady ? await one.spec?.figures?.() : undefined);
          roles.set(one.name, isReady ? await one.spec?.describe?.().catch(() => undefined) : undefined);
        }),
      );
    },
    rows: () =>
      up.processes().map(({ name, role, port, status: { pid, state, restarts } }) => ({
        ...{ name, role: roles.get(name) ?? role, port, pid, state, restarts },
        figures: pid === undefined ? undefined : figures.get(name),
        cpu: pid === undefined ? undefined : shares.get(name),
      })),
  };
}
