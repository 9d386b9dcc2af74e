/** Clients that take their time, or take too much: on sockets, with limits small enough to be waited for. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { atEnd } from '../../test/support/at-end.ts';
import { serverOptions } from '../../test/support/server-options.ts';
import { until } from '../../test/support/until.ts';
import { systemClock } from '../core/clock.ts';
import { createServer, SERVER_LIMITS, type ServerLimits } from './server.ts';

/** More than the kernel takes off our hands for a client that does not read. */
const HUGE_BYTES = 64 * 1_048_576;
const BODY_RATE = 10_000;
/** Dripped a byte at a time, it takes far longer than any limit here. */
const REQUEST = 'GET /small HTTP/1.1\r\nHost: groundswell.example\r\nX-Padding: '.padEnd(500, 'x');

async function openServer(test: TestContext, limits: Partial<ServerLimits>) {
  const app = await createServer(serverOptions({ limits: { ...SERVER_LIMITS, ...limits } }));
  const config = { access: 'public' } as const;
  app.get('/small', { config }, () => ({ ok: true }));
  app.post('/small', { config }, () => ({ ok: true }));
  const paced = { ...config, bodyBytesPerSecondMin: BODY_RATE };
  app.post('/large', { config: paced, bodyLimit: 1_000_000 }, () => ({ ok: true }));
  app.get('/huge', { config }, () => Buffer.alloc(HUGE_BYTES));
  await app.listen({ port: 0, host: '127.0.0.1' });
  atEnd(test, () => app.close());
  const address = app.server.address();
  assert(address !== null && typeof address === 'object');
  const connections = () =>
    new Promise<number>((resolve) => app.server.getConnections((_error, count) => resolve(count)));
  return { connections, connect: () => openClient(test, address.port) };
}

async function openClient(test: TestContext, port: number) {
  const socket = net.connect(port, '127.0.0.1');
  let received = '';
  socket.setEncoding('latin1').on('data', (text) => {
    received += text;
  });
  // A server that cuts off may reset the connection.
  socket.on('error', () => undefined);
  const closed = once(socket, 'close');
  atEnd(test, () => socket.destroy());
  await once(socket, 'connect');
  return {
    socket,
    received: () => received,
    /** All that came back, once the server has closed. */
    closed: async () => {
      await closed;
      return received;
    },
    /** A byte every few milliseconds, until the connection is closed. */
    drip(text: string) {
      let sent = 0;
      const timer = setInterval(() => {
        if (socket.writable && sent < text.length) socket.write(text.charAt(sent));
        sent += 1;
      }, 5);
      void closed.then(() => clearInterval(timer));
    },
  };
}

describe('the limits of the server', () => {
  it('cut off a client that drips its header, and not one that is merely slow', async (test) => {
    const { connect } = await openServer(test, { headerTimeoutMs: 1_000 });
    const slow = await connect();
    const dripping = await connect();
    dripping.drip(REQUEST);
    slow.socket.write('GET /small HTTP/1.1\r\n');
    await systemClock.sleep(200);
    slow.socket.write('Host: x\r\n\r\n');
    await until(() => slow.received().endsWith('{"ok":true}'));
    assert.match(await dripping.closed(), /^HTTP\/1\.1 408 [\s\S]*"status":408/);
  });

  it('cut off a client that says nothing at all', async (test) => {
    const { connect, connections } = await openServer(test, { headerTimeoutMs: 100 });
    const silent = await connect();
    assert.match(await silent.closed(), /^HTTP\/1\.1 408 /);
    await until(async () => (await connections()) === 0);
  });

  it('cut off a client that drips its body', async (test) => {
    const { connect } = await openServer(test, { headerTimeoutMs: 100, requestTimeoutMs: 500 });
    const dripping = await connect();
    const type = 'Content-Type: application/json';
    dripping.socket.write(`POST /small HTTP/1.1\r\nHost: x\r\n${type}\r\nContent-Length: 60000\r\n\r\n`);
    dripping.drip('{"text":"'.padEnd(60_000, 'x'));
    assert.match(await dripping.closed(), /^HTTP\/1\.1 408 /);
  });

  describe('for large bodies', () => {
    const LIMITS = { headerTimeoutMs: 100, requestTimeoutMs: 300 };
    const BYTES = 60_000;
    const HEAD = `POST /large HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${BYTES}\r\n\r\n`;
    const BODY = `"${'x'.repeat(BYTES - 2)}"`;

    it('leave time to a client that keeps sending, and cut it off when it stops', async (test) => {
      const { connect } = await openServer(test, LIMITS);
      const [steady, stopping] = [await connect(), await connect()];
      for (const { socket } of [steady, stopping]) socket.write(HEAD);
      const startMs = systemClock.monotonicMs();
      for (let at = 0; at < BYTES; at += 3_000) {
        steady.socket.write(BODY.slice(at, at + 3_000));
        if (at < BYTES / 4) stopping.socket.write(BODY.slice(at, at + 3_000));
        // Twice as fast as must be.
        await systemClock.sleep(150);
      }
      await until(() => steady.received().endsWith('{"ok":true}'));
      assert.ok(systemClock.monotonicMs() - startMs > 2 * LIMITS.requestTimeoutMs);
      assert.match(await stopping.closed(), /^HTTP\/1\.1 408 /);
      // The same connection is as good as new.
      steady.socket.write('GET /small HTTP/1.1\r\nHost: x\r\n\r\n');
      await until(() => (steady.received().match(/\{"ok":true\}/g) ?? []).length === 2);
    });

    it('cut off a client that drips its body, and one that sends it where it is not taken', async (test) => {
      const { connect } = await openServer(test, LIMITS);
      const [dripping, elsewhere] = [await connect(), await connect()];
      dripping.socket.write(HEAD);
      dripping.drip(BODY);
      elsewhere.socket.write(HEAD.replace('/large', '/small'));
      const sending = setInterval(() => elsewhere.socket.write('x'.repeat(1_500)), 75);
      atEnd(test, () => clearInterval(sending));
      assert.match(await dripping.closed(), /^HTTP\/1\.1 408 /);
      assert.match(await elsewhere.closed(), /^HTTP\/1\.1 408 /);
    });
  });

  it('cut off a client that asks and does not read the answer', async (test) => {
    const { connect, connections } = await openServer(test, { stallTimeoutMs: 300 });
    const stalling = await connect();
    stalling.socket.pause();
    stalling.socket.write('GET /huge HTTP/1.1\r\nHost: x\r\nAccept-Encoding: identity\r\n\r\n');
    await until(async () => (await connections()) === 0);
  });

  it('take as many connections as they say, and close one more unread', async (test) => {
    const { connect } = await openServer(test, { connectionsMax: 2 });
    const answer = async (client: Awaited<ReturnType<typeof connect>>) => {
      client.socket.write('GET /small HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
      return client.closed();
    };
    const [first, second, third] = [await connect(), await connect(), await connect()];
    assert.equal(await answer(third), '');
    assert.match(await answer(first), /^HTTP\/1\.1 200 /);
    assert.match(await answer(second), /^HTTP\/1\.1 200 /);
    assert.match(await answer(await connect()), /^HTTP\/1\.1 200 /);
  });
});
