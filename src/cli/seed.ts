import { Command, Option } from 'commander';
import { systemClock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import { type FollowGraph, generateFollowGraph, readFollowGraph } from '../seed/follow-graph.ts';
import { type SeedResult, type SeedTarget, seed } from '../seed/seed.ts';
import { bulkLoadUsers } from '../systems/accounts/users/bulk-load.ts';
import type { BulkLoadDeps } from '../systems/feed/bulk-loads.ts';
import { bulkLoadPosts } from '../systems/feed/posts/bulk-load.ts';
import { bulkLoadFollows } from '../systems/feed/relationships/bulk-load.ts';
import { type SettingOptions, withDatabaseOptions } from './config-options.ts';
import { withProduct } from './open-product.ts';
import { wholeNumber } from './option-values.ts';
import { createProgress } from './progress.ts';

interface SeedCommandOptions extends SettingOptions {
  readonly graph?: string;
  readonly undirected?: true;
  readonly people?: number;
  readonly follows: number;
  readonly posts?: number;
  readonly seed: number;
  readonly prefix: string;
}

const POSTS_PER_PERSON = 2;
/** Their ids are made of their names; beyond this, two of them would soon be the same. */
const PEOPLE_MAX = 1_000_000;
const POSTS_MAX = 10_000_000;

export function seedCommand(): Command {
  return withDatabaseOptions(new Command('seed'))
    .addOption(
      new Option('--graph <file>', 'follow graph: "follower followee" a line, plain or gzipped').conflicts(
        'people',
      ),
    )
    .option('--undirected', 'each of the two on a line follows the other')
    .option(
      '--people <number>',
      'generate a power-law graph of so many people instead',
      wholeNumber(2, PEOPLE_MAX),
    )
    .option('--follows <number>', 'whom a generated person follows, in the mean', wholeNumber(1, 1_000), 10)
    .option('--posts <number>', `posts in all (${POSTS_PER_PERSON} a person)`, wholeNumber(0, POSTS_MAX))
    .option('--seed <number>', 'another generated graph for another number', wholeNumber(0, 2 ** 32 - 1), 42)
    .option('--prefix <text>', 'what their usernames begin with', 'person_')
    .addHelpText(
      'after',
      [
        '',
        'Again over the same data it changes nothing. Seeded people have no password; to sign in as one:',
        '  groundswell admin reset-password person_18',
        '',
        'Examples:',
        '  groundswell seed --graph soc-epinions1.txt.gz',
        '  groundswell seed --people 10000 --posts 100000',
      ].join('\n'),
    )
    .action(run);
}

async function run(options: SeedCommandOptions): Promise<void> {
  const startedMs = systemClock.monotonicMs();
  const progress = createProgress({ label: 'Seeding', clock: systemClock });
  try {
    const graph = await graphOf(options, (fraction) => progress.show(fraction, 'reading the graph'));
    const posts = options.posts ?? graph.labels.length * POSTS_PER_PERSON;
    const { prefix } = options;
    const result = await withProduct(options, 'groundswell seed', ({ ports }) =>
      seed(seedTarget(ports), { graph, posts, prefix, onProgress: progress.show }),
    );
    progress.end();
    console.log(summaryOf(result, (systemClock.monotonicMs() - startedMs) / 1_000));
  } finally {
    progress.end();
  }
}

async function graphOf(
  options: SeedCommandOptions,
  onProgress: (fraction: number) => void,
): Promise<FollowGraph> {
  const { graph, people, follows, undirected } = options;
  if (graph !== undefined) return readFollowGraph(graph, { undirected: undirected === true, onProgress });
  if (people !== undefined) return generateFollowGraph({ people, followsMean: follows, seed: options.seed });
  throw new AppError('invalid', 'Name a graph with --graph FILE, or have one made with --people NUMBER.');
}

/** The systems' own ways to take many rows at once. */
export function seedTarget(deps: BulkLoadDeps): SeedTarget {
  return {
    loadUsers: async (users) => (await bulkLoadUsers(deps.sql, users)).inserted,
    loadFollows: (follows) => bulkLoadFollows(deps, follows),
    loadPosts: (posts) => bulkLoadPosts(deps, posts),
  };
}

function summaryOf(result: SeedResult, seconds: number): string {
  const line = (name: string, all: number, fresh: number): string =>
    `  ${name.padEnd(8)} ${all.toLocaleString('en').padStart(12)}   ${fresh.toLocaleString('en').padStart(12)} new`;
  return [
    `Seeded in ${seconds.toFixed(1)} s:`,
    line('people', result.users, result.newUsers),
    line('follows', result.follows, result.newFollows),
    line('posts', result.posts, result.newPosts),
  ].join('\n');
}
