import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { createTestDatabase } from '../../test/support/database.ts';
import { systemClock as clock } from '../core/clock.ts';
import { runBench } from './bench.ts';
import type { BenchOptions } from './bench-options.ts';
import { formatSummaries, summariseScenario } from './bench-report.ts';
import { BASIC_SCENARIO_NAMES } from './scenarios.ts';
import { median } from './statistics.ts';
import type { Slice } from './workshop.ts';

/** As little of the product's API as a bench calls: the bench is tested here, not the product. */
function createStandIn(): { server: Server; requests: string[]; keys: Set<string> } {
  const requests: string[] = [];
  const keys = new Set<string>();
  let nextId = 1e15;
  const answers: [RegExp, number, () => unknown][] = [
    [/^POST \/users$/, 201, () => ({ user: { user_id: String(nextId++) }, access_token: `token-${nextId}` })],
    [/^POST \/sessions$/, 201, () => ({ access_token: 'token' })],
    [/^POST \/posts$/, 201, () => ({ post_id: String(nextId++), text: 'post' })],
    [/^PUT \/users\/\d+\/follow$/, 200, () => ({ following: true })],
    [/^GET \/posts\/\d+$/, 200, () => ({ text: 'post' })],
    [/^GET \/users\/\d+$/, 200, () => ({ username: 'alice' })],
    [/^GET \/users\/\d+\/posts$/, 200, () => ({ items: [1, 2, 3], next_page_token: null })],
    [/^GET \/feed$/, 200, () => ({ items: [1, 2, 3, 4], next_page_token: null })],
  ];
  const server = createServer((request, response) => {
    request.resume();
    const call = `${request.method} ${request.url?.replace('/api/v1', '')}`;
    requests.push(call);
    const key = request.headers['idempotency-key'];
    if (typeof key === 'string') ok(!keys.has(key) && keys.add(key), `the key ${key} is used twice`);
    const found = answers.find(([pattern]) => pattern.test(call));
    response.writeHead(found?.[1] ?? 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(found?.[2]()));
  });
  return { server, requests, keys };
}

describe('runBench', () => {
  const standIn = createStandIn();
  let options: BenchOptions;
  before(async () => {
    await new Promise<void>((resolve) => standIn.server.listen(0, '127.0.0.1', resolve));
    const address = standIn.server.address();
    const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
    options = {
      stage: { url, pids: [process.pid], database: undefined, close: async () => undefined },
      scenarios: BASIC_SCENARIO_NAMES,
      crowd: undefined,
      users: 3,
      posts: 5,
      follows: 5,
      links: 10,
      skew: 0.99,
      seed: 42,
      connections: 4,
      rounds: 2,
      seconds: 0.1,
      warmUpSeconds: 0.1,
      rate: undefined,
      pullFollowers: 10_000,
      searchPosts: 10,
      arrivals: 'poisson',
      serverCores: undefined,
      loadCores: undefined,
      runId: 'test',
      clock,
      signal: new AbortController().signal,
      onProgress: () => undefined,
    };
  });
  after(() => standIn.server.close());

  it('measures every scenario in rounds beside the bare server', async () => {
    const { scenarios: results } = await runBench(options);
    deepEqual(
      results.map(({ name, requests, rounds }) => [name, requests, rounds.length]),
      [
        ['post', 1, 2],
        ['post-keyed', 1, 2],
        ['read', 1, 2],
        ['profile', 2, 2],
        ['feed', 1, 2],
        ['sign-in', 1, 2],
      ],
    );
    for (const { rounds, answerBytes } of results) {
      ok(answerBytes > 5 && rounds.every(({ rate }) => rate >= 1));
      const slices = rounds.flatMap(({ product, bare, ...open }) => [
        ...[product, bare, open.scheduled, open.bareScheduled],
      ]);
      for (const slice of slices) {
        ok(slice.completed > 0);
        deepEqual(slice.errors, {});
      }
    }
    equal(standIn.requests.filter((call) => call === 'POST /users').length, 3);
    equal(standIn.requests.filter((call) => /follow$/.test(call)).length, 3 * 2);
    const posts = standIn.requests.filter((call) => call === 'POST /posts').length;
    const completed = (scenario: string): number =>
      results
        .filter(({ name }) => name === scenario)
        .flatMap(({ rounds }) => rounds)
        .reduce((sum, { product, scheduled }) => sum + product.completed + scheduled.completed, 0);
    ok(standIn.keys.size >= completed('post-keyed'), 'every post of the load with keys has its own');
    ok(standIn.keys.size <= posts - completed('post'), 'those of the other load have none');

    const text = formatSummaries(results.map(summariseScenario));
    for (const name of BASIC_SCENARIO_NAMES) match(text, new RegExp(`^${name} .*none$`, 'm'));
  });

  it('holds posts against inserts on the same PostgreSQL, and leaves no table behind', async () => {
    const database = await createTestDatabase();
    try {
      const stage = { ...options.stage, database: { url: database.url } };
      const { scenarios } = await runBench({ ...options, stage, scenarios: ['post'], runId: 'inserts' });
      const [result] = scenarios;
      for (const { inserts } of result?.rounds ?? []) {
        ok((inserts?.completed ?? 0) > 0);
        deepEqual(inserts?.errors, {});
      }
      match(
        formatSummaries(result ? [summariseScenario(result)] : []),
        /one row per transaction .*times that/,
      );
    } finally {
      await database.close();
    }
  });

  it('fails when the server does not answer as the API says', async () => {
    await rejects(
      runBench({ ...options, stage: { ...options.stage, url: 'http://127.0.0.1:9' } }),
      /no answer/,
    );
  });

  it('refuses scenarios on a graph without one', async () => {
    await rejects(runBench({ ...options, scenarios: ['home'] }), { code: 'invalid' });
    await rejects(runBench({ ...options, scenarios: ['lag'] }), { code: 'invalid' });
  });

  it('stops soon when it is interrupted', async () => {
    const abort = new AbortController();
    const onProgress = (text: string) => {
      if (text.includes('round')) setTimeout(() => abort.abort(), 50);
    };
    const started = clock.monotonicMs();
    const bench = runBench({ ...options, seconds: 30, signal: abort.signal, onProgress, runId: 'stop' });
    await rejects(bench, /interrupted/);
    ok(clock.monotonicMs() - started < 15_000);
  });
});

