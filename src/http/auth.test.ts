import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createManualClock } from '../../test/support/manual-clock.ts';
import { serverOptions } from '../../test/support/server-options.ts';
import { AppError } from '../core/errors.ts';
import type { Principal, UserRole, UserTier } from '../core/principal.ts';
import type { Scope } from '../core/scope.ts';
import { createMemoryRateLimiter } from '../ports/rate-limiter/memory-rate-limiter.ts';
import { createServer, type ServerOptions } from './server.ts';

function principal(changes: Partial<Principal> = {}): Principal {
  return { userId: 1, sessionId: 2, role: 'user', tier: 'standard', ...changes };
}

function key(scopes: readonly Scope[], role: UserRole = 'user', tier: UserTier = 'standard'): Principal {
  return principal({ sessionId: 3, role, tier, scopes: new Set(scopes) });
}

const callers = new Map([
  ['session', principal()],
  ['reader', key(['links:read'])],
  ['writer', key(['links:write', 'links:read'])],
  ['nothing', key([])],
  ['office', key(['links:write'], 'administrator')],
  ['trusted', key(['links:read'], 'user', 'trusted')],
]);

async function openApp(options: Partial<ServerOptions> = {}) {
  const authenticate = (token: string) => {
    if (token === 'mistyped') throw new AppError('unauthenticated', 'The checksum is wrong.');
    return callers.get(token);
  };
  const app = await createServer(serverOptions({ authenticate, ...options }));
  const schema = {};
  app.get('/links', { config: { access: 'user', scope: 'links:read' }, schema }, () => ({}));
  app.post('/links', { config: { access: 'user', scope: 'links:write' }, schema }, () => ({}));
  app.get('/public', { config: { access: 'optional', scope: 'links:read' }, schema }, (request) => ({
    caller: request.principal?.userId ?? null,
  }));
  app.get('/password', { config: { access: 'user' }, schema }, () => ({}));
  app.get('/unscoped', { config: { access: 'optional' } }, () => ({}));
  app.get('/audit', { config: { access: 'administrator' } }, () => ({}));
  app.get('/open', { config: { access: 'public' }, schema }, () => ({}));
  await app.ready();
  const call = (token: string, url: string, method: 'GET' | 'POST' = 'GET') =>
    app.inject({ method, url, headers: { authorization: `Bearer ${token}` } });
  return { app, call };
}

describe('an API key', () => {
  it('may call what its scopes name, and is told which one it lacks', async () => {
    const { call } = await openApp();
    assert.equal((await call('reader', '/links')).statusCode, 200);
    assert.equal((await call('writer', '/links')).statusCode, 200);
    assert.equal((await call('writer', '/links', 'POST')).statusCode, 200);
    const refused = await call('reader', '/links', 'POST');
    assert.equal(refused.statusCode, 403);
    assert.equal(refused.json().code, 'forbidden');
    assert.match(refused.json().detail, /lacks the scope links:write/);
    assert.equal((await call('nothing', '/links')).statusCode, 403);
  });

  it('is refused by a route that states no scope, whoever it belongs to', async () => {
    const { call } = await openApp();
    for (const url of ['/password', '/unscoped', '/audit']) {
      const refused = await call('office', url);
      assert.equal(refused.statusCode, 403, url);
      assert.match(refused.json().detail, /No API key can make this call/);
    }
    assert.equal((await call('session', '/password')).statusCode, 200);
    assert.equal((await call('session', '/unscoped')).statusCode, 200);
  });

  it('reads what is public without the scope, as someone who is not signed in', async () => {
    const { call } = await openApp();
    assert.deepEqual((await call('reader', '/public')).json(), { caller: 1 });
    assert.deepEqual((await call('session', '/public')).json(), { caller: 1 });
    assert.deepEqual((await call('nothing', '/public')).json(), { caller: null });
    assert.equal((await call('nobody', '/public')).statusCode, 401, 'a key that is sent must be good');
    assert.equal((await call('nobody', '/open')).statusCode, 200, 'where nobody looks at it');
  });

  it('is refused in the words of who knows what is wrong with it', async () => {
    const { call } = await openApp();
    const answer = await call('mistyped', '/links');
    assert.equal(answer.statusCode, 401);
    assert.match(answer.json().detail, /checksum/);
  });

  it('counts for its owner, with the limits of the account', async () => {
    const { call } = await openApp({ rateLimiter: createMemoryRateLimiter({ clock: createManualClock() }) });
    const remaining = async (token: string) =>
      Number((await call(token, '/links')).headers['ratelimit-remaining']);
    const before = await remaining('session');
    await remaining('reader');
    await remaining('writer');
    assert.equal(await remaining('session'), before - 3);
    const trusted = await call('trusted', '/links');
    const standard = await call('reader', '/links');
    assert.equal(
      Number(trusted.headers['ratelimit-limit']),
      10 * Number(standard.headers['ratelimit-limit']),
    );
  });

  it('is shown in the document with the scope that it needs', async () => {
    const { app } = await openApp();
    const { paths } = (await app.inject({ url: '/openapi.json' })).json();
    assert.deepEqual(paths['/links'].post.security, [
      { token: [] },
      { cookie: [] },
      { api_key: ['links:write'] },
    ]);
    assert.deepEqual(paths['/public'].get.security.at(-1), {});
    assert.deepEqual(paths['/password'].get.security, [{ token: [] }, { cookie: [] }]);
    assert.equal(paths['/open'].get.security, undefined);
  });
});
