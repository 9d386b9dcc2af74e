/** The limits that a server has unless told otherwise, and whom they count. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { ServerProcess } from '../../src/bench/server-process.ts';
import { API } from '../../src/client/api-client.ts';
import { systemClock } from '../../src/core/clock.ts';
import { createServerHome, type ServerHome } from '../support/server-process.ts';

const SIGN_INS = 30;
const SIGN_IN_WINDOW_S = 5 * 60;
const REPORTS = 20;
const SIGN_UPS = 30;
const SIGN_UP_WINDOW_S = 10 * 60;

function createCalls(url: string) {
  const send = (path: string, body: object, forwardedFor?: string): Promise<Response> =>
    fetch(`${url}${API}${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor }),
      },
      body: JSON.stringify(body),
    });
  return {
    /** Of somebody who does not exist: it counts like any other. */
    signIn: (forwardedFor?: string) =>
      send('/sessions', { username: 'nobody', password: 'a wrong one' }, forwardedFor),
    /** Of a link that does not exist, which counts too. */
    report: () => send('/reports', { code: 'no-such-link', reason: 'spam' }),
    signUp: (username: string) => send('/users', { username, password: 'correct horse battery' }),
  };
}

function standing({ headers }: Response): { limit: number; remaining: number; resetS: number } {
  const number = (name: string) => Number(headers.get(`ratelimit-${name}`));
  return { limit: number('limit'), remaining: number('remaining'), resetS: number('reset') };
}

/** Whole seconds until `windowS` after `sinceMs`, as a server says it that was asked just now. */
function assertSecondsLeft(actual: number, windowS: number, sinceMs: number): void {
  const elapsedS = (systemClock.monotonicMs() - sinceMs) / 1_000;
  assert(Number.isInteger(actual) && actual <= windowS && actual >= windowS - elapsedS, `${actual} s`);
}

describe('rate limits', () => {
  let home: ServerHome;
  let server: ServerProcess;
  before(async () => {
    home = await createServerHome();
  });
  after(() => home.close());

  describe('by default', () => {
    before(async () => {
      server = await home.start();
    });
    after(() => server.stop());

    it('let an address report 20 things in 10 minutes', async () => {
      const { report } = createCalls(server.url);
      for (let n = 1; n <= REPORTS; n += 1) assert.equal((await report()).status, 404);
      assert.equal((await report()).status, 429);
    });

    it('let an address sign in 30 times in 5 minutes, say where it stands, and when the next may be', async () => {
      const { signIn } = createCalls(server.url);
      const startMs = systemClock.monotonicMs();
      for (let n = 1; n <= SIGN_INS; n += 1) {
        // An address that a client claims is not believed.
        const answer = await signIn(`198.51.100.${n}`);
        assert.equal(answer.status, 401);
        const { limit, remaining, resetS } = standing(answer);
        assert.deepEqual([limit, remaining], [SIGN_INS, SIGN_INS - n]);
        assert(resetS > SIGN_IN_WINDOW_S - 2 && resetS <= SIGN_IN_WINDOW_S, `${resetS}`);
      }
      const refused = await signIn('198.51.100.99');
      assert.equal(refused.status, 429);
      assert.equal(standing(refused).remaining, 0);
      assertSecondsLeft(Number(refused.headers.get('retry-after')), SIGN_IN_WINDOW_S, startMs);
      const problem = await refused.text();
      assert.match(problem, /"code":"rate_limited","detail":"Too many requests\. Try again in \d+ s\."/);
    });

    it('let an address sign up 30 times in 10 minutes, whatever comes of it', async () => {
      const { signUp } = createCalls(server.url);
      const startMs = systemClock.monotonicMs();
      for (let n = 1; n < SIGN_UPS; n += 1) assert.equal((await signUp('no name')).status, 422);
      const last = await signUp('alice');
      assert.equal(last.status, 201);
      assert.equal(standing(last).remaining, 0);
      const refused = await signUp('bob');
      assert.equal(refused.status, 429);
      assertSecondsLeft(Number(refused.headers.get('retry-after')), SIGN_UP_WINDOW_S, startMs);
    });

    it('count reads apart from sign-ins, and health not at all', async () => {
      const read = await fetch(`${server.url}${API}/users?username=alice`);
      assert.equal(read.status, 200);
      assert.deepEqual(standing(read).limit, 1_000);
      const health = await fetch(`${server.url}/health/live`);
      assert.equal(health.headers.get('ratelimit-limit'), null);
    });
  });

  it('count whom a trusted proxy names, as the proxy saw them, and whole networks of IPv6', async () => {
    const proxied = await home.start({ GROUNDSWELL_TRUSTED_PROXIES: '127.0.0.1' });
    const { signIn } = createCalls(proxied.url);
    const remainingOf = async (forwardedFor: string) => standing(await signIn(forwardedFor)).remaining;
    assert.equal(await remainingOf('198.51.100.1'), SIGN_INS - 1);
    assert.equal(await remainingOf('198.51.100.2'), SIGN_INS - 1);
    assert.equal(await remainingOf('198.51.100.1'), SIGN_INS - 2);
    assert.equal(await remainingOf('203.0.113.7, 198.51.100.1'), SIGN_INS - 3, 'only what the proxy added');
    assert.equal(await remainingOf('2001:db8:0:1::1'), SIGN_INS - 1);
    assert.equal(await remainingOf('2001:db8:0:1:ffff::2'), SIGN_INS - 2);
    assert.equal(await remainingOf('2001:db8:0:2::1'), SIGN_INS - 1);
    assert.equal(await proxied.stop(), 0);
  });

  it('are off when they are switched off', async () => {
    const unlimited = await home.start({ GROUNDSWELL_RATE_LIMITS: 'off' });
    const { signIn } = createCalls(unlimited.url);
    for (let n = 0; n <= SIGN_INS; n += 1) {
      const answer = await signIn();
      assert.equal(answer.status, 401);
      assert.equal(answer.headers.get('ratelimit-limit'), null);
    }
    assert.equal(await unlimited.stop(), 0);
  });
});
