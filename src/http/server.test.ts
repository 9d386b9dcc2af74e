import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import net from 'node:net';
import { describe, it } from 'node:test';
import { Type } from 'typebox';
import { serverOptions } from '../../test/support/server-options.ts';
import { systemClock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import type { Principal, UserRole } from '../core/principal.ts';
import { createMemoryRateLimiter } from '../ports/rate-limiter/memory-rate-limiter.ts';
import { createHealth } from '../telemetry/health.ts';
import { createLog } from '../telemetry/log.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { csrfTokenOf } from './auth.ts';
import { healthRoutes } from './health-routes.ts';
import { PageQuery } from './paging.ts';
import { BODY_BYTES_MAX, createServer, drain, HEADER_BYTES_MAX, type ServerOptions } from './server.ts';
import { SESSION_COOKIE } from './session-cookie.ts';
import { IdText } from './user-schema.ts';

const principal = (role: UserRole): Principal => ({ userId: 1, sessionId: 2, role, tier: 'standard' });
const tokens = new Map([
  ['alice', principal('user')],
  ['carol', principal('moderator')],
]);

async function openApp(options: Partial<ServerOptions> = {}) {
  const metrics = createMetrics({ version: 'test' });
  const app = await createServer(
    serverOptions({
      authenticate: (token) => tokens.get(token),
      corsOrigins: ['https://app.example'],
      metrics,
      ...options,
    }),
  );
  healthRoutes(app, { health: createHealth(systemClock), metrics });
  const body = Type.Object(
    { text: Type.String({ maxLength: 5 }), size: Type.Optional(Type.Integer({ minimum: 1 })) },
    { additionalProperties: false },
  );
  app.post(
    '/things',
    { config: { access: 'user' }, schema: { operationId: 'createThing', body } },
    (request) => request.body,
  );
  app.get(
    '/things',
    { config: { access: 'optional' }, schema: { querystring: PageQuery } },
    (request) => request.query,
  );
  const colour = Type.String({
    pattern: '^[0-9a-f]{6}$',
    description: 'Red, green and blue.',
    examples: ['1d3557'],
  });
  const querystring = Type.Object({
    colour: Type.Optional(colour),
    since: Type.Optional(Type.String({ format: 'date-time' })),
  });
  const params = Type.Object({ thing_id: IdText });
  app.get(
    '/things/:thing_id',
    { config: { access: 'public' }, schema: { params, querystring } },
    () => 'found',
  );
  app.get('/things/fixed', { config: { access: 'public' } }, () => ({ ok: true }));
  app.delete('/things/:thing_id', { config: { access: 'public' } }, () => ({ ok: true }));
  app.get('/secret', { config: { access: 'moderator' } }, () => ({ ok: true }));
  app.get('/broken', { config: { access: 'public' } }, () => {
    throw new Error('the password is hunter2');
  });
  app.get('/busy', { config: { access: 'public' } }, () => {
    throw new AppError('unavailable', 'Later.', { retryAfterS: 2.2 });
  });
  await app.ready();
  return app;
}

const signedIn = { authorization: 'Bearer alice' };

describe('the HTTP frame', () => {
  it('names each wrong field of a body and what would be right, as problem details', async () => {
    const app = await openApp();
    const payload = { text: 'longer', size: 0, colour: 'red' };
    const answer = await app.inject({ method: 'POST', url: '/things', headers: signedIn, payload });
    assert.equal(answer.statusCode, 422);
    assert.match(String(answer.headers['content-type']), /^application\/problem\+json/);
    const fields = answer
      .json()
      .errors.map((error: { field: string }) => error.field)
      .sort();
    assert.deepEqual(fields, ['colour', 'size', 'text']);
    assert.match(answer.json().detail, /text: must have at most 5 characters/);
    assert.equal(answer.json().request_id, answer.headers['x-request-id']);
  });

  it('says what is wrong with an id, a time or what else has a form, and not by what pattern it was found', async () => {
    const app = await openApp();
    const detailOf = async (url: string) => (await app.inject({ url })).json().detail;
    for (const wrong of ['1', '0123456789012345', '15370579818987600', 'abc', '9007199254740992'])
      assert.equal(
        await detailOf(`/things/${wrong}`),
        'thing_id: must be an id: 16 digits, as this server gave it.',
      );
    const known = '/things/1537057981898760';
    assert.equal(
      await detailOf(`${known}?colour=red`),
      'colour: is not as it must be. Red, green and blue. For example: 1d3557',
    );
    assert.equal(
      await detailOf(`${known}?since=yesterday`),
      'since: must be a time such as 2026-01-31T12:00:00Z.',
    );
  });

  it('converts nothing in a body, and reads numbers in a query', async () => {
    const app = await openApp();
    const wrong = await app.inject({
      method: 'POST',
      url: '/things',
      headers: signedIn,
      payload: { text: 5 },
    });
    assert.match(wrong.json().detail, /text: must be string/);
    const right = await app.inject({ url: '/things?limit=100' });
    assert.deepEqual(right.json(), { limit: 100 });
    const past = await app.inject({ url: '/things?limit=101' });
    assert.match(past.json().detail, /limit: must be 100 or less/);
  });

  it('tells apart what cannot be read, is too large, and is of another type', async () => {
    const app = await openApp();
    const post = (payload: string | Buffer, type = 'application/json') =>
      app.inject({ method: 'POST', url: '/things', headers: { ...signedIn, 'content-type': type }, payload });
    assert.equal((await post('{"text":')).statusCode, 400);
    assert.equal((await post('{}', 'text/csv')).statusCode, 415);
    assert.equal((await post('{}', 'text/plain')).statusCode, 415);
    assert.equal((await post('')).statusCode, 400);
    assert.equal((await post(Buffer.from('{"text":"\xff"}', 'latin1'))).statusCode, 400, 'not UTF-8');
    const frame = '{"text":""}'.length;
    assert.equal((await post(`{"text":"${'x'.repeat(BODY_BYTES_MAX - frame)}"}`)).statusCode, 422);
    assert.equal((await post(`{"text":"${'x'.repeat(BODY_BYTES_MAX - frame + 1)}"}`)).statusCode, 413);
  });

  it('refuses names that would reach the prototype, however they are spelt', async () => {
    const app = await openApp();
    const post = async (payload: string) => {
      const headers = { ...signedIn, 'content-type': 'application/json' };
      return (await app.inject({ method: 'POST', url: '/things', headers, payload })).statusCode;
    };
    assert.equal(await post('{"text":"hi","__proto__":{"admin":true}}'), 400);
    assert.equal(await post('{"text":"hi","__pr\\u006fto__":{"admin":true}}'), 400);
    assert.equal(await post('{"text":"hi","constructor":{"prototype":{"admin":true}}}'), 400);
    assert.equal(await post('{"text":"\\u0068i"}'), 200);
    assert.equal(await post('\ufeff{"text":"hi"}'), 200, 'with a byte order mark');
  });

  it('says nothing of an unexpected error, and when to come back after an expected one', async () => {
    const app = await openApp();
    const broken = await app.inject({ url: '/broken' });
    assert.equal(broken.statusCode, 500);
    assert.doesNotMatch(broken.body, /hunter2/);
    const busy = await app.inject({ url: '/busy' });
    assert.equal(busy.statusCode, 503);
    assert.equal(busy.headers['retry-after'], '3');
  });

  it('answers 404 for an unknown path and 405 with Allow for an unknown method', async () => {
    const app = await openApp();
    assert.equal((await app.inject({ url: '/nothing' })).statusCode, 404);
    const answer = await app.inject({ method: 'DELETE', url: '/things' });
    assert.equal(answer.statusCode, 405);
    assert.equal(answer.headers['allow'], 'GET, HEAD, POST');
  });

  it('answers 405 for a path of its own, whatever things in its place would take', async () => {
    const app = await openApp();
    assert.equal((await app.inject({ method: 'DELETE', url: '/things/1' })).statusCode, 200);
    for (const url of ['/things/fixed', '/things/fixed/', '/things/fixed?a=b']) {
      for (const method of ['DELETE', 'POST'] as const) {
        const answer = await app.inject({ method, url });
        assert.equal(answer.statusCode, 405, `${method} ${url}`);
        assert.equal(answer.headers['allow'], 'GET, HEAD');
      }
      assert.equal((await app.inject({ url })).statusCode, 200);
    }
  });

  it('answers a path that cannot be decoded in the same words as everything else', async () => {
    const app = await openApp();
    for (const url of ['/%', '/things/%ff']) {
      const answer = await app.inject({ url });
      assert.equal(answer.statusCode, 400);
      assert.match(String(answer.headers['content-type']), /^application\/problem\+json/);
      assert.equal(answer.json().code, 'invalid');
    }
  });

  it('answers preflights only where there are origins that may call it', async () => {
    const preflight = {
      method: 'OPTIONS',
      url: '/things',
      headers: { origin: 'https://app.example', 'access-control-request-method': 'POST' },
    } as const;
    const allowed = await (await openApp()).inject(preflight);
    assert.equal(allowed.statusCode, 204);
    assert.equal(allowed.headers['access-control-allow-origin'], 'https://app.example');
    const closed = await (await openApp({ corsOrigins: [] })).inject(preflight);
    assert.equal(closed.statusCode, 405);
    assert.equal(closed.headers['access-control-allow-origin'], undefined);
  });

  it('leaves out of its document what has a default, as clients may', async () => {
    const document = (await (await openApp()).inject({ url: '/openapi.json' })).json();
    const limit = document.paths['/things'].get.parameters.find(
      ({ name }: { name: string }) => name === 'limit',
    );
    assert.equal(limit.required ?? false, false);
  });

  it('lets in who may call a route, and nobody else', async () => {
    const app = await openApp();
    const statusOf = async (url: string, authorization?: string) =>
      (await app.inject({ url, headers: authorization === undefined ? {} : { authorization } })).statusCode;
    assert.equal(await statusOf('/secret'), 401);
    assert.equal(await statusOf('/secret', 'Bearer alice'), 403);
    assert.equal(await statusOf('/secret', 'Bearer carol'), 200);
    assert.equal(await statusOf('/things', 'Bearer nobody'), 401, 'a token that is sent must be good');
    assert.equal(await statusOf('/things', 'Basic YTpi'), 401);
    assert.equal(await statusOf('/things'), 200);
  });

  it('takes the cookie for writes only with the CSRF token, and not from a foreign page', async () => {
    const app = await openApp();
    const post = async (headers: Record<string, string>) => {
      const cookie = `${SESSION_COOKIE}=alice`;
      const payload = { text: 'hi' };
      return (await app.inject({ method: 'POST', url: '/things', headers: { cookie, ...headers }, payload }))
        .statusCode;
    };
    const token = { 'x-csrf-token': csrfTokenOf('alice') };
    assert.equal(await post({}), 403);
    assert.equal(await post({ 'x-csrf-token': csrfTokenOf('bob') }), 403);
    assert.equal(await post({ ...token, origin: 'https://evil.example' }), 403);
    assert.equal(await post({ ...token, origin: 'https://app.example' }), 200);
    assert.equal(await post(token), 200);
  });

  it('limits callers, also those whose token is wrong, and exempts health', async () => {
    const rateLimiter = createMemoryRateLimiter({ clock: systemClock });
    const app = await openApp({ rateLimiter });
    const ask = () => app.inject({ url: '/things', headers: { authorization: 'Bearer wrong' } });
    const first = await ask();
    assert.equal(first.statusCode, 401);
    const limit = Number(first.headers['ratelimit-limit']);
    assert.equal(Number(first.headers['ratelimit-remaining']), limit - 1);
    const statuses = new Set<number>();
    let refused = first;
    for (let asked = 1; asked < limit + 100; asked += 1) {
      const answer = await ask();
      statuses.add(answer.statusCode);
      if (answer.statusCode === 429) refused = answer;
    }
    assert.ok(statuses.has(429));
    assert.ok(Number(refused.headers['retry-after']) >= 1);
    assert.equal((await app.inject({ url: '/health/live' })).statusCode, 200);
    assert.equal(
      (await app.inject({ url: '/things', headers: signedIn })).statusCode,
      200,
      'an account has its own',
    );
  });

  it('turns away before anything else is done, and exempts health', async () => {
    const error = new AppError('unavailable', 'Full.', { retryAfterS: 5 });
    const app = await openApp({
      turnAway: ({ writes }) => (writes ? { error, reason: 'disk' } : undefined),
    });
    assert.equal((await app.inject({ method: 'POST', url: '/things' })).statusCode, 503);
    assert.equal((await app.inject({ url: '/things' })).statusCode, 200);
    assert.equal((await app.inject({ url: '/health/ready' })).statusCode, 200);
  });

  it('tells what a request is worth by its method, its limit and its call', async () => {
    const seen: string[] = [];
    const app = await createServerBeforeReady({
      turnAway: ({ priority }) => {
        seen.push(priority);
        return undefined;
      },
    });
    app.get('/read', { config: { access: 'public' } }, () => 'ok');
    app.post('/write', { config: { access: 'public' } }, () => 'ok');
    app.post('/sign-in', { config: { access: 'public', limit: 'sign-in' } }, () => 'ok');
    app.get('/search', { config: { access: 'public' }, schema: { operationId: 'search' } }, () => 'ok');
    app.get('/ride', { config: { access: 'public', priority: 'critical' } }, () => 'ok');
    await app.inject({ url: '/read' });
    await app.inject({ method: 'POST', url: '/write' });
    await app.inject({ method: 'POST', url: '/sign-in' });
    await app.inject({ url: '/search' });
    await app.inject({ url: '/ride' });
    await app.inject({ url: '/nowhere' });
    assert.deepEqual(seen, ['read', 'write', 'critical', 'optional', 'critical', 'read']);
  });

  it('refuses a route that does not say who may call it', async () => {
    const app = await createServerBeforeReady();
    assert.throws(() => app.get('/open', () => 'oops'), /does not say who may call it/);
  });

  it('describes its calls, and answers in the words of the document', async () => {
    const app = await openApp();
    const document = (await app.inject({ url: '/openapi.json' })).json();
    assert.equal(document.openapi, '3.1.0');
    assert.ok(document.paths['/things'].post.responses['422']);
    assert.equal((await app.inject({ url: '/docs' })).statusCode, 200);
  });

  it('answers by a problem whatever Node would refuse by itself', async () => {
    const app = await openApp();
    await app.listen({ port: 0 });
    const close = 'Connection: close\r\n\r\n';
    const refused: readonly (readonly [number, string])[] = [
      [400, 'HELO\r\n\r\n'],
      [400, `GET /things HTTP/1.1\r\n${close}`],
      [405, `CONNECT go.example:443 HTTP/1.1\r\nHost: go.example:443\r\n${close}`],
      [417, `GET /things HTTP/1.1\r\nHost: x\r\nExpect: a miracle\r\n${close}`],
      [431, `GET /things HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(HEADER_BYTES_MAX)}\r\n\r\n`],
    ];
    try {
      for (const [status, text] of refused) {
        const answer = await talk(app, text);
        assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `), text.slice(0, 80));
        assert.match(answer, /^content-type: application\/problem\+json\r\n/im);
        const problem = JSON.parse(answer.slice(answer.indexOf('{'), answer.lastIndexOf('}') + 1));
        assert.deepEqual([problem.status, problem.code], [status, 'invalid']);
        assert.ok(problem.detail.length > 10 && problem.title !== 'Error');
      }
      // HTTP/1.0 knows no Host.
      assert.match(await talk(app, 'GET /things HTTP/1.0\r\n\r\n'), /^HTTP\/1\.1 (?!400)/);
    } finally {
      await app.close();
    }
  });

  it('drains: what is in flight is answered, and a kept-alive connection is told to close', async () => {
    const app = await openApp();
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow = await createServerBeforeReady();
    slow.get('/slow', { config: { access: 'public' } }, async () => {
      await gate;
      return { done: true };
    });
    await slow.listen({ port: 0 });
    const answer = talk(slow, 'GET /slow HTTP/1.1\r\nHost: x\r\n\r\n');
    await new Promise((resolve) => slow.server.once('request', resolve));
    const drained = drain(slow, 5_000);
    release();
    assert.match(await answer, /^HTTP\/1.1 200 [\s\S]*"done":true/);
    await drained;
    await app.close();
  });

  it('drains: a client that keeps its connection after a late answer does not hold it up', async () => {
    const slow = await createServerBeforeReady();
    const gate = new EventEmitter();
    slow.get('/slow', { config: { access: 'public' } }, async () => {
      await once(gate, 'open');
      return { done: true };
    });
    await slow.listen({ port: 0 });
    const answer = talk(slow, 'GET /slow HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(slow.server, 'request');
    const idleMs = 20;
    const drained = drain(slow, 60_000, { idleMs });
    await new Promise((resolve) => setTimeout(resolve, 5 * idleMs));
    gate.emit('open');
    assert.match(await answer, /^HTTP\/1.1 200 [\s\S]*"done":true/);
    await drained;
  });

  async function createServerBeforeReady(options: Partial<ServerOptions> = {}) {
    const log = createLog({ level: 'silent', pretty: false });
    return createServer(
      serverOptions({
        publicUrl: 'https://groundswell.example',
        trustedProxies: ['10.0.0.0/8'],
        log,
        ...options,
      }),
    );
  }
});

/** Sends `text` over a new connection and answers all that comes back until the server closes it. */
function talk(app: { server: net.Server }, text: string): Promise<string> {
  const address = app.server.address();
  assert.ok(address !== null && typeof address === 'object');
  return new Promise((resolve, reject) => {
    const socket = net.connect(address.port, address.address);
    let received = '';
    socket.setEncoding('utf8').on('data', (data) => {
      received += data;
    });
    socket.on('close', () => resolve(received)).on('error', reject);
    socket.write(text);
  });
}
