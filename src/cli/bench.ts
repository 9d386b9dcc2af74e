import { writeFile } from 'node:fs/promises';
import os from 'node:os';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { Arrivals } from '../bench/arrivals.ts';
import { runBench, type ScenarioResult } from '../bench/bench.ts';
import { formatSummaries, summariseScenario } from '../bench/bench-report.ts';
import { attachStage, openOwnStage } from '../bench/bench-stage.ts';
import { CORES_PATTERN, type Cores, canPin } from '../bench/pinned-process.ts';
import { SCENARIO_NAMES, type ScenarioName } from '../bench/scenarios.ts';
import { readEnvironment } from '../config/env.ts';
import { systemClock, systemRandomness } from '../core/clock.ts';
import { wholeNumber } from './option-values.ts';

interface Options {
  readonly scenarios: readonly ScenarioName[];
  readonly users: number;
  readonly posts: number;
  readonly follows: number;
  readonly skew: number;
  readonly connections: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly rate?: number;
  readonly arrivals: Arrivals;
  readonly seed: number;
  readonly serverCores: string;
  readonly loadCores: string;
  readonly pin: boolean;
  readonly url?: string;
  readonly serverPid?: number;
  readonly databaseUrl?: string;
  readonly json?: string;
  readonly quick?: true;
}

const EXPLANATION = `
Starts a server of its own on an empty database in a temporary folder, makes users and posts, and measures each
scenario in rounds: the product, then a bare node:http server that answers the same bytes, for posts also inserts
of one row per transaction on the same PostgreSQL, then the product again at a fixed rate. Figures are medians over
the rounds. The server and its PostgreSQL share one core and the load has another, where the system can do that
(taskset). Compare figures only within one run: other work on the machine moves them all.

Scenarios: ${SCENARIO_NAMES.join(', ')}.`;

/** For a look whether everything works; the figures mean little. */
const QUICK = { users: 4, posts: 20, follows: 2, connections: 4, rounds: 1, seconds: 0.3 };

export function benchCommand(): Command {
  return new Command('bench')
    .description('Measure speed, beside a bare HTTP server and plain inserts.')
    .option('--scenarios <names>', 'which, separated by commas', parseScenarios, [...SCENARIO_NAMES])
    .option('--rounds <n>', '1 to 50', wholeNumber(1, 50), 5)
    .option('--seconds <s>', 'of each slice of a round, 0.1 to 60', number(0.1, 60), 2)
    .option('--connections <n>', '1 to 1024', wholeNumber(1, 1024), 32)
    .option('--rate <n>', 'operations/s of the open loop; default: half the capacity', number(0.1, 1e6))
    .addOption(
      new Option('--arrivals <kind>', 'of the open loop').choices(['poisson', 'constant']).default('poisson'),
    )
    .option('--users <n>', 'to make, 2 to 10000', wholeNumber(2, 10_000), 50)
    .option('--posts <n>', 'to make, 1 to 100000', wholeNumber(1, 100_000), 2000)
    .option('--follows <n>', 'of each user, 0 to 1000', wholeNumber(0, 1000), 10)
    .option(
      '--skew <s>',
      'exponent of the Zipf distribution of readers, authors and posts',
      number(0.01, 5),
      0.99,
    )
    .option('--seed <n>', 'of everything random', wholeNumber(0, 2 ** 31), 42)
    .option('--server-cores <list>', 'for taskset', parseCores, '0')
    .option('--load-cores <list>', 'for taskset', parseCores, '1')
    .option('--no-pin', 'leave it to the system which process runs where')
    .option('--url <url>', 'measure a server that runs already, on this machine; it needs rate limits off')
    .option('--server-pid <pid>', 'its process, for its CPU time', wholeNumber(1, 2 ** 31))
    .option('--database-url <url>', 'of the server, and for the inserts; default: the embedded PostgreSQL')
    .option('--json <file>', 'write every figure of every round there')
    .option('--quick', 'a short run, to see that everything works')
    .addHelpText('after', EXPLANATION)
    .action(run);
}

async function run(given: Options, command: Command): Promise<void> {
  const options = given.quick ? { ...given, ...quickDefaults(command) } : given;
  const cores = coresOf(options);
  const abort = new AbortController();
  const interrupt = () => abort.abort();
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  console.log(describeRun(options, cores));
  const stage = await openStage(options, cores.serverCores);
  try {
    const results = await runBench({
      ...options,
      ...cores,
      stage,
      rate: options.rate,
      runId: systemRandomness.bytes(4).toString('hex'),
      clock: systemClock,
      signal: abort.signal,
      onProgress: showProgress,
    });
    await report(options, results);
  } finally {
    await stage.close();
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}

/** The short run's values, but for what was asked for. */
function quickDefaults(command: Command): Partial<typeof QUICK> {
  const entries = Object.entries(QUICK).filter(([name]) => command.getOptionValueSource(name) === 'default');
  return Object.fromEntries(entries);
}

function openStage({ url, serverPid, databaseUrl }: Options, cores: Cores) {
  if (url !== undefined) return attachStage({ url, pid: serverPid, databaseUrl });
  return openOwnStage({ environment: readEnvironment(), cores, databaseUrl, clock: systemClock });
}

function coresOf({ pin, serverCores, loadCores }: Options): { serverCores: Cores; loadCores: Cores } {
  return pin && canPin() ? { serverCores, loadCores } : { serverCores: undefined, loadCores: undefined };
}

function describeRun(options: Options, { serverCores, loadCores }: ReturnType<typeof coresOf>): string {
  const { rounds, seconds, connections, users, posts, skew, seed } = options;
  const cpus = os.cpus();
  const server = options.url === undefined ? 'server and PostgreSQL' : 'the bare server';
  const placed =
    serverCores === undefined
      ? 'processes not pinned to cores'
      : `${server} on core ${serverCores}, load on core ${loadCores}`;
  return [
    `${cpus.length} x ${cpus[0]?.model.trim() ?? 'unknown processor'}, load ${os.loadavg()[0]?.toFixed(1)}, Node ${process.versions.node}; ${placed}`,
    `${rounds} rounds of ${seconds} s a slice, ${connections} connections, ${users} users, ${posts} posts, Zipf ${skew}, seed ${seed}`,
    '',
  ].join('\n');
}

async function report(options: Options, results: readonly ScenarioResult[]): Promise<void> {
  const summaries = results.map(summariseScenario);
  showProgress('');
  console.log(formatSummaries(summaries));
  if (options.json === undefined) return;
  const { databaseUrl: _secret, ...shown } = options;
  const machine = { processor: os.cpus()[0]?.model, cores: os.cpus().length, node: process.versions.node };
  await writeFile(
    options.json,
    `${JSON.stringify({ machine, options: shown, summaries, results }, null, 2)}\n`,
  );
}

/** On a terminal one line that changes; elsewhere nothing, so that a log stays short. */
function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
}

function parseScenarios(text: string): ScenarioName[] {
  return text.split(',').map((name) => {
    const known = SCENARIO_NAMES.find((scenario) => scenario === name.trim());
    if (known === undefined) throw new InvalidArgumentError(`There is ${SCENARIO_NAMES.join(', ')}.`);
    return known;
  });
}

function parseCores(text: string): string {
  if (!CORES_PATTERN.test(text)) throw new InvalidArgumentError('Write it as 0 or 0,2 or 0-3.');
  return text;
}

function number(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be a number from ${min} to ${max}.`);
  };
}