describe('summariseScenario', () => {
  const latency = { count: 1, meanMs: 1, p50Ms: 1, p90Ms: 2, p99Ms: 3, p999Ms: 4, maxMs: 5 };
  const slice = (completed: number, serverCpuMs?: number): Slice => ({
    completed,
    background: 0,
    slices: [],
    errors: {},
    durationMs: 1000,
    latency,
    failures: latency,
    sendLag: latency,
    generatorCpuMs: 100,
    serverCpuMs,
    postgresCpuMs: serverCpuMs,
  });
  const round = (product: number, bare: number) => ({
    product: { ...slice(product, 500), errors: { 503: 1 } },
    bare: slice(bare, 100),
    inserts: undefined,
    nginx: undefined,
    background: undefined,
    homeReads: {},
    homeBuilds: 0,
    rate: product / 2,
    scheduled: slice(50),
    bareScheduled: slice(50),
  });
  const result = { name: 'read', purpose: '', requests: 1, answerBytes: 1 } as const;

  it('takes medians over rounds and ratios within them', () => {
    const summary = summariseScenario({
      ...result,
      rounds: [round(100, 1000), round(300, 1000), round(200, 4000)],
    });
    equal(summary.operationsPerS, 200);
    equal(summary.rate, 100);
    equal(summary.barePerS, 1000);
    equal(summary.ratioToBare, 0.1);
    equal(summary.serverCpuUs, 2500);
    equal(summary.cpuToBare, 100);
    equal(summary.insertsPerS, undefined);
    deepEqual(summary.errors, { 503: 3 });
    equal(summary.generatorWasLimit, false);
  });

  it('says so when the generator was the limit', () => {
    const rounds = [{ ...round(1, 1), bare: { ...slice(1), generatorCpuMs: 950 } }];
    const summary = summariseScenario({ ...result, rounds });
    equal(summary.generatorWasLimit, true);
    match(formatSummaries([summary]), /^\* The load generator/m);
  });

  it('takes off what goes on in the background, and says where home timelines came from', () => {
    const quiet = round(100, 1000);
    const product = { ...quiet.product, completed: 90, background: 10, postgresCpuMs: 0 };
    const background = { ...slice(20, 100), postgresCpuMs: 0 };
    const rounds = [{ ...quiet, product, background, homeReads: { memory: 99, sql: 1 }, homeBuilds: 5 }];
    const summary = summariseScenario({ ...result, name: 'home', rounds });
    equal(summary.backgroundPerS, 10);
    equal(summary.ownCpuUs, 5000);
    const text = formatSummaries([summary]);
    match(text, /^home: home timelines from 99.00 % memory, 1.00 % sql; 5.00 % had to be built first\.$/m);
    match(
      text,
      /^home: 10.0 posts\/s in the background; without their cost an operation takes CPU 5,000, 50\.0 x bare\.$/m,
    );
  });

  it('knows the median of odd, even, missing and no values', () => {
    equal(median([3, 1, 2]), 2);
    equal(median([4, 1, 2, 3]), 2.5);
    equal(median([1, undefined]), undefined);
    equal(median([]), undefined);
  });
});
