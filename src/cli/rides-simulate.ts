import { existsSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { openOwnStage } from '../bench/bench-stage.ts';
import { readEnvironment } from '../config/env.ts';
import { systemClock, systemRandomness } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import { readHistory } from '../history/history-event.ts';
import { type HistoryRecorder, openHistoryRecorder } from '../history/history-recorder.ts';
import { checkRides } from '../history/rides/ride-checker.ts';
import { rideLogMarks } from '../history/rides/ride-log.ts';
import { BEHAVIOUR, type Behaviour } from '../simulator/behaviour.ts';
import { createRoads } from '../simulator/car.ts';
import { type Demand, generatedDemand, recordedDemand } from '../simulator/demand.ts';
import { POLICY_NAMES } from '../simulator/policies.ts';
import { runSimulation, type SimulationProgress, type SimulationResult } from '../simulator/simulation.ts';
import { reportOn } from '../simulator/simulation-report.ts';
import { makeTownPeople, type TownPeople } from '../simulator/town-people.ts';
import { type Cars, carsOf, makeUpRoads } from '../simulator/town-roads.ts';
import { readTripsFile } from '../simulator/trips-file.ts';
import { runVirtualTown } from '../simulator/virtual-town.ts';
import { configOf, type SettingOptions, withDatabaseOptions } from './config-options.ts';
import { withExamples } from './examples.ts';
import { interruptionSignal } from './interruption.ts';
import { printJson } from './listing.ts';
import { type OpenProduct, withExistingProduct } from './open-product.ts';
import { durationWithin, wholeNumber } from './option-values.ts';
import { createProgress } from './progress.ts';
import { counted } from './quantities.ts';
import { formatSimulation, presentSimulation, type SimulationOutcome } from './rides-simulation-report.ts';
import { failIfInvalid } from './rides-verify.ts';

interface SimulateOptions extends SettingOptions {
  readonly drivers: number;
  readonly requestsPerMinute: number;
  readonly trips?: string;
  readonly speed: number;
  readonly duration: number;
  readonly drain: number;
  readonly seed: number;
  readonly driving: number;
  readonly accept: number;
  readonly ignore: number;
  readonly url?: readonly string[];
  readonly history?: string;
  readonly roads?: true;
  readonly compare: boolean;
  readonly json?: true;
}

const HOUR_MS = 3_600_000;
const RIDERS_MAX = 20_000;

export function simulateCommand(): Command {
  const command = withDatabaseOptions(new Command('simulate'))
    .summary('a town of drivers and riders, over the API')
    .description(
      'Drivers keep their streams, drive and answer offers; riders ask for rides, are driven, or think better of it. Everything goes through the API of a server: one that is started for it in a temporary folder, or one that runs already.',
    )
    .option('--drivers <n>', 'on duty', wholeNumber(1, 20_000), 2_000)
    .option('--requests-per-minute <n>', 'of riders, independent of each other', wholeNumber(1, 6_000), 120)
    .option('--trips <file>', 'the pickups of a CSV file instead, plain or gzipped')
    .option('--speed <n>', 'with --trips: so many times as fast as they were', wholeNumber(1, 60), 1)
    .addOption(
      new Option('--duration <time>', 'for which riders ask')
        .argParser(durationWithin(1_000, 24 * HOUR_MS))
        .default(10 * 60_000, '10m'),
    )
    .addOption(
      new Option('--drain <time>', 'for which rides then go on, before they are ended')
        .argParser(durationWithin(0, HOUR_MS))
        .default(60_000, '1m'),
    )
    .option('--seed <n>', 'of everything random', wholeNumber(0, 2 ** 31), 42)
    .option('--driving <n>', 'cars go so many times as fast as in a town', wholeNumber(1, 10), 1)
    .option('--accept <percent>', 'of the offers', wholeNumber(0, 100), BEHAVIOUR.acceptShare * 100)
    .option(
      '--ignore <percent>',
      'of the offers; the rest is declined',
      wholeNumber(0, 100),
      BEHAVIOUR.ignoreShare * 100,
    )
    .option('--roads', 'cars go by roads: of a town that is made up, or those of --data')
    .option('--url <url>', 'a server that runs; several times for several', gather)
    .option('--history <file>', 'write down all that was asked and answered, in a new file')
    .option('--no-compare', 'do not show what other ways of matching would have done')
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      [
        '',
        'With --url, name the database with --data or --database-url, too: the people',
        'are written into it, each with a session, because to sign up takes a password',
        'hash. With either of these alone, the server is the one that runs there. The',
        'people stay; nobody can sign in as one of them.',
        '',
        'The seed decides what people want and when. What they get depends on when the',
        'server answers, too.',
      ].join('\n'),
    )
    .action(simulate);
  return withExamples(
    command,
    'groundswell rides simulate --drivers 2000 --requests-per-minute 120 --seed 7',
    'groundswell rides simulate --trips pickups.csv.gz --speed 30 --duration 5m',
    'groundswell rides simulate --drivers 100 --driving 10 --duration 1m',
  );
}

