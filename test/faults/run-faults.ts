/**
 * `npm run test:faults [-- NAME… --list --keep]`: breaks each part of a running stack in turn, while people use it, and says
 * what that cost. Exit code 1 if anything that was acknowledged was lost, or a promise broken.
 *
 * NAME is a fault, or the beginning of some, such as `redis` or `postgres-kill`. What this machine cannot do is said and left
 * out. Histories of runs that failed are kept, with --keep all of them.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { systemClock } from '../../src/core/clock.ts';
import { readHistory } from '../../src/history/history-event.ts';
import { openHistoryRecorder } from '../../src/history/history-recorder.ts';
import { findProgram } from '../../src/up/programs.ts';
import { FAULTS, type Fault, type FaultNeed } from './fault-list.ts';
import { explain, MARKS, outcomeOf, TABLE_HEAD, tableRow } from './fault-outcome.ts';
import { startFaultPeople } from './fault-people.ts';
import { startFaultRides } from './fault-rides.ts';
import { type FaultStack, openFaultStack } from './fault-stack.ts';
import { awaitQuiet, readEverything } from './final-reads.ts';
import { canHaveNamespaces, isInside, mountSmallDisk, runInside } from './own-namespaces.ts';

const WARM_UP_MS = 3_000;
/** A town has to be populated first. */
const RIDES_WARM_UP_MS = 8_000;
/** After the mending: for those who still have to find out. */
const COOL_DOWN_MS = 4_000;
const SMALL_DISK_MB = 1_200;
const CLOCK_LIBRARIES = [
  '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1',
  '/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1',
];

async function main(args: readonly string[]): Promise<number> {
  const names = args.filter((arg) => !arg.startsWith('--'));
  const wanted = FAULTS.filter(({ name }) => names.length === 0 || names.some((one) => name.startsWith(one)));
  if (args.includes('--list') || wanted.length === 0) {
    for (const { name, title } of FAULTS) console.log(`${name.padEnd(20)} ${title}`);
    return wanted.length === 0 ? 1 : 0;
  }
  if (!isInside() && canHaveNamespaces()) return runInside(process.argv.slice(1));
  const possible = wanted.filter((fault) => {
    const missing = fault.needs.filter((need) => !has(need));
    for (const need of missing) console.log(`left out: ${fault.name}, which needs ${REMEDIES[need]}`);
    return missing.length === 0;
  });
  const histories = mkdtempSync(path.join(tmpdir(), 'groundswell-histories-'));
  const rows: string[] = [];
  let failed = 0;
  for (const group of groupByStack(possible)) failed += await runGroup(group, { histories, rows });
  console.log(`\n${[TABLE_HEAD, ...rows].join('\n')}`);
  if (failed === 0 && !args.includes('--keep')) rmSync(histories, { recursive: true });
  else console.log(`\nHistories: ${histories}`);
  return failed === 0 ? 0 : 1;
}

const REMEDIES: Readonly<Record<FaultNeed, string>> = {
  namespaces: 'root, unshare and nft (packages util-linux and nftables)',
  'small-disk': 'root',
  'clock-library': 'libfaketime (package faketime)',
};

function has(need: FaultNeed): boolean {
  if (need === 'clock-library') return clockLibrary() !== undefined;
  return isInside() && (need !== 'namespaces' || findProgram('nft', process.env) !== undefined);
}

function clockLibrary(): string | undefined {
  return CLOCK_LIBRARIES.find((file) => existsSync(file));
}

/** Those that run on the same stack; a disk that can be filled, or clocks that can be moved, take one of their own. */
function groupByStack(faults: readonly Fault[]): readonly (readonly Fault[])[] {
  const on = (need: FaultNeed) => faults.filter(({ needs }) => needs.includes(need));
  const special = [on('small-disk'), on('clock-library')];
  const rest = faults.filter((fault) => !special.some((group) => group.includes(fault)));
  return [rest, ...special].filter((group) => group.length > 0);
}

interface RunDeps {
  readonly histories: string;
  readonly rows: string[];
}

async function runGroup(faults: readonly Fault[], deps: RunDeps): Promise<number> {
  const needs = new Set(faults.flatMap((fault) => fault.needs));
  const folder = mkdtempSync(path.join(tmpdir(), 'groundswell-faults-'));
  if (needs.has('small-disk')) mountSmallDisk(folder, SMALL_DISK_MB);
  console.log('starting the stack …');
  const stack = await openFaultStack({
    folder,
    clockLibrary: needs.has('clock-library') ? clockLibrary() : undefined,
    onEvent: (text) => console.log(`    ${text}`),
  });
  let failed = 0;
  try {
    for (const [index, fault] of faults.entries()) {
      if (!(await runFault(stack, fault, index, deps))) failed += 1;
    }
  } finally {
    await stack.close();
  }
  return failed;
}

/** Whether nothing was lost. */
async function runFault(
  stack: FaultStack,
  fault: Fault,
  index: number,
  { histories, rows }: RunDeps,
): Promise<boolean> {
  console.log(`\n${fault.name}: ${fault.title}`);
  const file = path.join(histories, `${fault.name}.jsonl`);
  const recorder = openHistoryRecorder({ path: file, clock: systemClock });
  const run = `${fault.name.replaceAll('-', '_')}`;
  const people = await startFaultPeople({
    ...{ url: stack.url, recorder, run },
    sourceAddress: `127.0.${fault.needs.length + 1}.${index + 2}`,
  });
  const rides = fault.rides
    ? await startFaultRides(stack, path.join(histories, `${fault.name}-rides.jsonl`))
    : undefined;
  await systemClock.sleep(rides === undefined ? WARM_UP_MS : RIDES_WARM_UP_MS);
  recorder.mark(MARKS.broken, { fault: fault.name });
  const breakage = await fault.inject(stack);
  try {
    await systemClock.sleep(fault.holdMs);
  } finally {
    await breakage.heal();
  }
  recorder.mark(MARKS.mended);
  await systemClock.sleep(COOL_DOWN_MS);
  await people.stop();
  const ridesReport = await rides?.check();
  await awaitQuiet(stack);
  recorder.mark(MARKS.quiet);
  await readEverything(stack.url, recorder, people.made);
  recorder.close();
  const outcome = outcomeOf(await readHistory(file), fault, ridesReport && { rides: ridesReport });
  const row = tableRow(fault.title, outcome);
  rows.push(row);
  console.log(row);
  if (outcome.verdict !== 'valid') console.log(explain(outcome));
  return outcome.verdict === 'valid';
}

process.exitCode = await main(process.argv.slice(2));
