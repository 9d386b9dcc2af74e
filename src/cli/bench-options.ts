/** The options of `groundswell bench`. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Arrivals } from '../bench/arrivals.ts';
import { EXPERIMENT_NAMES, type ExperimentName } from '../bench/experiments/experiment-names.ts';
import { CORES_PATTERN } from '../bench/pinned-process.ts';
import {
  BASIC_SCENARIO_NAMES,
  CROWD_SCENARIO_NAMES,
  isLinkScenario,
  isRideScenario,
  LINK_SCENARIO_NAMES,
  RIDE_SCENARIO_NAMES,
  SCENARIO_NAMES,
  type ScenarioName,
} from '../bench/scenarios.ts';
import { wholeNumber } from './option-values.ts';

export type ScenarioChoice = ScenarioName | ExperimentName;

export interface BenchCommandOptions {
  readonly scenarios?: readonly ScenarioChoice[];
  readonly users: number;
  readonly posts: number;
  readonly follows: number;
  readonly links: number;
  readonly graph?: string;
  readonly people?: number;
  readonly followsMean: number;
  readonly postsPerPerson: number;
  readonly followers: number;
  readonly searchPosts: number;
  readonly pullFollowers?: number;
  readonly pullDeliveries?: number;
  readonly data?: string;
  readonly warmUp: number;
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
  readonly up?: string;
  readonly serverPid?: number;
  readonly databaseUrl?: string;
  readonly json?: string;
  readonly quick?: true;
}

/** That of the server, where nobody says another. */
export const DEFAULT_PULL_FOLLOWERS = 10_000;
export const DEFAULT_PEOPLE = 10_000;
/** Experiments that need no people, or make their own. */
const WITHOUT_CROWD = [
  'balancer',
  'blobs',
  'clicks',
  'geo-index',
  'ledger',
  'redis-deliveries',
  'redis-geo-index',
  'surge',
];
const ALL_NAMES = [...SCENARIO_NAMES, ...EXPERIMENT_NAMES];

/** For a look whether everything works; the figures mean little. */
const QUICK = {
  ...{ users: 4, posts: 20, follows: 2, connections: 4, rounds: 1, seconds: 0.3 },
  ...{ people: 100, followers: 1_000, warmUp: 0.2, searchPosts: 1_000, links: 1_000 },
};

export function withBenchOptions(command: Command): Command {
  return command
    .option('--scenarios <names>', 'which, separated by commas, or all; see below', parseScenarios)
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
    .option('--links <n>', 'to load for redirect, 10 to 10000000', wholeNumber(10, 10_000_000), 1_000_000)
    .addOption(
      new Option(
        '--graph <file>',
        'follow graph to load: "follower followee" a line, plain or gzipped',
      ).conflicts('people'),
    )
    .option(
      '--people <n>',
      `of a generated graph, 10 to 1000000 (default: ${DEFAULT_PEOPLE})`,
      wholeNumber(10, 1e6),
    )
    .option('--follows-mean <n>', 'of the people of a generated graph', wholeNumber(1, 1000), 10)
    .option('--posts-per-person <n>', 'in the graph, in the mean', number(0, 100), 2)
    .option('--followers <n>', 'of the star of lag', wholeNumber(10, 10_000_000), 1_000_000)
    .option('--search-posts <n>', 'to load for search', wholeNumber(10, 10_000_000), 1_000_000)
    .option('--pull-followers <n>', 'sets GROUNDSWELL_PULL_FOLLOWERS of the server', wholeNumber(1, 1e9))
    .option('--pull-deliveries <n>', 'sets GROUNDSWELL_PULL_DELIVERIES of the server', wholeNumber(1, 1e12))
    .addOption(
      new Option('--data <folder>', 'where the graph is kept for later runs (default: nowhere)').conflicts([
        'url',
        'databaseUrl',
      ]),
    )
    .option(
      '--warm-up <s>',
      'of scenarios on a graph, before anything counts, 0.1 to 600',
      number(0.1, 600),
      10,
    )
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
    .addOption(
      new Option(
        '--up <folder>',
        'the same for the `groundswell up` of a data folder, with all its processes',
      ).conflicts(['url', 'data', 'databaseUrl', 'serverPid']),
    )
    .option('--server-pid <pid>', 'its process, for its CPU time', wholeNumber(1, 2 ** 31))
    .option('--database-url <url>', 'of the server, and for the inserts; default: the embedded PostgreSQL')
    .option('--quick', 'a short run, to see that everything works');
}

export function describeScenarios(): string {
  return [
    'Scenarios:',
    `  on users made through the API: ${BASIC_SCENARIO_NAMES.join(', ')} (the default)`,
    `  on links: ${LINK_SCENARIO_NAMES.join(', ')}; clicks, with figures of its own`,
    `  on riders of their own: ${RIDE_SCENARIO_NAMES.join(', ')}`,
    `  on nothing but memory: geo-index, surge; or a folder: blobs; or a Redis of the bench: redis-deliveries, redis-geo-index; or a database: ledger; with figures of their own`,
    `  on the people of a graph: ${CROWD_SCENARIO_NAMES.join(', ')}`,
    `  with figures of their own, on the same: ${EXPERIMENT_NAMES.filter(needsCrowd).join(', ')}`,
  ].join('\n');
}

export function needsCrowd(name: ScenarioChoice): boolean {
  const without: readonly string[] = [...BASIC_SCENARIO_NAMES, ...WITHOUT_CROWD];
  return !without.includes(name) && !isLinkScenario(name) && !isRideScenario(name);
}

/** Those that were asked for; else, where a graph was, those that need one. */
export function scenariosOf({ scenarios, graph, people }: BenchCommandOptions): readonly ScenarioChoice[] {
  if (scenarios !== undefined) return scenarios;
  return graph === undefined && people === undefined ? BASIC_SCENARIO_NAMES : ALL_NAMES.filter(needsCrowd);
}

/** The short run's values, but for what was asked for. */
export function quickValues(command: Command): Partial<typeof QUICK> {
  const entries = Object.entries(QUICK).filter(
    ([name]) => (command.getOptionValueSource(name) ?? 'default') === 'default',
  );
  return Object.fromEntries(entries);
}

function parseScenarios(text: string): readonly ScenarioChoice[] {
  if (text.trim() === 'all') return ALL_NAMES;
  return text.split(',').map((name) => {
    const known = ALL_NAMES.find((scenario) => scenario === name.trim());
    if (known === undefined) throw new InvalidArgumentError(`There is ${ALL_NAMES.join(', ')}.`);
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