function gather(url: string, before: readonly string[] = []): readonly string[] {
  if (!URL.canParse(url)) throw new InvalidArgumentError('Write it as http://127.0.0.1:8080.');
  return [...before, url.replace(/\/+$/, '')];
}

async function simulate(options: SimulateOptions): Promise<void> {
  const behaviour = behaviourOf(options);
  const demand = await demandOf(options);
  const signal = interruptionSignal();
  const outcome = await withHistory(options.history, (history) =>
    withServer(options, (settings) => runAndCheck(settings, options, demand, behaviour, history, signal)),
  );
  if (options.json) printJson(presentSimulation(outcome));
  else console.log(formatSimulation(outcome));
  failIfInvalid(outcome.check);
}

function behaviourOf({ accept, ignore }: SimulateOptions): Behaviour {
  if (accept + ignore > 100) throw new AppError('invalid', '--accept and --ignore are over 100 % together.');
  return { ...BEHAVIOUR, acceptShare: accept / 100, ignoreShare: ignore / 100 };
}

async function demandOf(options: SimulateOptions): Promise<Demand> {
  const { trips: file, speed, requestsPerMinute, seed, duration: durationMs } = options;
  if (file === undefined) {
    if (speed !== 1) throw new AppError('invalid', '--speed is that of trips: name their file with --trips.');
    return generatedDemand({ requestsPerMinute, durationMs, seed });
  }
  return recordedDemand({ trips: await readTripsFile(file), speed, durationMs, seed });
}

interface History {
  readonly file: string;
  readonly recorder: HistoryRecorder;
}

