/** Limits the processor time of processes by control groups, version 1 or 2, which needs root (Linux). */
import { existsSync } from 'node:fs';
import { mkdir, rmdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '../core/errors.ts';

export interface CpuQuotas {
  /** From now on, and with all that it starts. Fails with `unavailable` where the system cannot. */
  limit(name: string, pid: number, cpu: number): Promise<void>;
  /** To be called when the processes have ended. */
  close(): Promise<void>;
}

const ROOT = '/sys/fs/cgroup';
const PERIOD_US = 100_000;

/** `owner` keeps the groups of two that run at once apart. */
export function createCpuQuotas(owner: string, root = ROOT): CpuQuotas {
  const isVersion2 = existsSync(path.join(root, 'cgroup.controllers'));
  const parent = path.join(root, isVersion2 ? '' : 'cpu');
  const made: string[] = [];
  return {
    async limit(name, pid, cpu) {
      const folder = path.join(parent, `groundswell-${owner}-${name}`);
      const quotaUs = Math.round(cpu * PERIOD_US);
      try {
        await mkdir(folder, { recursive: true });
        if (!made.includes(folder)) made.push(folder);
        if (isVersion2) {
          await writeFile(path.join(folder, 'cpu.max'), `${quotaUs} ${PERIOD_US}`);
        } else {
          await writeFile(path.join(folder, 'cpu.cfs_period_us'), String(PERIOD_US));
          await writeFile(path.join(folder, 'cpu.cfs_quota_us'), String(quotaUs));
        }
        await writeFile(path.join(folder, 'cgroup.procs'), String(pid));
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        const message = `The processor time of ${name} cannot be limited: ${reason}. It needs control groups and root; or take cpu: out of the topology.`;
        throw new AppError('unavailable', message, { cause });
      }
    },
    async close() {
      for (const folder of made.splice(0)) await rmdir(folder).catch(() => undefined);
    },
  };
}
