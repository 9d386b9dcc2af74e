/** HAProxy as a topology has it, before small servers: where requests go, which are repeated, what clients are told. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, type IncomingHttpHeaders, request, type ServerResponse } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { request as tlsRequest } from 'node:https';
import { connect } from 'node:net';
import type { TestContext } from 'node:test';
import { it } from 'node:test';
import { readEnvironment } from '../../src/config/env.ts';
import { systemClock } from '../../src/core/clock.ts';
import { healthRoutes } from '../../src/http/health-routes.ts';
import { PROBLEM_TYPE } from '../../src/http/problem.ts';
import { acceptProxyProtocol } from '../../src/http/proxy-protocol.ts';
import { createServer } from '../../src/http/server.ts';
import { createHealth } from '../../src/telemetry/health.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { atEnd } from '../support/at-end.ts';
import { haproxyBackend } from '../support/haproxy-program.ts';
import { describeOnBackend } from '../support/required-backends.ts';
import { type BalancerOptions, startBalancer } from '../support/running-balancer.ts';
import { serverOptions } from '../support/server-options.ts';
import { type ReceivedRequest, startTargetServer, type TargetServer } from '../support/target-server.ts';
import { until } from '../support/until.ts';

interface Asked {
  readonly path: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly localAddress?: string;
  readonly body?: string;
}

interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** On a connection of its own, by HTTPS without looking at the certificate where `tls` says so. */
async function ask(port: number, asked: Asked, tls = false): Promise<Answered> {
  const send = tls ? tlsRequest : request;
  const sent = send({
    host: '127.0.0.1',
    port,
    agent: tls ? undefined : new Agent(),
    rejectUnauthorized: false,
    ...asked,
  });
  sent.end(asked.body);
  const [response] = await once(sent, 'response');
  let body = '';
  for await (const part of response) body += String(part);
  return { status: response.statusCode, headers: response.headers, body };
}

/** All that is answered to a text on a connection of its own, which the balancer closes. */
async function say(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1', () => socket.write(text));
  let answer = '';
  socket.on('data', (data) => {
    answer += String(data);
  });
  await once(socket, 'close');
  return answer;
}

const READY = '{"status":"ready"}';

type Behave = (asked: ReceivedRequest, response: ServerResponse) => void;

/** Servers that are ready, and answer everything else with their number. */
async function startServers(test: TestContext, count: number, behave?: Behave): Promise<TargetServer[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, (_, index) =>
      startTargetServer({
        answer(asked, response) {
          if (asked.path === '/health/ready') response.end(READY);
          else if (index === 0 && behave !== undefined) behave(asked, response);
          else response.end(String(index));
        },
      }),
    ),
  );
  for (const server of servers) atEnd(test, () => server.close());
  return servers;
}

const portsOf = (servers: readonly TargetServer[]): number[] => servers.map(({ port }) => port);
/** What was asked of it, but for checks. */
const received = (server: TargetServer): ReceivedRequest[] =>
  server.received.filter(({ path }) => path !== '/health/ready');

