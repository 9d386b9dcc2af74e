/**
 * `npm run test:faults [-- NAME… --stage 5 --list --keep]`: breaks each part of a running stack in turn, while people use it, and
 * says what that cost; with --stage 5 of `groundswell up --stage 5`, whose page a browser uses meanwhile. Exit code 1 if anything that was acknowledged was lost, or a promise broken.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Command, Option } from 'commander';
import { systemClock } from '../../src/core/clock.ts';
import { readHistory } from '../../src/history/history-event.ts';
import { openHistoryRecorder } from '../../src/history/history-recorder.ts';
import { findProgram } from '../../src/up/programs.ts';
import { chromiumBackend } from '../support/browser.ts';
import { type FaultBrowser, openFaultBrowser } from './fault-browser.ts';
import { FAULTS, type Fault, type FaultNeed } from './fault-list.ts';
import { explain, MARKS, outcomeOf, STAGE_TABLE_HEAD, TABLE_HEAD, tableRow } from './fault-outcome.ts';
import { startFaultPeople } from './fault-people.ts';
import { startFaultRides } from './fault-rides.ts';
import { type FaultStack, openFaultStack } from './fault-stack.ts';
import { awaitQuiet, readEverything } from './final-reads.ts';
import { openLogReader } from './log-reader.ts';
import { canHaveNamespaces, isInside, mountSmallDisk, runInside } from './own-namespaces.ts';
import { STAGE_5_FAULTS } from './stage-faults.ts';
import { openStageStack } from './stage-stack.ts';

/** The only one with faults of its own; the others are its parts. */
const STAGE = '5';
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

interface FaultOptions {
  readonly stage?: string;
  readonly list?: true;
  readonly keep?: true;
}

function faultCommand(): Command {
  return new Command('npm run test:faults --')
    .description('Break each part of a running stack in turn, while people use it, and say what that cost.')
    .argument(
      '[name...]',
      'a fault, or the beginning of some, such as redis or postgres-kill; without one, all',
    )
    .addOption(
      new Option('--stage <stage>', 'of what `groundswell up` starts, with its page in a browser').choices([
        STAGE,
      ]),
    )
    .option('--list', 'say what there is, and break nothing')
    .option('--keep', 'keep all histories, in place of those of runs that failed')
    .addHelpText(
      'after',
      '\nWhat this machine cannot do is said and left out. Exit code 1: something that was acknowledged was lost, or a promise broken.',
    )
    .action(async (names: readonly string[], options: FaultOptions) => {
      process.exitCode = await main(names, options);
    });
}

