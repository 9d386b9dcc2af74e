import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import fc from 'fast-check';
import { atEnd } from '../../test/support/at-end.ts';
import { serverOptions } from '../../test/support/server-options.ts';
import { acceptProxyProtocol, PROXY_LINE_BYTES_MAX, parseProxyLine } from './proxy-protocol.ts';
import { createServer } from './server.ts';

const parse = (text: string) => parseProxyLine(Buffer.from(text));

describe('the first line of the PROXY protocol', () => {
  it('names the client, by IPv4 and IPv6, or nobody', () => {
    const line = 'PROXY TCP4 203.0.113.7 10.0.0.1 4711 8080\r\n';
    assert.deepEqual(parse(`${line}GET / HTTP/1.1`), {
      ...{ bytes: line.length, client: { address: '203.0.113.7', port: 4_711 } },
    });
    assert.deepEqual(parse('PROXY TCP6 2001:db8::1 ::1 1 2\r\n'), {
      ...{ bytes: 32, client: { address: '2001:db8::1', port: 1 } },
    });
    assert.deepEqual(parse('PROXY UNKNOWN\r\n'), { bytes: 15 });
    assert.deepEqual(parse('PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n'), { bytes: 43 });
  });

  it('is waited for to its end, and to no more than its length', () => {
    assert.equal(parse(''), 'incomplete');
    assert.equal(parse('PRO'), 'incomplete');
    assert.equal(parse('GET / HTTP/1.1'), 'absent');
    assert.equal(parse('PROPFIND / HTTP/1.1'), 'absent');
    const long = `PROXY UNKNOWN ${'x'.repeat(200)}`;
    assert.equal(parse(long.slice(0, PROXY_LINE_BYTES_MAX - 1)), 'incomplete');
    assert.equal(parse(long.slice(0, PROXY_LINE_BYTES_MAX)), 'wrong');
    const atLimit = `${long.slice(0, PROXY_LINE_BYTES_MAX - 2)}\r\n`;
    assert.deepEqual(parse(atLimit), { bytes: PROXY_LINE_BYTES_MAX });
  });

  for (const text of [
    'PROXY TCP4 2001:db8::1 10.0.0.1 1 2',
    'PROXY TCP6 203.0.113.7 10.0.0.1 1 2',
    'PROXY TCP4 203.0.113.7 10.0.0.1 1',
    'PROXY TCP4 203.0.113.7 10.0.0.1 1 65536',
    'PROXY TCP4 203.0.113.7 10.0.0.1 1 2 3',
    'PROXY UDP4 203.0.113.7 10.0.0.1 1 2',
  ]) {
    it(`is refused as ${text}`, () => assert.equal(parse(`${text}\r\n`), 'wrong'));
  }

  it('is told the same, wherever the bytes are cut', () => {
    const port = fc.integer({ min: 0, max: 65_535 });
    fc.assert(
      fc.property(fc.ipV4(), port, fc.string(), (address, from, rest) => {
        const line = `PROXY TCP4 ${address} 127.0.0.1 ${from} 80\r\n`;
        for (let length = 0; length < line.length; length += 1) {
          assert.equal(parse(line.slice(0, length)), 'incomplete');
        }
        assert.deepEqual(parse(line + rest), { bytes: line.length, client: { address, port: from } });
      }),
    );
  });
});

async function openServer(test: TestContext, trustedProxies: readonly string[]): Promise<number> {
  const app = await createServer(serverOptions({ trustedProxies }));
  app.get('/who', { config: { access: 'public' } }, (request) => ({ address: request.ip }));
  app.post('/echo', { config: { access: 'public' } }, (request) => request.body);
  acceptProxyProtocol(app, { trustedProxies });
  await app.listen({ host: '127.0.0.1', port: 0 });
  atEnd(test, () => app.close());
  return (app.server.address() as net.AddressInfo).port; // It listens on a port.
}

/** All that is answered to some bytes, which are sent one write after the other. */
async function exchange(port: number, ...parts: readonly string[]): Promise<string> {
  const socket = net.connect(port, '127.0.0.1');
  let text = '';
  socket.on('data', (data) => {
    text += String(data);
  });
  socket.on('error', () => undefined);
  for (const part of parts) {
    socket.write(part);
    // So that it arrives on its own.
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  if (!socket.closed) await once(socket, 'close');
  return text;
}

const ASK = 'GET /who HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 198.51.100.1\r\nConnection: close\r\n\r\n';
const LINE = 'PROXY TCP4 203.0.113.7 127.0.0.1 4711 8080\r\n';

describe('a server behind a balancer that passes on connections', () => {
  it('takes its word for the client, who then is not believed as a proxy', async (test) => {
    const port = await openServer(test, ['127.0.0.1']);
    assert.match(await exchange(port, LINE + ASK), /"address":"203\.0\.113\.7"/);
    assert.match(await exchange(port, LINE.slice(0, 9), LINE.slice(9), ASK), /"address":"203\.0\.113\.7"/);
    assert.match(await exchange(port, ASK), /"address":"198\.51\.100\.1"/);
    assert.match(await exchange(port, `PROXY UNKNOWN\r\n${ASK}`), /"address":"198\.51\.100\.1"/);
  });

  it('answers all requests of a connection, and reads bodies that come in parts', async (test) => {
    const port = await openServer(test, ['127.0.0.1']);
    const first = 'GET /who HTTP/1.1\r\nHost: a\r\n\r\n';
    const body = JSON.stringify({ text: 'x'.repeat(5_000) });
    const head = `POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`;
    const text = await exchange(port, LINE + first, head + body.slice(0, 100), body.slice(100));
    assert.match(text, /"address":"203\.0\.113\.7"/);
    assert.ok(text.includes(body));
  });

  it('closes a connection whose line is wrong, and takes nobody else for a balancer', async (test) => {
    const port = await openServer(test, ['127.0.0.1']);
    assert.equal(await exchange(port, `PROXY TCP4 nobody\r\n${ASK}`), '');
    const other = await openServer(test, ['10.0.0.1']);
    assert.match(await exchange(other, LINE + ASK), /^HTTP\/1\.1 400 /);
  });
});
