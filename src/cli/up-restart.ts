/** `groundswell up restart`: the processes of a running `up`, one after the other, without a failed request. */
import path from 'node:path';
import { Command } from 'commander';
import { readEnvironment } from '../config/env.ts';
import { systemClock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import { sendSignal } from '../up/child-process.ts';
import { reloadHaproxy } from '../up/engines/haproxy-engine.ts';
import { isRunning, type ProcessRecord, readUpRecord } from '../up/process-records.ts';
import type { ProcessReload } from '../up/process-spec.ts';
import { checkReady } from '../up/serve-process.ts';
import { withExamples } from './examples.ts';
import { type ControlOptions, folderOf, nothingRuns, withDataOption } from './up-control.ts';

/** It finishes what it has, and is started again. */
const RESTART_MS = 150_000;
/** The balancer sends to it again after two checks, half a second apart: the next may stop when it surely does. */
const BALANCER_NOTICES_MS = 3_000;
const POLL_MS = 50;

export function restartCommand(): Command {
  const command = withDataOption(new Command('restart'))
    .summary('its processes anew, one after the other')
    .description(
      'Restart processes one after the other, each when the one before is ready, so that requests are answered all the time. Engines are left alone. The balancer, where it is named and has TLS, reads its certificate anew.',
    )
    .argument('[names...]', 'groups or processes of the topology; none: all of them')
    .action(restart);
  return withExamples(
    command,
    'groundswell up restart',
    'groundswell up restart api worker-1',
    'groundswell up restart haproxy',
  );
}

async function restart(names: readonly string[], options: ControlOptions, command: Command): Promise<void> {
  const folder = folderOf(options, command);
  const record = await readUpRecord(folder);
  if (record === undefined || !isRunning(record)) throw nothingRuns(folder);
  const members = record.processes
    .filter(({ ready_url, reload }) => ready_url !== undefined || reload !== undefined)
    .toSorted((left, right) => left.name.localeCompare(right.name, 'en', { numeric: true }));
  const unknown = names.filter((name) => !members.some((member) => isCalled(member, name)));
  if (unknown.length > 0) throw unknownNames(unknown, members);
  const isBalanced = record.processes.some(({ role }) => role === 'balancer');
  const wanted = members.filter((member) =>
    names.length === 0 ? member.reload === undefined : names.some((name) => isCalled(member, name)),
  );
  for (const member of wanted) {
    const startMs = systemClock.monotonicMs();
    const done = member.reload === undefined ? 'Restarted' : 'Reloaded';
    await (member.reload === undefined
      ? restartOne(folder, member)
      : reloadOne(folder, member, member.reload));
    console.log(`${done} ${member.name} (${((systemClock.monotonicMs() - startMs) / 1_000).toFixed(1)} s).`);
    if (isBalanced && member.reload === undefined) await systemClock.sleep(BALANCER_NOTICES_MS);
  }
}

async function restartOne(folder: string, member: ProcessRecord): Promise<void> {
  sendSignal(member.pid, 'SIGTERM');
  await awaitSuccessor(folder, member);
}

function reloadOne(folder: string, { name, pid }: ProcessRecord, reload: ProcessReload): Promise<void> {
  const place = { folder: path.join(folder, name), environment: readEnvironment(), clock: systemClock };
  return reloadHaproxy({ ...reload, ...place, pid });
}

/** By its own name, or by that of its group. */
function isCalled({ name }: ProcessRecord, wanted: string): boolean {
  return name === wanted || name.replace(/-\d+$/, '') === wanted;
}

async function awaitSuccessor(folder: string, { name, pid }: ProcessRecord): Promise<void> {
  const deadlineMs = systemClock.monotonicMs() + RESTART_MS;
  while (!(await isReplaced(folder, name, pid))) {
    if (systemClock.monotonicMs() > deadlineMs) {
      const message = `${name} is not ready again after ${RESTART_MS / 1_000} s; the others were left alone. Its log is in ${folder}/logs.`;
      throw new AppError('timeout', message);
    }
    await systemClock.sleep(POLL_MS);
  }
}

async function isReplaced(folder: string, name: string, pid: number): Promise<boolean> {
  const found = (await readUpRecord(folder))?.processes.find((one) => one.name === name);
  if (found?.ready_url === undefined || found.pid === pid) return false;
  return checkReady(new URL(found.ready_url).origin).then(
    () => true,
    () => false,
  );
}

function unknownNames(unknown: readonly string[], members: readonly ProcessRecord[]): AppError {
  const known = members.map(({ name }) => name).join(', ');
  return new AppError('not_found', `No process is called ${unknown.join(', ')}. There are: ${known}.`);
}
