import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Command, Option } from 'commander';
import { type BenchResults, runBench } from '../bench/bench.ts';
import { formatSummaries, summariseScenario } from '../bench/bench-report.ts';
import { attachStage, type BenchStage, openOwnStage, type RunningServer } from '../bench/bench-stage.ts';
import type { Crowd } from '../bench/crowd/crowd.ts';
import { formatFindings } from '../bench/experiments/experiment-report.ts';
import { type Cores, canPin } from '../bench/pinned-process.ts';
import { readEnvironment } from '../config/env.ts';
import { systemClock, systemRandomness } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import { isRunning, readUpRecord } from '../up/process-records.ts';
import { upFolderIn } from '../up/up-folder.ts';
import { loadBenchCrowd } from './bench-crowd.ts';
import {
  type BenchCommandOptions,
  DEFAULT_PEOPLE,
  DEFAULT_PULL_FOLLOWERS,
  describeScenarios,
  needsCrowd,
  quickValues,
  type ScenarioChoice,
  scenariosOf,
  withBenchOptions,
} from './bench-options.ts';

const EXPLANATION = `
Starts a server of its own in a temporary folder, makes what it needs, and measures each scenario in rounds: the
product, then a bare node:http server that answers the same bytes, for posts also inserts of one row per transaction
on the same PostgreSQL, then the product again at a fixed rate. Figures are medians over the rounds. The server and its
PostgreSQL share one core and the load has another, where the system can do that (taskset). Compare figures only
within one run: other work on the machine moves them all.

${describeScenarios()}

With --graph or --people the latter two groups are the default. --data keeps the loaded graph for later runs.

Examples:
  groundswell bench
  groundswell bench --graph soc-epinions1.txt.gz --data bench-data --scenarios home,mix --warm-up 60
  groundswell bench --people 10000 --scenarios fan-out,deliveries --pull-followers 500
  groundswell up --stage 4 --set settings.GROUNDSWELL_RATE_LIMITS=off --set processes.api.cpu=0.5 &
  groundswell bench --up data`;

export function benchCommand(): Command {
  return withBenchOptions(new Command('bench'))
    .addHelpText('after', EXPLANATION)
    .addOption(new Option('--json <file>', 'write every figure of every round there'))
    .action(run);
}