describeOnBackend('the balancer', haproxyBackend(readEnvironment()), (program) => {
  const before = (
    test: TestContext,
    servers: readonly TargetServer[],
    options: Partial<BalancerOptions> & { readonly api?: string } = {},
  ) => {
    const { api = '', ...rest } = options;
    return startBalancer(test, { program, groups: { api }, ports: { api: portsOf(servers) }, ...rest });
  };

  it('shares requests by weight', async (test) => {
    const servers = await startServers(test, 2);
    const { port } = await before(test, servers, { api: 'balance: roundrobin, weights: [3, 1]' });
    for (let count = 0; count < 40; count += 1) await ask(port, { path: '/' });
    const [many = 0, few = 0] = servers.map((server) => received(server).length);
    assert.equal(many + few, 40);
    assert.ok(many >= 28 && many <= 32, `${many} of 40 for three quarters`);
  });

  it('sends to whoever has the fewest connections', async (test) => {
    const held: ServerResponse[] = [];
    const servers = await startServers(test, 2, (_asked, response) => void held.push(response));
    const { port } = await before(test, servers);
    const asked = Array.from({ length: 3 }, () => ask(port, { path: '/' }));
    await until(() => held.length > 0);
    for (let count = 0; count < 10; count += 1) assert.equal((await ask(port, { path: '/' })).body, '1');
    for (const response of held) response.end('0');
    await Promise.all(asked);
  });

  it('keeps each key with one process, shares keys evenly, and moves only those of a process that is gone', async (test) => {
    const servers = await startServers(test, 3);
    const { port } = await before(test, servers, { api: 'balance: hash path last' });
    const keys = Array.from({ length: 240 }, (_, index) => `code${index}`);
    const placesOf = async () => {
      const answers = await Promise.all(keys.map((key) => ask(port, { path: `/l/${key}` })));
      return answers.map(({ body }) => body);
    };
    const first = await placesOf();
    assert.deepEqual(await placesOf(), first);
    // The same code at a host of links, where it is the whole path.
    assert.equal((await ask(port, { path: '/code0?x=/y' })).body, first[0]);
    for (const place of ['0', '1', '2']) {
      const share = first.filter((one) => one === place).length;
      assert.ok(share > 40 && share < 130, `${share} of 240 keys for a third`);
    }
    await servers[0]?.close();
    // What is not yet noticed goes to another after a failed connection.
    await until(async () => !(await placesOf()).includes('0'));
    await until(async () => {
      const moved = (await placesOf()).filter((place, index) => place !== first[index]);
      return moved.length === first.filter((place) => place === '0').length;
    });
  });

  it('knows a caller by token, cookie or the protocols of a WebSocket, and anybody else by address', async (test) => {
    const servers = await startServers(test, 4);
    const { port } = await before(test, servers, { api: 'balance: hash caller' });
    const place = async (headers: Readonly<Record<string, string>>, localAddress = '127.0.0.1') =>
      (await ask(port, { path: '/', headers, localAddress })).body;
    const kinds: ((name: string) => Readonly<Record<string, string>>)[] = [
      (name) => ({ authorization: `Bearer ${name}` }),
      (name) => ({ cookie: `theme=dark; groundswell_session=${name}` }),
      (name) => ({ 'sec-websocket-protocol': `groundswell.v1, bearer.${name}` }),
    ];
    for (const kind of kinds) {
      const places = new Set<string>();
      for (let caller = 0; caller < 16; caller += 1) {
        const found = await place(kind(`token${caller}`));
        assert.equal(await place(kind(`token${caller}`), '127.0.0.9'), found);
        places.add(found);
      }
      assert.ok(places.size > 1, 'callers are spread');
    }
    const addresses = new Set<string>();
    for (let host = 2; host < 34; host += 1) addresses.add(await place({}, `127.0.0.${host}`));
    assert.ok(addresses.size > 1);
  });

  it('sends systems and hosts to their pools', async (test) => {
    const [rest, links, feed] = await startServers(test, 3);
    assert(rest !== undefined && links !== undefined && feed !== undefined);
    const { port } = await startBalancer(test, {
      program,
      groups: { api: '', links: 'systems: [links], hosts: ["*.go.test"]', feed: 'systems: [feed, photos]' },
      ports: { api: [rest.port], links: [links.port], feed: [feed.port] },
      settings: 'GROUNDSWELL_LINKS_URL: "https://go.example"',
    });
    const placeOf = async (path: string, host = '127.0.0.1') =>
      (await ask(port, { path, headers: { host } })).body;
    for (const path of ['/l/abc', '/api/v1/links', '/api/v1/links/1?x=1'])
      assert.equal(await placeOf(path), '1');
    for (const path of ['/api/v1/feed', '/api/v1/users/1/follow', '/api/v1/users/1/photos?limit=2']) {
      assert.equal(await placeOf(path), '2', path);
    }
    for (const path of ['/', '/links', '/api/v1/users/1', '/api/v1/users/me', '/api/v1/feeds']) {
      assert.equal(await placeOf(path), '0', path);
    }
    for (const host of ['go.example', 'GO.example:8080', 'alice.go.test']) {
      assert.equal(await placeOf('/api/v1/feed', host), '1', host);
    }
    assert.equal(await placeOf('/', 'go.test'), '0');
  });

  it('shows nobody the metrics of a process, however their path is written', async (test) => {
    const app = await createServer(serverOptions({}));
    app.get('/health/ready', { config: { access: 'public' } }, () => ({ status: 'ready' }));
    app.get('/metrics', { config: { access: 'public' } }, () => 'secret');
    app.get('/metrics-of-mine', { config: { access: 'public' } }, () => 'mine');
    await app.listen({ host: '127.0.0.1', port: 0 });
    atEnd(test, () => app.close());
    const { port: serverPort } = app.server.address() as { readonly port: number }; // It listens on a port.
    const { port } = await startBalancer(test, {
      program,
      groups: { api: '' },
      ports: { api: [serverPort] },
    });
    assert.equal((await ask(port, { path: '/metrics-of-mine' })).body, 'mine');
    const spellings = ['/metrics', '/metrics/', '/metrics//', '//metrics', '/%6detrics', '/%6Detrics/?x=1'];
    for (const path of [
      ...spellings,
      '/metrics?a=b',
      '/metrics/?',
      '/metric%73',
      '/%2fmetrics',
      '/./metrics',
    ]) {
      const { status, body } = await ask(port, { path });
      assert.equal(status, 404, path);
      assert.doesNotMatch(body, /secret/, path);
    }
  });

  it('refuses what servers might read otherwise than it does, so that nothing is smuggled in', async (test) => {
    const servers = await startServers(test, 1);
    const [server] = servers;
    assert(server !== undefined);
    const { port } = await before(test, servers);
    const post = 'POST /outer HTTP/1.1\r\nHost: a\r\n';
    const inner = 'GET /inner HTTP/1.1\r\nHost: a\r\n\r\n';
    const length = `Content-Length: ${inner.length}\r\n`;
    const refused = [
      'HELO\r\n\r\n',
      'GET /outer HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
      'GET http://b/outer HTTP/1.1\r\nHost: a\r\n\r\n',
      'GET /outer#x HTTP/1.1\r\nHost: a\r\n\r\n',
      `GET /outer HTTP/1.1\r\nHost: a\r\n:x\r\n${length}\r\n${inner}`,
      `GET /outer HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
      `${post}Content-Length: 0\r\n${length}\r\n${inner}`,
      `${post}Content-Length: +0\r\n\r\n${inner}`,
      `${post}Content-Length:\r\n\r\n${inner}`,
      `${post}${length}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${inner}`,
      `${post}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${inner}`,
      `${post}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${inner}`,
    ];
    for (const text of refused) {
      const answer = await say(port, text);
      // NOTE: its own page, until 3.3: what is refused before there is a request does not know of our problems.
      assert.match(answer, /^HTTP\/1\.1 400 /, text.slice(0, 120));
      assert.doesNotMatch(answer, /HTTP\/1\.1 200/);
    }
    assert.deepEqual(received(server), []);
    // Of two lengths the one counts that it sends on, and the connection ends with it.
    const twice = await say(port, `${post}${length}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n${inner}`);
    assert.equal(twice.match(/^HTTP\/1\.1 /gm)?.length, 1);
    assert.deepEqual(
      received(server).map(({ path, body }) => [path, body]),
      [['/outer', '']],
    );
  });

  it('repeats on another process what may be done twice, and nothing whose answer has begun', async (test) => {
    const breakOff: Behave = ({ path }, { socket }) => {
      if (path === '/half') socket?.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf');
      setTimeout(() => socket?.destroy(), 20);
    };
    const servers = await startServers(test, 2, breakOff);
    // Almost everything goes to the one that breaks off.
    const { port } = await before(test, servers, { api: 'balance: roundrobin, weights: [256, 1]' });
    const [broken] = servers;
    assert(broken !== undefined);
    const withKey = { 'idempotency-key': 'once' };
    const repeated: Asked[] = [
      { path: '/read' },
      { path: '/write', method: 'POST', headers: withKey, body: '{"text":"hello"}' },
      { path: '/erase', method: 'DELETE', headers: withKey },
    ];
    for (const asked of repeated) {
      const { status, body } = await ask(port, asked);
      assert.deepEqual([status, body], [200, '1'], asked.path);
      assert.ok(
        received(broken).some(({ path }) => path === asked.path),
        'it was tried there',
      );
    }
    const [, other] = servers;
    assert.equal(other && received(other).find(({ path }) => path === '/write')?.body, '{"text":"hello"}');
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      const { status, body } = await ask(port, { path: `/once/${method}`, method });
      assert.deepEqual([status, JSON.parse(body).code], [502, 'unavailable']);
    }
    await assert.rejects(ask(port, { path: '/half' }));
    const once = received(broken).filter(({ path }) => /^\/(once|half)/.test(path));
    assert.equal(once.length, 5, 'each was tried once');
  });

  it('says what is wrong when no process is left: to people by a page, to programs by a problem', async (test) => {
    const servers = await startServers(test, 1);
    const { port } = await before(test, servers);
    assert.equal((await ask(port, { path: '/' })).status, 200);
    for (const server of servers) await server.close();
    const accept = 'text/html,application/xhtml+xml,*/*;q=0.8';
    await until(async () => {
      const { headers } = await ask(port, { path: '/', headers: { accept } });
      return headers['content-type'] === 'text/html; charset=utf-8';
    });
    const page = await ask(port, { path: '/@alice', headers: { accept } });
    assert.equal(page.status, 503);
    assert.equal(page.headers['retry-after'], '5');
    assert.equal(page.headers['cache-control'], 'no-store');
    assert.match(page.body, /<h1>Back soon<\/h1>/);
    const problem = await ask(port, { path: '/api/v1/feed', headers: { accept: 'application/json' } });
    assert.equal(problem.status, 503);
    assert.equal(problem.headers['content-type'], PROBLEM_TYPE);
    assert.equal(problem.headers['retry-after'], '1');
    assert.equal(JSON.parse(problem.body).code, 'unavailable');
    assert.equal(
      (await ask(port, { path: '/', method: 'POST', headers: { accept } })).headers['content-type'],
      PROBLEM_TYPE,
    );
  });

  it('prefers who is ready to who is limited, and asks those when nobody is, and nobody who is neither', async (test) => {
    const states = ['ready', 'ready'];
    const servers = await Promise.all(
      states.map((_, index) =>
        startTargetServer({
          answer({ path }, response) {
            if (path !== '/health/ready') return void response.end(String(index));
            response.statusCode = states[index] === 'not_ready' ? 503 : 200;
            response.end(`{"status":"${states[index]}","checks":{"sql-store":{"status":"up"}}}`);
          },
        }),
      ),
    );
    for (const server of servers) atEnd(test, () => server.close());
    const { port } = await before(test, servers, { api: 'balance: roundrobin' });
    /** Whom of many requests reach; several in a row, for changes come between. */
    const reached = async () => {
      const answers = [];
      for (let count = 0; count < 6; count += 1) answers.push((await ask(port, { path: '/' })).body);
      return [...new Set(answers.map((body) => (body.length > 1 ? 'nobody' : body)))].sort().join();
    };
    const untilReached = (who: string) => until(async () => (await reached()) === who);
    await untilReached('0,1');
    states[0] = 'limited';
    await untilReached('1');
    states[1] = 'limited';
    await untilReached('0,1');
    states[0] = 'not_ready';
    await untilReached('1');
    states[1] = 'not_ready';
    await untilReached('nobody');
    states[0] = 'limited';
    await untilReached('0');
    states[1] = 'ready';
    await untilReached('1');
  });

  it('speaks TLS and HTTP/2, and sends there whoever comes without', async (test) => {
    const insist: Behave = ({ headers }, response) => {
      response.setHeader('strict-transport-security', 'max-age=1');
      response.end(JSON.stringify(headers));
    };
    const servers = await startServers(test, 1, insist);
    const { port, tlsPort } = await before(test, servers, { haproxy: 'tls: {}' });
    const redirect = await ask(port, {
      path: '/@alice?tab=2',
      method: 'POST',
      headers: { host: `localhost:${port}` },
    });
    assert.equal(redirect.status, 308);
    assert.equal(redirect.headers.location, `https://localhost:${tlsPort}/@alice?tab=2`);
    const toHost = (host: string) => ask(port, { path: '/', headers: { host } });
    assert.equal((await toHost('[::1]:80')).headers.location, `https://[::1]:${tlsPort}/`);
    for (const host of ['a b', 'a"b', '<script>', 'a/b', 'a@b', '[::1', 'a:b']) {
      const refused = await toHost(host);
      assert.deepEqual([refused.status, refused.headers.location], [400, undefined], host);
    }

    const forged = {
      'x-forwarded-for': '203.0.113.7',
      'x-forwarded-proto': 'gopher',
      forwarded: 'for=1.2.3.4',
    };
    const { headers, body } = await ask(tlsPort, { path: '/', headers: forged }, true);
    assert.equal(headers['strict-transport-security'], undefined, 'the certificate is self-made');
    const told = JSON.parse(body);
    assert.deepEqual(
      [told['x-forwarded-for'], told['x-forwarded-proto'], told.forwarded],
      ['127.0.0.1', 'https', undefined],
    );

    const session = connectHttp2(`https://localhost:${tlsPort}`, { rejectUnauthorized: false });
    atEnd(test, () => session.destroy());
    const streams = Array.from({ length: 5 }, () => session.request({ ':path': '/' }));
    for (const stream of streams) {
      const [answer] = await once(stream, 'response');
      assert.equal(answer[':status'], 200);
      stream.destroy();
    }
    assert.equal(session.alpnProtocol, 'h2');
  });

  it('passes on bare connections, and says whose they are', async (test) => {
    const trustedProxies = ['127.0.0.1'];
    const app = await createServer(serverOptions({ trustedProxies }));
    healthRoutes(app, { health: createHealth(systemClock), metrics: createMetrics({ version: 'test' }) });
    app.get('/who', { config: { access: 'public' } }, (asked) => asked.ip);
    acceptProxyProtocol(app, { trustedProxies });
    await app.listen({ host: '127.0.0.1', port: 0 });
    atEnd(test, () => app.close());
    const { port: serverPort } = app.server.address() as { readonly port: number }; // It listens on a port.
    const { port } = await startBalancer(test, {
      ...{ program, haproxy: 'mode: tcp', groups: { api: '' }, ports: { api: [serverPort] } },
    });
    const headers = { 'x-forwarded-for': '203.0.113.7' };
    const { body } = await ask(port, { path: '/who', localAddress: '127.0.0.7', headers });
    assert.equal(body, '127.0.0.7');
    // It cannot hide by their path what is nobody's business; the processes do.
    assert.equal((await ask(serverPort, { path: '/metrics' })).status, 200);
    assert.equal((await ask(port, { path: '/metrics' })).status, 404);
  });
});
