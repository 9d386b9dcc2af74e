import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { plainRequestAt } from './plain-request.ts';

const plain = (text: string) => plainRequestAt(text, 0, undefined);
const lines = (...all: string[]): string => `${all.join('\r\n')}\r\n\r\n`;
const BROWSER = lines(
  'GET /l/aB3_-xZ?utm_source=a%20b HTTP/1.1',
  'Host: localhost:8080',
  'Connection: keep-alive',
  'sec-ch-ua: "Chromium";v="142", "Not_A Brand";v="99"',
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36',
  'Accept:\ttext/html,*/*;q=0.8 ',
  'Accept-Language: de,en;q=0.5',
  'Cookie: a=b\xe9',
  'X-Empty:',
);

describe('a plain request', () => {
  it('is one as browsers send it, with its headers as they came', () => {
    const request = plain(BROWSER);
    assert.equal(request?.url, '/l/aB3_-xZ?utm_source=a%20b');
    assert.equal(request?.end, BROWSER.length);
    const { rawHeaders = [] } = request ?? {};
    assert.deepEqual(rawHeaders.slice(0, 4), ['Host', 'localhost:8080', 'Connection', 'keep-alive']);
    assert.deepEqual(rawHeaders.slice(10), [
      ...['Accept-Language', 'de,en;q=0.5', 'Cookie', 'a=b\xe9', 'X-Empty', ''],
    ]);
    assert.deepEqual(rawHeaders.slice(8, 10), ['Accept', 'text/html,*/*;q=0.8']);
  });

  it('may follow another', () => {
    const two = lines('GET /a HTTP/1.1', 'Host: a') + lines('GET /b HTTP/1.1', 'Host: b');
    const first = plain(two);
    const second = plainRequestAt(two, first?.end ?? 0, undefined);
    assert.deepEqual([first?.url, second?.url, second?.end], ['/a', '/b', two.length]);
  });

  for (const [why, text] of Object.entries({
    'its beginning alone': BROWSER.slice(0, -1),
    nothing: '',
    'another method': lines('HEAD /a HTTP/1.1', 'Host: a'),
    'another version': lines('GET /a HTTP/1.0', 'Host: a'),
    'a whole URL': lines('GET http://a/a HTTP/1.1', 'Host: a'),
    'a path with a space': lines('GET /a b HTTP/1.1', 'Host: a'),
    'a path that is not ASCII': lines('GET /\xe9 HTTP/1.1', 'Host: a'),
    'no host': lines('GET /a HTTP/1.1', 'Accept: */*'),
    'two hosts': lines('GET /a HTTP/1.1', 'Host: a', 'hOsT: b'),
    'a body': lines('GET /a HTTP/1.1', 'Host: a', 'Content-Length: 5'),
    'a body in chunks': lines('GET /a HTTP/1.1', 'Host: a', 'TRANSFER-ENCODING: chunked'),
    'a question first': lines('GET /a HTTP/1.1', 'Host: a', 'Expect: 100-continue'),
    'another protocol': lines('GET /a HTTP/1.1', 'Host: a', 'Upgrade: h2c'),
    'a connection that ends': lines('GET /a HTTP/1.1', 'Host: a', 'Connection: close'),
    'options of the connection': lines('GET /a HTTP/1.1', 'Host: a', 'Connection: keep-alive, upgrade'),
    'a line that goes on': lines('GET /a HTTP/1.1', 'Host: a', 'X: a', ' Content-Length: 5'),
    'a name with a blank': lines('GET /a HTTP/1.1', 'Host: a', 'Content-Length : 5'),
    'no name': lines('GET /a HTTP/1.1', 'Host: a', ': 5'),
    'no colon': lines('GET /a HTTP/1.1', 'Host: a', 'X'),
    'a line end without CR': 'GET /a HTTP/1.1\r\nHost: a\nContent-Length: 5\r\n\r\n',
    'a line end without LF': 'GET /a HTTP/1.1\r\nHost: a\rContent-Length: 5\r\n\r\n',
    'a header with a NUL': lines('GET /a HTTP/1.1', 'Host: a', 'X: a\0b'),
  })) {
    it(`is not ${why}`, () => assert.equal(plain(text), undefined));
  }
});

describe('what is taken for a plain request', () => {
  let server: Server;
  const seen: { request: IncomingMessage; keeps: boolean }[] = [];
  before(async () => {
    server = createServer((request: IncomingMessage, response: ServerResponse) => {
      seen.push({ request, keeps: response.shouldKeepAlive });
      response.end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  after(() => server.close());

  /** What Node's HTTP server makes of it. */
  async function requestsOf(text: string): Promise<typeof seen> {
    seen.length = 0;
    const { port } = server.address() as AddressInfo;
    const socket = connect(port, '127.0.0.1').resume();
    socket.end(text, 'latin1');
    await once(socket, 'close');
    return [...seen];
  }

  it("is the same one for Node's HTTP server, however it was changed", async () => {
    const pieces = ['\r\n', '\n', '\r', ' ', '\t', ':', '\0', '/', '?', '#', '"', '\x7f', '\xe9', 'A', ','];
    const names = [
      'Content-Length',
      'transfer-encoding',
      'Host',
      'Connection',
      'Upgrade',
      'X-Other',
      'Expect',
    ];
    const values = ['5', 'chunked', 'keep-alive', 'close', 'h2c', 'localhost', ''];
    const change = fc.record({
      at: fc.nat({ max: BROWSER.length }),
      removed: fc.nat({ max: 3 }),
      added: fc.oneof(
        fc.constantFrom(...pieces),
        fc
          .tuple(fc.constantFrom(...names), fc.constantFrom(...values))
          .map(([name, value]) => `\r\n${name}: ${value}`),
      ),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        let text = BROWSER;
        for (const { at, removed, added } of changes) {
          text = text.slice(0, at) + added + text.slice(at + removed);
        }
        const taken = plain(text);
        fc.pre(taken !== undefined);
        const [first, ...more] = await requestsOf(text.slice(0, taken?.end));
        assert.deepEqual(
          { method: first?.request.method, url: first?.request.url, rawHeaders: first?.request.rawHeaders },
          { method: 'GET', url: taken?.url, rawHeaders: taken?.rawHeaders },
        );
        assert.deepEqual([first?.keeps, first?.request.complete, more.length], [true, true, 0]);
      }),
      { numRuns: 300 },
    );
  });
});