async function run(given: BenchCommandOptions, command: Command): Promise<void> {
  const options = given.quick ? { ...given, ...quickValues(command) } : given;
  const scenarios = scenariosOf(given);
  const cores = coresOf(options);
  const abort = new AbortController();
  const interrupt = () => abort.abort();
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  console.log(describeRun(options, scenarios, cores));
  const { stage, crowd, close } = await openStage(options, scenarios, cores.serverCores, abort.signal);
  try {
    const results = await runBench({
      ...options,
      ...cores,
      ...{ stage, crowd, scenarios },
      rate: options.rate,
      warmUpSeconds: options.warmUp,
      pullFollowers: options.pullFollowers ?? DEFAULT_PULL_FOLLOWERS,
      runId: systemRandomness.bytes(4).toString('hex'),
      clock: systemClock,
      signal: abort.signal,
      onProgress: showProgress,
    });
    await report(options, results);
  } finally {
    await close();
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}

interface OpenedStage {
  readonly stage: BenchStage;
  readonly crowd: Crowd | undefined;
  /** Stops what was started, and removes what was not to be kept. */
  close(): Promise<void>;
}

async function openStage(
  options: BenchCommandOptions,
  scenarios: readonly ScenarioChoice[],
  cores: Cores,
  signal: AbortSignal,
): Promise<OpenedStage> {
  const { databaseUrl } = options;
  const running = await runningServer(options);
  if (running !== undefined) {
    if (scenarios.some(needsCrowd)) throw needsOwnServer(scenarios);
    const stage = await attachStage(running);
    return { stage, crowd: undefined, close: stage.close };
  }
  const folder = options.data ?? (await mkdtemp(path.join(os.tmpdir(), 'groundswell-bench-')));
  const clear = async (): Promise<void> => {
    if (options.data === undefined) await rm(folder, { recursive: true, force: true });
  };
  try {
    const crowd = await openCrowd(options, scenarios, folder, signal);
    const stage = await openOwnStage({
      ...{ dataFolder: folder, cores, databaseUrl, clock: systemClock },
      environment: readEnvironment(),
      settings: pullSettings(options),
    });
    const close = async (): Promise<void> => {
      await stage.close();
      await clear();
    };
    return { stage, crowd, close };
  } catch (error) {
    await clear();
    throw error;
  }
}

/** The one that was named, if any: by its URL, or by the folder of an `up`. */
async function runningServer(options: BenchCommandOptions): Promise<RunningServer | undefined> {
  const { url, up, serverPid, databaseUrl } = options;
  if (url !== undefined) return { url, pids: serverPid === undefined ? [] : [serverPid], databaseUrl };
  if (up === undefined) return undefined;
  const record = await readUpRecord(upFolderIn(path.resolve(up)));
  if (record === undefined || !isRunning(record)) {
    throw new AppError('not_found', `Nothing runs in ${up}. Start it with: groundswell up --data ${up}`);
  }
  const pids = record.processes.map(({ pid }) => pid);
  return { url: record.url, pids, databaseUrl: record.database_url };
}

function needsOwnServer(scenarios: readonly ScenarioChoice[]): AppError {
  const names = scenarios.filter(needsCrowd).join(', ');
  return new AppError(
    'invalid',
    `These need a server that the bench starts, without --url or --up: ${names}.`,
  );
}

async function openCrowd(
  options: BenchCommandOptions,
  scenarios: readonly ScenarioChoice[],
  folder: string,
  signal: AbortSignal,
): Promise<Crowd | undefined> {
  if (!scenarios.some(needsCrowd)) return undefined;
  const { graph, followsMean, postsPerPerson, seed, databaseUrl, followers } = options;
  return loadBenchCrowd({
    ...(graph === undefined ? {} : { graph }),
    ...{
      people: options.people ?? DEFAULT_PEOPLE,
      followsMean,
      postsPerPerson,
      seed,
      folder,
      databaseUrl,
      signal,
    },
    starFollowers: scenarios.includes('lag') ? followers : 0,
    onProgress: showProgress,
  });
}

/** Only what was asked for, so that the server's own defaults are what is measured otherwise. */
function pullSettings({ pullFollowers, pullDeliveries }: BenchCommandOptions): Record<string, string> {
  return {
    ...(pullFollowers === undefined ? {} : { GROUNDSWELL_PULL_FOLLOWERS: String(pullFollowers) }),
    ...(pullDeliveries === undefined ? {} : { GROUNDSWELL_PULL_DELIVERIES: String(pullDeliveries) }),
  };
}

function coresOf(options: BenchCommandOptions): { serverCores: Cores; loadCores: Cores } {
  const { pin, serverCores, loadCores } = options;
  return pin && canPin() ? { serverCores, loadCores } : { serverCores: undefined, loadCores: undefined };
}

function describeRun(
  options: BenchCommandOptions,
  scenarios: readonly ScenarioChoice[],
  { serverCores, loadCores }: ReturnType<typeof coresOf>,
): string {
  const { rounds, seconds, connections, users, posts, skew, seed, graph, people = DEFAULT_PEOPLE } = options;
  const cpus = os.cpus();
  const server =
    options.url === undefined && options.up === undefined ? 'server and PostgreSQL' : 'the bare server';
  const placed =
    serverCores === undefined
      ? 'processes not pinned to cores'
      : `${server} on core ${serverCores}, load on core ${loadCores}`;
  const stock = [
    ...(scenarios.every(needsCrowd) ? [] : [`${users} users, ${posts} posts`]),
    ...(scenarios.some(needsCrowd) ? [graph ?? `${people} people`] : []),
  ];
  return [
    `${cpus.length} x ${cpus[0]?.model.trim() ?? 'unknown processor'}, load ${os.loadavg()[0]?.toFixed(1)}, Node ${process.versions.node}; ${placed}`,
    `${rounds} rounds of ${seconds} s a slice, ${connections} connections, ${stock.join('; ')}, Zipf ${skew}, seed ${seed}`,
    '',
  ].join('\n');
}

async function report(options: BenchCommandOptions, { scenarios, findings }: BenchResults): Promise<void> {
  const summaries = scenarios.map(summariseScenario);
  showProgress('');
  const texts = [
    ...(summaries.length > 0 ? [formatSummaries(summaries)] : []),
    ...(findings.length > 0 ? [formatFindings(findings)] : []),
  ];
  console.log(texts.join('\n\n'));
  if (options.json === undefined) return;
  const { databaseUrl: _secret, ...shown } = options;
  const machine = { processor: os.cpus()[0]?.model, cores: os.cpus().length, node: process.versions.node };
  const figures = { machine, options: shown, summaries, findings, results: scenarios };
  await writeFile(options.json, `${JSON.stringify(figures, null, 2)}\n`);
}

/** On a terminal one line that changes; elsewhere nothing, so that a log stays short. */
function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
}
