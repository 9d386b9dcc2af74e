import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import { serverOptions } from '../../test/support/server-options.ts';
import { AppError } from '../core/errors.ts';
import { type App, createServer } from './server.ts';
import { bodyOf, mediaTypeOf, streamBodies } from './streamed-bodies.ts';
import { type EmitLine, sendLines } from './streamed-lines.ts';

const BYTES_MAX = 1_048_576;

async function openApp(produce: (emit: EmitLine) => Promise<void> = async () => undefined) {
  const app = await createServer(serverOptions());
  await app.register(async (scope: App) => {
    streamBodies(scope, ['text/csv']);
    scope.post('/lines', { config: { access: 'public' } }, (request, reply) =>
      sendLines(request, reply, produce),
    );
    scope.post('/bytes', { config: { access: 'public' } }, (request, reply) =>
      sendLines(request, reply, async (emit) => {
        let bytes = 0;
        for await (const chunk of bodyOf(request, BYTES_MAX)) bytes += chunk.length;
        await emit({ bytes, type: mediaTypeOf(request) });
      }),
    );
  });
  app.post('/json', { config: { access: 'public' } }, (request) => ({ body: request.body }));
  await app.ready();
  return app;
}

describe('an answer of lines', () => {
  it('is 200 and the lines, or nothing', async () => {
    const app = await openApp(async (emit) => {
      await emit({ row: 1 });
      await emit({ row: 2 });
    });
    const answer = await app.inject({ method: 'POST', url: '/lines' });
    assert.equal(answer.statusCode, 200);
    assert.equal(answer.body, '{"row":1}\n{"row":2}\n');
    const empty = await (await openApp()).inject({ method: 'POST', url: '/lines' });
    assert.deepEqual([empty.statusCode, empty.body], [200, '']);
  });

  it('is a problem as everywhere while there is no line, and a last line after that', async () => {
    const refused = await openApp(async () => {
      throw new AppError('conflict', 'Not now.');
    });
    const problem = await refused.inject({ method: 'POST', url: '/lines' });
    assert.equal(problem.statusCode, 409);
    const broken = await openApp(async (emit) => {
      await emit({ row: 1 });
      throw new Error('the password is hunter2');
    });
    const answer = await broken.inject({ method: 'POST', url: '/lines' });
    assert.equal(answer.statusCode, 200);
    const [, last = ''] = answer.body.split('\n');
    assert.deepEqual([JSON.parse(last).problem.status, last.includes('hunter2')], [500, false]);
  });

  it('ends the work when the client goes away', async () => {
    let ended: (error: unknown) => void = () => undefined;
    const end = new Promise<unknown>((resolve) => {
      ended = resolve;
    });
    const app = await openApp(async (emit) => {
      try {
        for (;;) {
          await emit({ row: 'x'.repeat(10_000) });
          await new Promise((resolve) => setImmediate(resolve));
        }
      } catch (error) {
        ended(error);
        throw error;
      }
    });
    await app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = app.server.address() as AddressInfo;
    const request = http.request({ port, method: 'POST', path: '/lines', agent: false });
    request.on('error', () => undefined).end();
    await once(request, 'response');
    request.destroy();
    assert.match(String(await end), /client is gone/);
    await app.close();
  });
});

describe('a body that is read while it comes', () => {
  it('may be as long as is allowed, whether its length is announced or not', async () => {
    const app = await openApp();
    const post = (payload: Buffer | Readable) =>
      app.inject({
        method: 'POST',
        url: '/bytes',
        headers: { 'content-type': 'TEXT/CSV; header=present' },
        payload,
      });
    const chunks = (bytes: number) => Readable.from([Buffer.alloc(bytes - 1), Buffer.alloc(1)]);
    assert.equal((await post(Buffer.alloc(BYTES_MAX))).body, `{"bytes":${BYTES_MAX},"type":"text/csv"}\n`);
    assert.equal((await post(Buffer.alloc(BYTES_MAX + 1))).statusCode, 413);
    assert.equal((await post(chunks(BYTES_MAX))).statusCode, 200);
    const long = await post(chunks(BYTES_MAX + 1));
    assert.equal(long.statusCode, 422);
    assert.match(long.json().detail, /at most 1 MiB/);
  });

  it('is of the types of its scope, which are no others’', async () => {
    const app = await openApp();
    const statusOf = async (url: string, type: string) =>
      (await app.inject({ method: 'POST', url, headers: { 'content-type': type }, payload: '{}' }))
        .statusCode;
    assert.equal(await statusOf('/bytes', 'application/json'), 415);
    assert.equal(await statusOf('/json', 'text/csv'), 415);
    assert.equal(await statusOf('/json', 'application/json'), 200);
  });
});