/** In the file that was named, or one that is gone afterwards. Opened before a server is started for what then could not be written down. */
async function withHistory<Result>(
  named: string | undefined,
  work: (history: History) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'groundswell-history-'));
  try {
    const file = named ?? path.join(folder, 'history.jsonl');
    return await work({ file, recorder: openNewHistory(file) });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Of one run: what another one was promised is not in this one's log. */
function openNewHistory(file: string): HistoryRecorder {
  if (existsSync(file) && statSync(file).size > 0) {
    throw new AppError('conflict', `${file} is there already: name a new file with --history.`);
  }
  try {
    return openHistoryRecorder({ path: file, clock: systemClock });
  } catch (error) {
    throw new AppError('invalid', `${file} cannot be written: name another with --history.`, {
      cause: error,
    });
  }
}

interface TownServer extends SettingOptions {
  /** `undefined`: the one that runs on the database. */
  readonly urls: readonly string[] | undefined;
  readonly cars: Cars;
}

/** The one that was named, or one in a folder that is gone afterwards. */
async function withServer<Result>(
  { url, data, databaseUrl, roads }: SimulateOptions,
  work: (server: TownServer) => Promise<Result>,
): Promise<Result> {
  const named = {
    ...(data === undefined ? {} : { data }),
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
  };
  if (data !== undefined || databaseUrl !== undefined) {
    const cars = await carsOf(roads && configOf(named).dataFolder);
    return work({ ...named, urls: url, cars });
  }
  if (url !== undefined) {
    throw new AppError('invalid', 'Name the database of that server, too, with --data or --database-url.');
  }
  const folder = await mkdtemp(path.join(os.tmpdir(), 'groundswell-rides-'));
  try {
    if (roads) await makeUpRoads(folder);
    const stage = await openOwnStage({
      ...{ dataFolder: folder, environment: readEnvironment(), settings: {}, cores: undefined },
      ...{ databaseUrl: undefined, clock: systemClock },
    });
    try {
      return await work({ data: folder, urls: [stage.url], cars: await carsOf(roads && folder) });
    } finally {
      await stage.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runAndCheck(
  { urls, cars, ...settings }: TownServer,
  options: SimulateOptions,
  demand: Demand,
  behaviour: Behaviour,
  { file, recorder }: History,
  signal: AbortSignal,
): Promise<SimulationOutcome> {
  const runId = `sim${systemRandomness.bytes(4).toString('hex')}`;
  const open = <Result>(work: (opened: OpenProduct) => Promise<Result>): Promise<Result> =>
    withExistingProduct(settings, 'groundswell rides simulate', work);
  const riders = Math.min(RIDERS_MAX, demand.requests.length);
  const { people, url } = await open(async ({ ports, publicUrl }) => {
    const deps = { sql: ports.sql, clock: systemClock, randomness: systemRandomness };
    const made = await makeTownPeople(deps, { prefix: runId, drivers: options.drivers, riders });
    return { people: made, url: publicUrl() };
  });
  const run = { urls: urls ?? [url], people, runId, cars };
  const result = await runShown(run, options, demand, behaviour, recorder, signal);
  await open(({ ports }) => recordLog(recorder, ports.eventLog, people));
  recorder.close();
  const check = checkRides(await readHistory(file), { settled: true });
  return { ...outcomeOf(options, demand, behaviour, result, { people, cars }), check };
}

async function recordLog(
  recorder: HistoryRecorder,
  eventLog: OpenProduct['ports']['eventLog'],
  { riders }: TownPeople,
): Promise<void> {
  const riderIds = new Set(riders.map(({ userId }) => userId));
  for await (const { f, value } of rideLogMarks(eventLog, riderIds)) recorder.mark(f, value);
}

interface Run {
  readonly urls: readonly string[];
  readonly people: TownPeople;
  readonly runId: string;
  readonly cars: Cars;
}

async function runShown(
  { cars, ...run }: Run,
  { duration: durationMs, drain: drainMs, seed, driving }: SimulateOptions,
  demand: Demand,
  behaviour: Behaviour,
  recorder: HistoryRecorder,
  signal: AbortSignal,
): Promise<SimulationResult> {
  const progress = createProgress({ label: 'Simulating', clock: systemClock });
  const onProgress = (now: SimulationProgress): void => progress.show(now.fraction, noteOf(now));
  try {
    return await runSimulation(
      { clock: systemClock, ...cars, recorder, signal, onProgress },
      { ...run, demand, durationMs, drainMs, seed, driving, behaviour },
    );
  } finally {
    progress.end();
  }
}

const PHASES: Readonly<Record<SimulationProgress['phase'], string>> = {
  preparing: 'drivers register',
  gathering: 'drivers come on line',
  running: '',
  ending: 'the last rides',
  reading: 'reading how all has ended',
};

function noteOf({ phase, requests, waiting, driversBusy, driversOnLine }: SimulationProgress): string {
  if (phase === 'preparing') return PHASES.preparing;
  const town = `${counted(requests, 'request')}, ${waiting} waiting, ${driversBusy} of ${counted(driversOnLine, 'driver')} busy`;
  return PHASES[phase] === '' ? town : `${PHASES[phase]}: ${town}`;
}

function outcomeOf(
  { seed, drivers, driving, compare, duration: durationMs }: SimulateOptions,
  demand: Demand,
  behaviour: Behaviour,
  result: SimulationResult,
  { people, cars }: Pick<Run, 'people' | 'cars'>,
): Omit<SimulationOutcome, 'check'> {
  const driverIds = people.drivers.map(({ userId }) => userId);
  const roads = createRoads({ ...demand, ...cars, driving });
  const virtual = POLICY_NAMES.map((policy) => {
    const town = { demand, durationMs, drivers, seed, behaviour, roads, policy };
    return { policy, report: reportOn(runVirtualTown(town)) };
  });
  return { seed, result, report: reportOn({ ...result, driverIds }), virtual: compare ? virtual : [] };
}
