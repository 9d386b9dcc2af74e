/** A small town of drivers and riders beside the other people, as `groundswell rides simulate` makes it, with its history. */
import { spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { packageRoot } from '../../src/config/package-info.ts';
import type { CheckReport } from '../../src/history/check-report.ts';
import { readHistory } from '../../src/history/history-event.ts';
import { checkRides } from '../../src/history/rides/ride-checker.ts';
import type { FaultStack } from './fault-stack.ts';

const PROGRAM = path.join(packageRoot(), 'dist', 'src', 'main.js');
const TOWN = [
  ...['--drivers', '30', '--requests-per-minute', '60', '--driving', '10'],
  // As long as a fault with what is before and after it, and then until the rides that began have ended.
  ...['--duration', '16s', '--drain', '15s', '--no-compare'],
];

export interface FaultRides {
  /** Resolves when all rides have ended: what was promised of them (P6), held against what was told and logged. */
  check(): Promise<CheckReport>;
}

export async function startFaultRides(stack: FaultStack, file: string): Promise<FaultRides> {
  await rm(file, { force: true });
  const args = ['rides', 'simulate', ...TOWN, '--url', stack.url, '--database-url', stack.databaseUrl];
  const child = spawn(process.execPath, [PROGRAM, ...args, '--history', file], {
    env: { ...(await stack.commandEnvironment()) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-2_000);
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return {
    async check() {
      const code = await ended;
      // What it finds wrong ends it with 1, too, and is in the history.
      const report = checkRides(await readHistory(file), { settled: true });
      if (code !== 0 && report.verdict !== 'invalid')
        throw new Error(`the simulation of rides failed: ${said}`);
      return report;
    },
  };
}
