import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { serverOptions } from '../../test/support/server-options.ts';
import { type App, createServer } from './server.ts';
import { isWebAppAddress, WEB_APP_ADDRESSES } from './web-app-addresses.ts';
import { webAppRoutes } from './web-app-routes.ts';

describe('the web app', () => {
  let app: App;
  before(async () => {
    app = await createServer(serverOptions());
    await webAppRoutes(app);
    await app.ready();
  });
  after(() => app.close());

  const html = { accept: 'text/html,application/xhtml+xml' };

  it('is one page at all of its addresses, which allows nothing but files of the server', async () => {
    for (const url of [
      '/',
      '/@alice',
      '/@alice/1537057981898760',
      '/links/1537057981898760',
      '/settings/keys',
    ]) {
      const { statusCode, headers, body } = await app.inject({ url, headers: html });
      assert.equal(statusCode, 200);
      assert.match(String(headers['content-type']), /^text\/html/);
      assert.match(
        String(headers['content-security-policy']),
        /^default-src 'none'; script-src 'self'; style-src 'self';/,
      );
      assert.doesNotMatch(body, /<script>|<style|style=|https?:\/\//);
    }
  });

  it('has the theme that the reader chose, and no other text of theirs', async () => {
    const themed = async (cookie: string) => (await app.inject({ url: '/', headers: { cookie } })).body;
    assert.match(await themed('a=b; groundswell_theme=dark'), /<html data-theme="dark" /);
    assert.doesNotMatch(await themed('groundswell_theme="><script>'), /data-theme/);
  });

  it('sends files compressed, for ever, and none from elsewhere', async () => {
    const script = /assets\/[\w-]+\.js/.exec((await app.inject('/')).body)?.[0];
    const { statusCode, headers } = await app.inject({
      url: `/${script}`,
      headers: { 'accept-encoding': 'br, gzip' },
    });
    assert.equal(statusCode, 200);
    assert.equal(headers['content-encoding'], 'br');
    assert.equal(headers['cache-control'], 'public, max-age=31536000, immutable');
    for (const url of [
      '/assets/none.js',
      '/assets/../index.html',
      '/assets/..%2findex.html',
      '/assets/%2e%2e%2fpackage.json',
    ])
      assert([403, 404].includes((await app.inject(url)).statusCode), url);
  });

  it('has a worker at its root, which is looked at anew each time and names the files of the page', async () => {
    const { statusCode, headers, body } = await app.inject('/service-worker.js');
    assert.equal(statusCode, 200);
    assert.deepEqual(
      [headers['cache-control'], headers['service-worker-allowed'], headers['content-type']],
      ['no-cache', '/', 'text/javascript; charset=utf-8'],
    );
    assert.match(String(headers['content-security-policy']), /^default-src 'none'; connect-src 'self'/);
    const { body: page } = await app.inject('/');
    for (const [file] of page.matchAll(/\/assets\/[\w.-]+/g)) assert(body.includes(`"${file}"`), file);
    assert.doesNotMatch(body, /__SHELL__|\.br"/);
  });

  it('is known to its worker by the addresses that the server knows', () => {
    for (const address of WEB_APP_ADDRESSES) {
      const path = address.replaceAll(/:\w+|\*/g, 'one');
      assert(isWebAppAddress(path), path);
    }
    for (const path of ['/docs', '/welcome', '/api/v1/feed', '/l/abc', '/assets/a.js', '/signing', '/linksy'])
      assert(!isWebAppAddress(path), path);
  });

  it('says to a person that there is no such page, and to a program by a problem', async () => {
    const page = await app.inject({ url: '/nothing', headers: html });
    assert.deepEqual(
      [page.statusCode, /^text\/html/.test(String(page.headers['content-type']))],
      [404, true],
    );
    for (const [url, headers] of [
      ['/nothing', {}],
      ['/api/v1/nothing', html],
    ] as const) {
      const { statusCode, headers: answered } = await app.inject({ url, headers });
      assert.deepEqual([statusCode, answered['content-type']], [404, 'application/problem+json']);
    }
  });
});
