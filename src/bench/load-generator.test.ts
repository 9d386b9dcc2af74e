import { deepEqual, equal, ok, rejects } from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { createHttpClient, type HttpRequest } from '../client/http-client.ts';
import { headerOf } from '../client/http-response-parser.ts';
import { type BareAnswer, type BareServer, bareAnswerOf, startBareServer } from './bare-server.ts';
import { type LoadGenerator, startLoadGenerator } from './load-generator.ts';
import type { LoadTask } from './load-task.ts';
import { createDraw, type RequestMix, UNIQUE_MARK } from './request-mix.ts';

const HEAD = 'HTTP/1.1 200 OK\r\nDate: today\r\nETag: "a"\r\nContent-Type: application/json';
const ANSWER = answerOf('{"a":1}', '');

function answerOf(body: string, suffix: string): BareAnswer {
  return bareAnswerOf({ status: 200, head: HEAD, body: Buffer.from(body), keepAlive: true }, suffix);
}

function mixOf(...operations: HttpRequest[][]): RequestMix {
  return { operations, tokens: ['alice', 'bob'], skew: 1, seed: 42 };
}

describe('the load generator', () => {
  let generator: LoadGenerator;
  let bare: BareServer;
  before(async () => {
    generator = startLoadGenerator(undefined);
    bare = await startBareServer([ANSWER], undefined);
  });
  after(() => {
    generator.close();
    bare.close();
  });

  const taskOf = (overrides: Partial<LoadTask>): LoadTask => ({
    target: { kind: 'http', address: bare.address, mix: mixOf([{ method: 'GET', path: '/x' }]) },
    slots: 4,
    durationMs: 200,
    operationsMax: 1e6,
    timeoutMs: 30_000,
    ...overrides,
  });

  it('loads a server from another process, in a closed loop', async () => {
    const report = await generator.run(taskOf({}));
    ok(report.completed > 0, `${report.completed} requests`);
    deepEqual(report.errors, {});
    ok(report.generatorCpuMs > 0);
  });

  it('loads a server on a schedule', async () => {
    const schedule = { arrivals: 'constant', ratePerS: 500, seed: 1, spins: true } as const;
    const report = await generator.run(taskOf({ schedule }));
    equal(report.completed, 100);
    equal(report.latency.count, 100);
  });

  it('reports refused connections and goes on working', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    await new Promise((resolve) => server.close(resolve));
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    const mix = mixOf([{ method: 'GET', path: '/' }]);
    const target = { kind: 'http', address: { host: '127.0.0.1', port }, mix } as const;
    await rejects(generator.run(taskOf({ target })), /ECONNREFUSED/);
    ok((await generator.run(taskOf({}))).completed > 0);
  });

  it('counts what goes on in the background apart, and tells what happened when', async () => {
    const get = { method: 'GET', path: '/x' } as const;
    const mix = { ...mixOf([get]), others: [{ share: 0.5, operations: [[get]], background: true }] };
    const target = { kind: 'http', address: bare.address, mix } as const;
    const report = await generator.run(taskOf({ target, sliceMs: 50 }));
    ok(report.completed > 0 && report.background > 0);
    equal(report.latency.count, report.completed);
    ok(report.slices.length >= 3, `${report.slices.length} slices`);
    equal(
      report.slices.reduce((sum, { completed }) => sum + completed, 0),
      report.completed,
    );
  });

  it('counts an answer outside 200 to 299 under its status, and says which refusal names no time to come again', async () => {
    const errorsOf = async (answer: BareAnswer) => {
      const refusing = await startBareServer([answer], undefined);
      try {
        const mix = mixOf([{ method: 'GET', path: '/' }]);
        const target = { kind: 'http', address: refusing.address, mix } as const;
        return (await generator.run(taskOf({ target, durationMs: 60_000, operationsMax: 50 }))).errors;
      } finally {
        refusing.close();
      }
    };
    const timed = {
      status: 429,
      head: `${HEAD}\r\nRetry-After: 1`,
      body: Buffer.from('{}'),
      keepAlive: true,
    };
    deepEqual(await errorsOf(bareAnswerOf(timed, '')), { 429: 50 });
    deepEqual(await errorsOf({ ...ANSWER, status: 503 }), { '503 without Retry-After': 50 });
    deepEqual(await errorsOf({ ...ANSWER, status: 404 }), { 404: 50 });
  });

  it('has a bare server that repeats the answer, and tells paths apart by their end', async () => {
    const two = await startBareServer([answerOf('[]', '/posts'), answerOf('{"a":1}', '/7')], undefined);
    const client = createHttpClient({
      url: `http://127.0.0.1:${two.address.port}`,
      connectionsMax: 1,
      timeoutMs: 30_000,
    });
    try {
      const user = await client.send({ method: 'GET', path: '/users/7' });
      equal(user.body.toString(), '{"a":1}');
      equal(headerOf(user, 'etag'), '"a"');
      equal(headerOf(user, 'content-length'), '7');
      equal((await client.send({ method: 'GET', path: '/users/7/posts' })).body.toString(), '[]');
      equal((await client.send({ method: 'GET', path: '/other' })).status, 404);
    } finally {
      client.close();
      two.close();
    }
  });
});

describe('createDraw', () => {
  it('draws popular operations and active callers more often', () => {
    const draw = createDraw(mixOf([{ method: 'GET', path: '/1' }], [{ method: 'GET', path: '/2' }]));
    const drawn = Array.from({ length: 3000 }, () => draw().requests[0]);
    const share = (matches: (request: HttpRequest | undefined) => boolean) =>
      drawn.filter(matches).length / 3000;
    ok(Math.abs(share((request) => request?.path === '/1') - 2 / 3) < 0.05);
    ok(Math.abs(share((request) => request?.token === 'alice') - 2 / 3) < 0.05);
  });

  it('gives each request its own key, in the header and in the body', () => {
    const request = { method: 'POST', path: '/posts', body: `{"text":"hello ${UNIQUE_MARK}"}` } as const;
    const draw = createDraw({ ...mixOf([request]), uniquePrefix: 'run', keyed: true });
    const [first] = draw().requests;
    const [second] = draw().requests;
    equal(first?.idempotencyKey, 'run-1');
    equal(first?.body, '{"text":"hello run-1"}');
    equal(second?.idempotencyKey, 'run-2');
  });

  it('draws each kind of operation with its share, and says which goes on in the background', () => {
    const others = [
      { share: 0.3, operations: [[{ method: 'GET', path: '/2' }]] },
      { share: 0.1, operations: [[{ method: 'GET', path: '/3' }]], background: true },
    ] as const;
    const draw = createDraw({ ...mixOf([{ method: 'GET', path: '/1' }]), others });
    const drawn = Array.from({ length: 3000 }, draw);
    for (const [path, share] of [
      ['/1', 0.6],
      ['/2', 0.3],
      ['/3', 0.1],
    ] as const) {
      const found = drawn.filter(({ requests }) => requests[0]?.path === path);
      ok(Math.abs(found.length / 3000 - share) < 0.05, `${found.length} of ${path}`);
      ok(found.every(({ background }) => background === (path === '/3')));
    }
  });
});
