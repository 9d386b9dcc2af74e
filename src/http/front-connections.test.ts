import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { serverOptions } from '../../test/support/server-options.ts';
import { until } from '../../test/support/until.ts';
import { systemClock } from '../core/clock.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { type Front, registerFront } from './front.ts';
import type { FrontAnswer, FrontConnections } from './front-connections.ts';
import { type App, createServer, drain, KEEP_ALIVE_MS, SERVER_LIMITS } from './server.ts';

const HEADER_TIMEOUT_MS = 300;
const get = (path: string, ...headers: string[]): string =>
  `${[`GET ${path} HTTP/1.1`, 'Host: here', ...headers].join('\r\n')}\r\n\r\n`;

/** What can be asked for, and the status of its answer, which the page itself says again. */
const REQUESTS = {
  atOnce: { text: get('/at-once'), status: 301 },
  later: { text: get('/later', 'User-Agent: a browser'), status: 302 },
  inVain: { text: get('/in-vain'), status: 404 },
  elsewhere: { text: get('/elsewhere'), status: 404 },
  page: { text: get('/page'), status: 200 },
  head: { text: 'HEAD /at-once HTTP/1.1\r\nHost: here\r\n\r\n', status: 301 },
  body: { text: 'POST /page HTTP/1.1\r\nHost: here\r\nContent-Length: 4\r\n\r\n"ab"', status: 405 },
} as const;

describe('connections that the front answers', () => {
  let answered: string[] = [];
  let app: App;
  let connections: FrontConnections;
  const answer = (status: number, location: string): FrontAnswer => ({
    ...{ status, location },
    headers: ['Content-Length', '0'],
  });
  const front: Front = {
    priority: 'critical',
    route: '/front',
    rewrite() {},
    answer: ({ url = '' }) => {
      if (url !== '/at-once') return undefined;
      answered.push(url);
      return answer(301, '/there');
    },
    load: ({ url = '' }) => {
      if (url !== '/later' && url !== '/in-vain') return undefined;
      answered.push(url);
      return systemClock.sleep(2).then(() => (url === '/later' ? answer(302, '/then') : undefined));
    },
  };

  async function open(): Promise<void> {
    const metrics = createMetrics({ version: 'test' });
    const limits = { ...SERVER_LIMITS, headerTimeoutMs: HEADER_TIMEOUT_MS };
    app = await createServer(serverOptions({ metrics, limits }));
    app.get('/page', { config: { access: 'public' } }, async () => ({}));
    connections = registerFront(app, {
      ...{ front, metrics, clock: systemClock, isOverloaded: () => false, limits },
    });
    await app.listen({ host: '127.0.0.1', port: 0 });
  }
  before(open);
  after(() => app.close());

  function talk(): { socket: Socket; heard: () => string } {
    let heard = '';
    const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1').setEncoding('latin1');
    socket.on('data', (text) => {
      heard += text;
    });
    return { socket, heard: () => heard };
  }
  const statusesOf = (text: string) =>
    [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status));

  it('answers as the HTTP server does', async () => {
    const { socket, heard } = talk();
    socket.write(get('/at-once'));
    await until(() => heard().endsWith('\r\n\r\n'));
    socket.destroy();
    const [status, ...headers] = heard().trimEnd().split('\r\n');
    assert.equal(status, 'HTTP/1.1 301 Moved Permanently');
    const date = headers[2] ?? '';
    assert.deepEqual(headers, [
      ...['Location: /there', 'Content-Length: 0', date],
      ...['Connection: keep-alive', `Keep-Alive: timeout=${KEEP_ALIVE_MS / 1_000}`],
    ]);
    assert.ok(Math.abs(Date.parse(date.slice('Date: '.length)) - Date.now()) < 5_000, date);
  });

  it('answers each request once and in its order, whoever answers, however the bytes arrive', async () => {
    const names = fc.array(fc.constantFrom(...(Object.keys(REQUESTS) as (keyof typeof REQUESTS)[])), {
      minLength: 1,
      maxLength: 8,
    });
    const cuts = fc.array(
      fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), waits: fc.boolean() }),
      {
        maxLength: 6,
      },
    );
    await fc.assert(
      fc.asyncProperty(names, cuts, async (asked, parts) => {
        answered = [];
        const requests = asked.map((name) => REQUESTS[name]);
        const text = requests.map((request) => request.text).join('');
        const { socket, heard } = talk();
        socket.setNoDelay();
        let at = 0;
        for (const { at: share, waits } of [...parts].sort((one, other) => one.at - other.at)) {
          const to = Math.floor(share * text.length);
          if (to > at) socket.write(text.slice(at, to), 'latin1');
          at = Math.max(at, to);
          if (waits) await systemClock.sleep(1);
        }
        socket.write(text.slice(at), 'latin1');
        await until(() => statusesOf(heard()).length >= asked.length);
        await systemClock.sleep(1);
        socket.destroy();
        assert.deepEqual(
          statusesOf(heard()),
          requests.map(({ status }) => status),
        );
        const fronts = { atOnce: ['/at-once'], head: ['/at-once'], later: ['/later'], inVain: ['/in-vain'] };
        assert.deepEqual(
          answered,
          asked.flatMap((name) => (name in fronts ? fronts[name as 'head'] : [])),
        );
      }),
      { numRuns: 150 },
    );
  });

  it('leaves to the HTTP server what comes in very large pieces', async () => {
    const { socket, heard } = talk();
    const many = 500;
    socket.end(get('/at-once').repeat(many));
    await once(socket, 'close');
    assert.deepEqual(statusesOf(heard()), Array(many).fill(301));
  });

  it('ends those that ask for nothing in time, at first', async () => {
    const { socket, heard } = talk();
    const silent = talk();
    socket.write(get('/at-once'));
    await once(silent.socket, 'close');
    await systemClock.sleep(HEADER_TIMEOUT_MS);
    // Who has asked may wait for longer.
    socket.end(get('/at-once'));
    await once(socket, 'close');
    assert.deepEqual(statusesOf(heard()), [301, 301]);
  });

  it('survives who is gone before the answer is loaded', async () => {
    const { socket } = talk();
    answered = [];
    socket.write(get('/later'));
    await until(() => answered.length === 1);
    socket.resetAndDestroy();
    const next = talk();
    next.socket.write(get('/later'));
    await until(() => next.heard() !== '');
    next.socket.destroy();
    assert.deepEqual(statusesOf(next.heard()), [302]);
  });

  it('drains: what comes while it ends is answered with the wish to close, and who is idle is closed', async () => {
    const [idle, asks, loads] = [talk(), talk(), talk()];
    for (const { socket, heard } of [idle, asks]) {
      socket.write(get('/at-once'));
      await until(() => heard() !== '');
    }
    answered = [];
    loads.socket.write(get('/later'));
    await until(() => answered.length === 1);
    const drained = drain(app, 60_000, { idleMs: 100, connections });
    asks.socket.write(get('/at-once'));
    await Promise.all([idle, asks, loads].map(({ socket }) => once(socket, 'close')));
    assert.deepEqual(statusesOf(idle.heard()), [301]);
    assert.deepEqual(statusesOf(loads.heard()), [302]);
    assert.deepEqual(statusesOf(asks.heard()), [301, 301]);
    assert.match(asks.heard(), /connection: close/);
    await drained;
    await open();
  });
});
