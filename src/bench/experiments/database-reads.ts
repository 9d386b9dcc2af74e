/**
 * How many reads never reach the database: statements are counted by the server, by name, while people read. What it asks
 * for anyway is taken off: what it does in the same time when nobody reads, or when as much is written and nobody reads.
 * A read that makes two statements counts twice, so that the share is rather too low.
 */
import { callPatiently, textAt } from '../../client/api-client.ts';
import { addressOf } from '../../client/http-client.ts';
import { increaseBy, readMetrics } from '../../client/prometheus-text.ts';
import { concurrently } from '../../core/concurrently.ts';
import { whole } from '../bench-table.ts';
import { HOME_PATH } from '../crowd/crowd-scenarios.ts';
import type { OperationKind, RequestMix } from '../request-mix.ts';
import { get, WRITE } from '../scenarios.ts';
import { measure, mixOfSlice, type Slice, scheduleOf } from '../workshop.ts';
import { awaitQuiet } from './cpu-quiet.ts';
import type { Experiment, ExperimentWorkshop } from './experiment.ts';

/** Whose newest posts are the single posts that are read. */
const AUTHORS_MAX = 1_000;
const POSTS_EACH = 5;
const SHARES = { profile: 0.1, profilePosts: 0.2, post: 0.1 } as const;
const POSTS_IN_BACKGROUND = 0.1;
const STATEMENTS_NAMED = 3;

type Statements = Readonly<Record<string, number>>;
type Mix = Omit<RequestMix, 'seed' | 'uniquePrefix'>;

interface Reads {
  readonly reads: number;
  readonly durationMs: number;
  /** On their account, by name. */
  readonly statements: Statements;
}

export const databaseReadsExperiment: Experiment = {
  name: 'database-reads',
  purpose: 'what share of reads never reaches the database, readers and what they read drawn by Zipf',
  async run(workshop) {
    const { options } = workshop;
    const meter = createMeter(workshop);
    const rows: string[][] = [];
    for (const [label, mix] of await createMixes(workshop)) {
      options.onProgress(`database-reads: ${label}`);
      await meter.load(mix, options.warmUpSeconds * 1000);
      rows.push(rowOf(label, await meter.reads(mix)));
    }
    return {
      name: 'database-reads',
      purpose: databaseReadsExperiment.purpose,
      figures: [],
      table: [['reads', 'reads/s', 'statements for 100', 'never reach it', 'statements'], ...rows],
    };
  },
};

async function createMixes({
  http,
  crowd,
  options,
}: ExperimentWorkshop): Promise<(readonly [string, Mix])[]> {
  const ids = crowd.byFame.map((person) => crowd.userId(person));
  const home = [[get(HOME_PATH)]];
  const profile = ids.map((userId) => [get(`/users/${userId}`)]);
  const profilePosts = ids.map((userId) => [get(`/users/${userId}/posts?limit=20`)]);
  const newest = await concurrently(Math.min(AUTHORS_MAX, ids.length), async (n) => {
    const page = await callPatiently(http, options.clock, get(`/users/${ids[n]}/posts?limit=${POSTS_EACH}`));
    // The product's own answer, so it is taken as documented.
    const { items } = page as { readonly items: readonly unknown[] };
    return items.map((item) => [get(`/posts/${textAt(item, 'post_id')}`)]);
  });
  const post = newest.flat();
  const alone = { tokens: crowd.readerTokens, skew: options.skew };
  const others: OperationKind[] = [
    { share: SHARES.profile, operations: profile },
    { share: SHARES.profilePosts, operations: profilePosts },
    { share: SHARES.post, operations: post },
  ];
  const posting = { share: POSTS_IN_BACKGROUND, operations: [[WRITE]], background: true };
  return [
    ['GET /feed', { ...alone, operations: home }],
    ['GET /users/{user_id}', { ...alone, operations: profile }],
    ['GET /users/{user_id}/posts', { ...alone, operations: profilePosts }],
    ['GET /posts/{post_id}', { ...alone, operations: post }],
    [
      '60 % feed, 20 % posts of a user, 10 % users, 10 % single posts',
      { ...alone, operations: home, others },
    ],
    ['the same, each tenth operation a post', { ...alone, operations: home, others: [...others, posting] }],
  ];
}

function createMeter(workshop: ExperimentWorkshop) {
  const { http, options } = workshop;
  const { stage, clock, seconds, seed } = options;
  let slices = 0;

  function load(mix: Mix, durationMs: number, ratePerS?: number): Promise<Slice> {
    slices += 1;
    const drawn = mixOfSlice({ mix, unique: true }, options, `database-reads-${slices}`);
    return measure(workshop, stage.pids, {
      target: { kind: 'http', address: addressOf(stage.url), mix: drawn },
      durationMs,
      ...(ratePerS !== undefined && { schedule: scheduleOf(workshop, ratePerS, seed + slices) }),
    });
  }

  async function counted<Result>(
    work: () => Promise<Result>,
  ): Promise<{ result: Result; statements: Statements }> {
    const before = await readMetrics(http);
    const result = await work();
    const after = await readMetrics(http);
    const ofStore = ({ labels }: { readonly labels: Readonly<Record<string, string>> }) =>
      labels['port'] === 'sql-store';
    const statements = increaseBy(
      before.filter(ofStore),
      after.filter(ofStore),
      'port_calls_total',
      'method',
    );
    return { result, statements };
  }

  return {
    load,
    async reads(mix: Mix): Promise<Reads> {
      await awaitQuiet(stage.pids, clock);
      const { result, statements } = await counted(() => load(mix, seconds * 1000));
      const { completed, background, durationMs } = result;
      const writes: Mix = { ...mix, operations: [[WRITE]], others: [] };
      const beside = await counted(async () => {
        if (background === 0) await clock.sleep(durationMs);
        else await load(writes, durationMs, (background / durationMs) * 1000);
      });
      return { reads: completed, durationMs, statements: without(statements, beside.statements) };
    },
  };
}

function without(statements: Statements, others: Statements): Statements {
  const entries = Object.entries(statements).map(
    ([name, count]) => [name, Math.max(0, count - (others[name] ?? 0))] as const,
  );
  return Object.fromEntries(entries.filter(([, count]) => count > 0));
}

function rowOf(label: string, { reads, durationMs, statements }: Reads): string[] {
  const named = Object.entries(statements).sort(([, left], [, right]) => right - left);
  const total = named.reduce((sum, [, count]) => sum + count, 0);
  const each = reads === 0 ? 1 : total / reads;
  return [
    label,
    whole((reads / durationMs) * 1000),
    (each * 100).toFixed(1),
    `${(100 * Math.max(0, 1 - each)).toFixed(1)} %`,
    named
      .slice(0, STATEMENTS_NAMED)
      .map(([name, count]) => `${count} ${name}`)
      .join(', ') || 'none',
  ];
}