async function main(names: readonly string[], { stage, list, keep }: FaultOptions): Promise<number> {
  const isStage = stage === STAGE;
  const faults = isStage ? STAGE_5_FAULTS : FAULTS;
  const unknown = names.find((name) => !faults.some((fault) => fault.name.startsWith(name)));
  if (unknown !== undefined) {
    console.error(`error: no fault begins with "${unknown}". --list says what there is.`);
    return 1;
  }
  const wanted = faults.filter(({ name }) => names.length === 0 || names.some((one) => name.startsWith(one)));
  if (list) {
    for (const { name, title } of wanted) console.log(`${name.padEnd(20)} ${title}`);
    return 0;
  }
  // A stage is run as its user has it.
  if (!isStage && !isInside() && canHaveNamespaces()) return runInside(process.argv.slice(1));
  const possible = wanted.filter((fault) => {
    const missing = fault.needs.filter((need) => !has(need));
    for (const need of missing) console.log(`left out: ${fault.name}, which needs ${REMEDIES[need]}`);
    return missing.length === 0;
  });
  const histories = mkdtempSync(path.join(tmpdir(), 'groundswell-histories-'));
  const rows: string[] = [];
  let failed = 0;
  const openStack = isStage ? openStage : openStackFor;
  for (const group of groupByStack(possible)) failed += await runGroup(group, { histories, rows, openStack });
  console.log(`\n${[isStage ? STAGE_TABLE_HEAD : TABLE_HEAD, ...rows].join('\n')}`);
  if (failed === 0 && !keep) rmSync(histories, { recursive: true });
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

interface OpenedStack {
  readonly stack: FaultStack;
  /** Somebody who uses the page. */
  readonly browser?: FaultBrowser;
  close(): Promise<void>;
}

interface RunDeps {
  /** And pictures of the page. */
  readonly histories: string;
  readonly rows: string[];
  readonly openStack: (
    folder: string,
    deps: { needs: ReadonlySet<FaultNeed>; histories: string },
  ) => Promise<OpenedStack>;
}

const say = (text: string): void => console.log(`    ${text}`);

async function openStackFor(
  folder: string,
  { needs }: { readonly needs: ReadonlySet<FaultNeed> },
): Promise<OpenedStack> {
  if (needs.has('small-disk')) mountSmallDisk(folder, SMALL_DISK_MB);
  const stack = await openFaultStack({
    folder,
    clockLibrary: needs.has('clock-library') ? clockLibrary() : undefined,
    onEvent: say,
  });
  return { stack, close: () => stack.close() };
}

async function openStage(
  folder: string,
  { histories }: { readonly histories: string },
): Promise<OpenedStack> {
  const { engine: executablePath } = chromiumBackend();
  if (executablePath === undefined) throw new Error('There is no chromium to use the page with.');
  const stack = await openStageStack({ stage: STAGE, folder, onEvent: say });
  try {
    const browser = await openFaultBrowser({ url: stack.url, executablePath, pictures: histories });
    return {
      ...{ stack, browser },
      async close() {
        await browser.close();
        await stack.close();
      },
    };
  } catch (error) {
    await stack.close();
    throw error;
  }
}

async function runGroup(faults: readonly Fault[], deps: RunDeps): Promise<number> {
  const needs = new Set(faults.flatMap((fault) => fault.needs));
  const open = () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'groundswell-faults-'));
    console.log('starting the stack …');
    return deps.openStack(folder, { needs, histories: deps.histories });
  };
  let opened: OpenedStack | undefined;
  let failed = 0;
  try {
    for (const [index, fault] of faults.entries()) {
      try {
        opened ??= await open();
        if (!(await runFault(opened, fault, index, deps))) failed += 1;
      } catch (error) {
        // The others are worth knowing all the same, on a stack that nothing has happened to.
        failed += 1;
        deps.rows.push(`| ${fault.title} | the run itself failed |`);
        console.log(`${fault.name} could not be run to its end:`, error);
        const spoilt = opened;
        opened = undefined;
        await spoilt?.close();
      }
    }
  } finally {
    await opened?.close();
  }
  return failed;
}

/** Whether nothing was lost. */
async function runFault(
  { stack, browser }: OpenedStack,
  fault: Fault,
  index: number,
  { histories, rows }: RunDeps,
): Promise<boolean> {
  console.log(`\n${fault.name}: ${fault.title}`);
  const file = path.join(histories, `${fault.name}.jsonl`);
  const recorder = openHistoryRecorder({ path: file, clock: systemClock });
  const run = `${fault.name.replaceAll('-', '_')}`;
  const logReader = await openLogReader(await stack.commandEnvironment(), recorder);
  const people = await startFaultPeople({
    ...{ url: stack.url, recorder, run },
    sourceAddress: `127.0.${fault.needs.length + 1}.${index + 2}`,
  });
  const rides = fault.rides
    ? await startFaultRides(stack, path.join(histories, `${fault.name}-rides.jsonl`))
    : undefined;
  try {
    return await breakAndLook();
  } catch (error) {
    // Else they would go on asking for ever.
    await people.stop().catch(() => undefined);
    throw error;
  }

  async function breakAndLook(): Promise<boolean> {
    const visit = browser?.begin(fault.name);
    await systemClock.sleep(rides === undefined ? WARM_UP_MS : RIDES_WARM_UP_MS);
    recorder.mark(MARKS.broken, { fault: fault.name });
    visit?.broken();
    const breakage = await fault.inject(stack);
    try {
      await systemClock.sleep(fault.holdMs);
    } finally {
      await breakage.heal();
    }
    recorder.mark(MARKS.mended);
    await systemClock.sleep(COOL_DOWN_MS);
    await people.stop();
    const seen = await visit?.end();
    const ridesReport = await rides?.check();
    await awaitQuiet(stack);
    recorder.mark(MARKS.quiet);
    await readEverything(stack.url, recorder, people.made);
    await logReader.finish();
    await logReader.close();
    recorder.close();
    const outcome = outcomeOf(await readHistory(file), fault, {
      ...(ridesReport && { rides: ridesReport }),
      ...(seen && { page: seen.report }),
    });
    const row = tableRow(fault.title, outcome, seen);
    rows.push(row);
    console.log(row);
    if (outcome.verdict !== 'valid') console.log(explain(outcome));
    return outcome.verdict === 'valid';
  }
}

await faultCommand().parseAsync();
