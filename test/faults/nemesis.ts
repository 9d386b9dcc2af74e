/**
 * Breaks one component of a running stack, and mends it again: its processes are killed, stopped or slowed down, its port is
 * cut off, its disk filled, its clock moved. What takes root is done in namespaces of our own (`own-namespaces.ts`), so that
 * nothing outlives the run. Only processes of the stack are touched, by their ids.
 */
import { execFileSync } from 'node:child_process';
import { statfsSync, writeFileSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { systemClock } from '../../src/core/clock.ts';
import { processTree } from '../../src/telemetry/process-cpu.ts';
import type { FaultStack } from './fault-stack.ts';

export interface Breakage {
  /** Undoes it. Harmless where there is nothing to undo, and called whatever happens. */
  heal(): Promise<void> | void;
}

/** Of a process that is slowed down: it runs for the second number of milliseconds, and rests for the first. */
const SLOW_REST_MS = 95;
const SLOW_RUN_MS = 5;
const FILL_CHUNK_BYTES = 1 << 20;

function treeOf(pid: number): number[] {
  return (processTree([pid]) ?? []).map((process) => process.pid);
}

function signalTree(pid: number, signal: NodeJS.Signals): void {
  for (const each of treeOf(pid)) {
    try {
      process.kill(each, signal);
    } catch {
      // It has ended meanwhile.
    }
  }
}

function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) signalTree(pid, signal);
}

/** SIGKILL to the process and all that it has started. Whoever supervises it starts it again. */
export async function killed(stack: FaultStack, component: string): Promise<Breakage> {
  await stack.kill(component, (pid) => signalTree(pid, 'SIGKILL'));
  return { heal: () => stack.restart(component) };
}

/** SIGKILL to the process alone: what it has started is to end by itself. */
export async function orphaned(stack: FaultStack, component: string): Promise<Breakage> {
  await stack.kill(component, (pid) => process.kill(pid, 'SIGKILL'));
  return { heal: () => stack.restart(component) };
}

/** SIGSTOP: connections stay open, and nobody answers. */
export function frozen(stack: FaultStack, component: string): Breakage {
  const pids = stack.pidsOf(component);
  signalAll(pids, 'SIGSTOP');
  return { heal: () => signalAll(pids, 'SIGCONT') };
}

/** It has a twentieth of the time: what took a millisecond now takes up to a tenth of a second. */
export function slowed(stack: FaultStack, component: string): Breakage {
  const pids = stack.pidsOf(component);
  let slowing = true;
  const turns = (async () => {
    while (slowing) {
      signalAll(pids, 'SIGSTOP');
      await systemClock.sleep(SLOW_REST_MS);
      signalAll(pids, 'SIGCONT');
      await systemClock.sleep(SLOW_RUN_MS);
    }
  })();
  return {
    async heal() {
      slowing = false;
      await turns;
      signalAll(pids, 'SIGCONT');
    },
  };
}

const TABLE = ['inet', 'groundswell_faults'] as const;

/** Every packet to and from its port is dropped, of connections that are open, too. Nobody is told. */
export function cutOff(stack: FaultStack, component: string): Breakage {
  const port = stack.portOf(component);
  nft('add', 'table', ...TABLE);
  nft('add', 'chain', ...TABLE, 'input', '{ type filter hook input priority 0; }');
  nft('add', 'rule', ...TABLE, 'input', 'tcp', 'dport', String(port), 'drop');
  nft('add', 'rule', ...TABLE, 'input', 'tcp', 'sport', String(port), 'drop');
  return { heal: () => nft('delete', 'table', ...TABLE) };
}

function nft(...args: readonly string[]): void {
  execFileSync('nft', args, { stdio: 'pipe' });
}

/** A file takes all that is left of the disk of the engines and of the product. */
export async function diskFilled(stack: FaultStack): Promise<Breakage> {
  const file = `${stack.dataFolder}/filler`;
  const filler = await open(file, 'w');
  const chunk = Buffer.alloc(FILL_CHUNK_BYTES, 1);
  try {
    for (;;) await filler.write(chunk);
  } catch {
    // Full.
  } finally {
    await filler.close();
  }
  if (statfsSync(stack.dataFolder).bavail > FILL_CHUNK_BYTES) throw new Error('the disk is not full');
  return { heal: () => rm(file, { force: true }) };
}

/** The wall clocks of all processes of the product jump by so many seconds; those of engines and clients do not. */
export function clocksMoved(stack: FaultStack, seconds: number): Breakage {
  const file = stack.clockFile;
  if (file === undefined) throw new Error('the stack was started without libfaketime');
  writeFileSync(file, `${seconds >= 0 ? '+' : ''}${seconds}s\n`);
  return { heal: () => writeFileSync(file, '+0s\n') };
}
