/** What every way to somebody else's server promises, however bad that server is. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startTargetServer, type TargetServer } from '../../../test/support/target-server.ts';
import { until } from '../../../test/support/until.ts';
import { hasCode } from '../../core/errors.ts';
import { HEADER_BYTES_MAX, type OutboundHttp, type OutboundRequest, REDIRECTS_MAX } from './outbound-http.ts';

export interface OutboundHttpContractDeps {
  /** One that may reach private addresses, where the targets of this suite are, and one that must not. */
  open(): Promise<{ allowing: OutboundHttp; refusing: OutboundHttp; close(): Promise<void> }>;
}

/** Long for a server on this machine, and short enough to wait for. */
const TIMEOUT_MS = 400;
/** A machine that does much else is late, but no minutes. */
const LATE_MS = 3_000;

export function outboundHttpContract(name: string, deps: OutboundHttpContractDeps): void {
  describe(`${name} is an outbound-http`, () => {
    let subject: Awaited<ReturnType<OutboundHttpContractDeps['open']>>;
    let target: TargetServer;
    before(async () => {
      subject = await deps.open();
      target = await startTargetServer();
    });
    after(async () => {
      await subject.close();
      await target.close();
    });

    const requestOf = (path: string, change: Partial<OutboundRequest> = {}): OutboundRequest => ({
      method: 'GET',
      url: new URL(path, target.url).href,
      timeoutMs: 5_000,
      responseBytesMax: 10_000,
      redirectsMax: 0,
      ...change,
    });
    const send = (path: string, change?: Partial<OutboundRequest>) =>
      subject.allowing.send(requestOf(path, change));
    const fails = async (
      code: 'invalid' | 'unavailable' | 'timeout',
      path: string,
      change?: Partial<OutboundRequest>,
    ) => {
      const startMs = performance.now();
      let message = '';
      await assert.rejects(send(path, change), (error) => {
        assert(hasCode(error, code), `${path}: ${error}`);
        message = error.message;
        return true;
      });
      assert.ok(performance.now() - startMs < LATE_MS, `${path} took too long`);
      return message;
    };

    it('answers what the server answers, of any status', async () => {
      const { status, body, complete, url, tookMs } = await send('/ok');
      assert.deepEqual([status, body.toString(), complete], [200, 'fine', true]);
      assert.equal(url, `${target.url}/ok`);
      assert.ok(tookMs > 0 && tookMs < LATE_MS);
      const refused = await send('/status?code=503&retry_after=7');
      assert.equal(refused.status, 503);
      assert.equal(refused.headers['retry-after'], '7');
      assert.equal((await send('/nowhere')).status, 404);
    });

    it('sends method, headers and body, says who it is and asks for nothing packed', async () => {
      const headers = { 'content-type': 'application/json', 'x-own': 'yes' };
      const answer = await send('/echo?a=b', { method: 'POST', headers, body: '{"ü":1}' });
      const echo = JSON.parse(answer.body.toString());
      assert.deepEqual([echo.method, echo.path, echo.body], ['POST', '/echo?a=b', '{"ü":1}']);
      assert.equal(echo.headers['x-own'], 'yes');
      assert.equal(echo.headers['content-length'], '8');
      assert.equal(echo.headers['accept-encoding'], 'identity');
      assert.equal(echo.headers.host, new URL(target.url).host);
      assert.match(echo.headers['user-agent'], /^Groundswell\//);
    });

    it('reads bodies up to the limit and says when there was more', async () => {
      const at = await send('/body?bytes=10000');
      assert.deepEqual([at.body.length, at.complete], [10_000, true]);
      const past = await send('/body?bytes=10001');
      assert.deepEqual([past.body.length, past.complete], [10_000, false]);
      const none = await send('/ok', { responseBytesMax: 0 });
      assert.deepEqual([none.status, none.body.length, none.complete], [200, 0, false]);
    });

    it('ends an endless body, and unpacks nothing', async () => {
      const endless = await send('/endless-body');
      assert.deepEqual([endless.status, endless.body.length, endless.complete], [200, 10_000, false]);
      const bomb = await send('/bomb', { responseBytesMax: 1_000_000 });
      assert.equal(bomb.headers['content-encoding'], 'gzip');
      assert.ok(bomb.body.length < 20_000);
    });

    it('answers with what it has of a body that is slow or breaks off', async () => {
      const slow = await send('/slow-body', { timeoutMs: TIMEOUT_MS });
      assert.deepEqual([slow.status, slow.complete], [200, false]);
      assert.match(slow.body.toString(), /^x+$/);
      assert.ok(slow.tookMs < LATE_MS);
      const half = await send('/half');
      assert.deepEqual([half.status, half.body.toString(), half.complete], [200, 'half', false]);
    });

    it('gives up in time on a server that says nothing, or goes on without an answer', async () => {
      for (const path of ['/silence', '/slow-headers', '/endless-continues']) {
        assert.match(await fails('timeout', path, { timeoutMs: TIMEOUT_MS }), /no answer within 0\.4 s/);
      }
    });

    it('fails clearly where there is no answer that could be read', async () => {
      assert.match(await fails('unavailable', '/endless-headers'), new RegExp(`${HEADER_BYTES_MAX} bytes`));
      assert.match(await fails('unavailable', '/reset'), /broke off/);
      assert.match(await fails('unavailable', '/garbage'), /not HTTP/);
      assert.match(await fails('unavailable', '/other-protocol'), /another protocol/);
      const tls = await fails('unavailable', '/ok', { url: `${target.url.replace('http:', 'https:')}/ok` });
      assert.match(tls, /TLS/);
    });

    it('says that nothing was sent when nobody listens', async () => {
      const gone = await startTargetServer();
      await gone.close();
      await assert.rejects(send('/', { url: gone.url }), (error) => {
        return hasCode(error, 'unavailable') && error.outcome === 'not_applied';
      });
    });

    it('holds no connection once it has answered or failed', async () => {
      await until(() => target.open() === 0);
    });

    it('answers with a redirect, or follows as many as it is told', async () => {
      const to = encodeURIComponent('/ok?x');
      const path = `/redirect?to=${to}`;
      const first = await send(path);
      assert.deepEqual([first.status, first.headers['location']], [302, '/ok?x']);
      const followed = await send(path, { redirectsMax: 1 });
      assert.deepEqual([followed.status, followed.url], [200, `${target.url}/ok?x`]);
      const before = target.received.length;
      assert.equal((await send('/loop', { redirectsMax: REDIRECTS_MAX })).status, 302);
      assert.equal(target.received.length, before + 1 + REDIRECTS_MAX);
    });

    it('keeps method and body at 307 and 308, and asks with GET after the others', async () => {
      for (const code of [301, 302, 303, 307, 308]) {
        const path = `/redirect?code=${code}&to=${encodeURIComponent('/echo')}`;
        const answer = await send(path, { method: 'POST', body: 'hello', redirectsMax: 1 });
        const echo = JSON.parse(answer.body.toString());
        assert.deepEqual([echo.method, echo.body], code < 304 ? ['GET', ''] : ['POST', 'hello'], `${code}`);
      }
    });

    it('takes to another origin no header that says who asks', async () => {
      const other = await startTargetServer();
      const headers = {
        authorization: 'Bearer secret',
        'webhook-signature': 'v1,secret',
        'content-type': 'text/x',
      };
      const echoOf = async (origin: string) => {
        const path = `/redirect?code=307&to=${encodeURIComponent(`${origin}/echo`)}`;
        const answer = await send(path, { method: 'POST', headers, body: 'x', redirectsMax: 1 });
        return JSON.parse(answer.body.toString()).headers;
      };
      const same = await echoOf(target.url);
      assert.equal(same.authorization, 'Bearer secret');
      const foreign = await echoOf(other.url);
      assert.equal(foreign['content-type'], 'text/x');
      assert.equal(foreign.authorization, undefined);
      assert.equal(foreign['webhook-signature'], undefined);
      await other.close();
    });

    it('follows no redirect to what is no target', async () => {
      for (const to of [
        'javascript:alert(1)',
        'file:///etc/passwd',
        'http://alice:secret@example.org/',
        `http://127.0.0.1:22/`,
        'http://[',
      ]) {
        await fails('invalid', `/redirect?to=${encodeURIComponent(to)}`, { redirectsMax: 1 });
      }
    });

    it('refuses URLs that are no target, before anything is sent', async () => {
      for (const url of [
        'no url',
        'ftp://example.org/',
        'http://alice@example.org/',
        'http://example.org:22/',
        'http://example.org:1023/',
        'https://example.org:25/',
      ]) {
        await fails('invalid', '/', { url });
      }
    });

    it('refuses private addresses unless they are allowed, in every spelling', async () => {
      const before = target.connections();
      const { port } = target;
      for (const host of [
        '127.0.0.1',
        '127.1',
        '0x7f.1',
        '2130706433',
        '0',
        '[::ffff:127.0.0.1]',
        '[::1]',
        'localhost',
        'localhost.',
        '169.254.169.254',
        '10.0.0.1',
        '[fd00::1]',
        'printer.local',
      ]) {
        const request = requestOf('/', { url: `http://${host}:${port}/ok` });
        await assert.rejects(subject.refusing.send(request), (error) => {
          return hasCode(error, 'invalid') && error.outcome === 'not_applied';
        });
      }
      assert.equal(target.connections(), before);
    });
  });
}
