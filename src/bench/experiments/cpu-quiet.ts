/** When work that goes on behind the answers is done: the processes spend no time any more. */

import type { Clock } from '../../core/clock.ts';
import { readTreeCpu } from '../../telemetry/process-cpu.ts';

export interface CpuSpent {
  readonly serverMs: number;
  readonly postgresMs: number;
}

const LOOK_EVERY_MS = 100;
/** An idle product wakes now and then; the system counts in steps of 10 ms. */
const IDLE_MS = 10;
const QUIET_LOOKS = 4;
const WAIT_MS_MAX = 120_000;
const UNKNOWN_QUIET_MS = 2_000;

/** Waits until the processes have been idle for a while. Where the system does not tell, for a fixed time. */
export async function awaitQuiet(pids: readonly number[], clock: Clock): Promise<void> {
  const deadlineMs = clock.monotonicMs() + WAIT_MS_MAX;
  let spentMs = spentOf(pids) ?? Number.NaN;
  if (Number.isNaN(spentMs) || pids.length === 0) return clock.sleep(UNKNOWN_QUIET_MS);
  for (let quiet = 0; quiet < QUIET_LOOKS && clock.monotonicMs() < deadlineMs; ) {
    await clock.sleep(LOOK_EVERY_MS);
    const nowMs: number = spentOf(pids) ?? spentMs;
    quiet = nowMs - spentMs <= IDLE_MS ? quiet + 1 : 0;
    spentMs = nowMs;
  }
}

/** What the processes spend on `work` and what follows from it. */
export async function spentOn(
  pids: readonly number[],
  clock: Clock,
  work: () => Promise<void>,
): Promise<CpuSpent | undefined> {
  await awaitQuiet(pids, clock);
  const before = readTreeCpu(pids);
  await work();
  await awaitQuiet(pids, clock);
  const after = readTreeCpu(pids);
  if (before === undefined || after === undefined || pids.length === 0) return undefined;
  return {
    serverMs: after.serverMs - before.serverMs,
    postgresMs: after.postgresMs - before.postgresMs,
  };
}

function spentOf(pids: readonly number[]): number | undefined {
  const spent = readTreeCpu(pids);
  return spent && spent.serverMs + spent.postgresMs;
}
