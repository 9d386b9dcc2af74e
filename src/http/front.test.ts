import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { serverOptions } from '../../test/support/server-options.ts';
import { until } from '../../test/support/until.ts';
import { systemClock } from '../core/clock.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { type Front, LOADING_MAX, registerFront } from './front.ts';
import type { FrontAnswer } from './front-connections.ts';
import { type App, createServer } from './server.ts';

const ANSWER: FrontAnswer = { status: 302, location: '/there', headers: ['Content-Length', '0'] };

describe('the front', () => {
  const agent = new Agent({ keepAlive: true });
  const waiting: ((answer: Promise<FrontAnswer | undefined>) => void)[] = [];
  let overloaded = false;
  let app: App;
  let url: string;
  const front: Front = {
    priority: 'critical',
    route: '/front',
    rewrite() {},
    answer: ({ url }) => (url === '/at-once' ? ANSWER : undefined),
    load({ url }) {
      if (url !== '/later') return undefined;
      return new Promise((resolve) => waiting.push(resolve));
    },
  };
  before(async () => {
    const metrics = createMetrics({ version: 'test' });
    app = await createServer(serverOptions({ metrics }));
    registerFront(app, { front, metrics, clock: systemClock, isOverloaded: () => overloaded });
    url = await app.listen({ host: '127.0.0.1', port: 0 });
  });
  after(async () => {
    agent.destroy();
    await app.close();
  });

  async function open(path: string): Promise<number> {
    const [answer] = await once(request(url + path, { agent }).end(), 'response');
    answer.resume();
    return answer.statusCode;
  }
  const settle = (answer: () => Promise<FrontAnswer | undefined>) => {
    for (const resolve of waiting.splice(0)) resolve(answer());
  };

  it('answers what is there at once, and leaves the rest to the framework, with everything under overload', async () => {
    assert.deepEqual([await open('/at-once'), await open('/elsewhere')], [302, 404]);
    overloaded = true;
    assert.deepEqual([await open('/at-once'), await open('/later')], [404, 404]);
    overloaded = false;
  });

  it('answers what is loaded when it is, and leaves to the framework what is not there or cannot be loaded', async () => {
    for (const [answer, status] of [
      [async () => ANSWER, 302],
      [async () => undefined, 404],
      [() => Promise.reject(new Error('The database is away.')), 404],
    ] as const) {
      const answered = open('/later');
      await until(() => waiting.length === 1);
      settle(answer);
      assert.equal(await answered, status);
    }
  });

  it(`lets ${LOADING_MAX} wait, and those beyond wait in the framework`, async () => {
    const answered = Array.from({ length: LOADING_MAX }, () => open('/later'));
    await until(() => waiting.length === LOADING_MAX);
    assert.equal(await open('/later'), 404);
    settle(async () => ANSWER);
    assert.deepEqual(new Set(await Promise.all(answered)), new Set([302]));
    const again = open('/later');
    await until(() => waiting.length === 1);
    settle(async () => ANSWER);
    assert.equal(await again, 302);
  });
});
