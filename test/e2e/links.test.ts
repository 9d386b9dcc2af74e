/** Short links as people use them: two servers with one database, real passwords, and a restart. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { ServerProcess } from '../../src/bench/server-process.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { createServerHome, type ServerHome } from '../support/server-process.ts';
import { until } from '../support/until.ts';

const TARGET = 'https://example.org/spring?ref=poster#top';
const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

interface MadeLink {
  readonly link_id: string;
  readonly code: string;
  readonly short_url: string;
}

describe('short links', () => {
  let database: TestDatabase;
  let homes: ServerHome[];
  let servers: ServerProcess[];
  let token: string;
  before(async () => {
    database = await createTestDatabase();
    homes = [await createServerHome(), await createServerHome()];
    const settings = { GROUNDSWELL_DATABASE_URL: database.url, GROUNDSWELL_RATE_LIMITS: 'off' };
    servers = await Promise.all(homes.map((home) => home.start(settings)));
    const body = { username: 'alice', password: 'correct horse battery' };
    // As the API says.
    const signedUp = (await (await post('/users', body)).json()) as { access_token: string };
    token = signedUp.access_token;
  });
  after(async () => {
    for (const home of homes) await home.close();
    await database.close();
  });

  const serverAt = (place: number): ServerProcess => {
    const server = servers[place % servers.length];
    assert.ok(server !== undefined);
    return server;
  };

  function post(path: string, body: object, place = 0): Promise<Response> {
    return fetch(`${serverAt(place).url}/api/v1${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      body: JSON.stringify(body),
    });
  }

  async function create(body: object): Promise<MadeLink> {
    const answer = await post('/links', body);
    assert.equal(answer.status, 201, await answer.clone().text());
    // As the API says.
    return (await answer.json()) as MadeLink;
  }

  const open = (code: string, place = 0, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${serverAt(place).url}/l/${code}`, {
      redirect: 'manual',
      headers: { 'user-agent': BROWSER, ...headers },
    });

  it('lead to their target from whichever server, at once', async () => {
    const { code, short_url } = await create({ url: TARGET });
    assert.equal(short_url, `${serverAt(0).url}/l/${code}`);
    for (const place of [1, 0, 1, 0]) {
      const answer = await open(code, place);
      assert.equal(answer.status, 302);
      assert.equal(answer.headers.get('location'), TARGET);
    }
  });

  it('that may be opened 100 times lead 500 visitors of two servers there exactly 100 times', async () => {
    const { code } = await create({ url: TARGET, max_visits: 100 });
    const answers = await Promise.all(Array.from({ length: 500 }, (_, place) => open(code, place)));
    const led = answers.filter((answer) => answer.headers.get('location') === TARGET);
    assert.equal(led.length, 100);
    assert.ok(led.every(({ status }) => status === 302));
    assert.equal(answers.filter(({ status }) => status === 410).length, 400);
  });

  it('with a password are opened by a form that leads to the target', async () => {
    const { code } = await create({ url: TARGET, password: 'open sesame' });
    assert.match(await (await open(code)).text(), /<form method="post">/);
    const send = (password: string): Promise<Response> =>
      fetch(`${serverAt(1).url}/l/${code}`, {
        method: 'POST',
        redirect: 'manual',
        headers: { 'user-agent': BROWSER },
        body: new URLSearchParams({ password }),
      });
    assert.equal((await send('open says me')).status, 403);
    const right = await send('open sesame');
    assert.equal(right.status, 303);
    assert.equal(right.headers.get('location'), TARGET);
  });

  it('that are changed or deleted on one server are so on the other within a second', async () => {
    const { code, link_id } = await create({ url: TARGET });
    await open(code, 1);
    const change = (method: string, body?: object): Promise<Response> =>
      fetch(`${serverAt(0).url}/api/v1/links/${link_id}`, {
        method,
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    assert.equal((await change('PATCH', { url: 'https://example.org/new' })).status, 200);
    assert.equal((await open(code, 0)).headers.get('location'), 'https://example.org/new');
    await until(
      async () => (await open(code, 1)).headers.get('location') === 'https://example.org/new',
      1_000,
    );
    const deleted = await fetch(`${serverAt(0).url}/api/v1/links/${link_id}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${token}` },
    });
    assert.equal(deleted.status, 204);
    assert.equal((await open(code, 0)).status, 410);
    await until(async () => (await open(code, 1)).status === 410);
  });

  it('keep their codes over a restart, and no code is given out again', async () => {
    const before = await Promise.all(Array.from({ length: 50 }, () => create({ url: TARGET })));
    const [home] = homes;
    await serverAt(0).stop();
    const settings = { GROUNDSWELL_DATABASE_URL: database.url, GROUNDSWELL_RATE_LIMITS: 'off' };
    servers[0] = (await home?.start(settings)) ?? serverAt(1);
    const later = await Promise.all(Array.from({ length: 50 }, () => create({ url: TARGET })));
    const codes = [...before, ...later].map(({ code }) => code);
    assert.equal(new Set(codes).size, 100);
    for (const code of codes.slice(0, 5)) assert.equal((await open(code)).status, 302);
  });

  it('are counted with the requests, by their template', async () => {
    const text = await (await fetch(`${serverAt(0).url}/metrics`)).text();
    assert.match(
      text,
      /http_requests_total\{method="GET",route="\/l\/:code",status="302",priority="critical"\} [1-9]/,
    );
  });
});
