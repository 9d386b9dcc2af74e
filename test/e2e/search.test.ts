/** Search, trends and suggestions over HTTP, from a real server. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { ServerProcess } from '../../src/bench/server-process.ts';
import { runCommand } from '../support/command.ts';
import { createServerHome, type ServerHome } from '../support/server-process.ts';
import { until } from '../support/until.ts';

interface Person {
  readonly userId: string;
  readonly username: string;
  readonly token: string;
}

describe('search', () => {
  let home: ServerHome;
  let server: ServerProcess;
  let alice: Person;
  let bob: Person;
  let carol: Person;
  before(async () => {
    home = await createServerHome();
    server = await home.start({ GROUNDSWELL_RATE_LIMITS: 'off' });
    alice = await signUp('alice', 'Älice of the Alps');
    bob = await signUp('bob');
    carol = await signUp('carol');
  });
  after(() => home.close());

  interface Answer {
    readonly status: number;
    // biome-ignore lint/suspicious/noExplicitAny: the tests look into whatever came back
    readonly body: any;
  }

  async function call(method: string, path: string, person?: Person, body?: object): Promise<Answer> {
    const headers: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
    if (person !== undefined) headers['authorization'] = `Bearer ${person.token}`;
    const answer = await fetch(`${server.url}/api/v1${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: answer.status === 204 ? undefined : await answer.json() };
  }

  async function signUp(username: string, displayName = username): Promise<Person> {
    const { status, body } = await call('POST', '/users', undefined, {
      username,
      display_name: displayName,
      password: 'correct horse battery staple',
    });
    assert.equal(status, 201, JSON.stringify(body));
    return { userId: body.user.user_id, username, token: body.access_token };
  }

  async function post(author: Person, text: string, fields: object = {}): Promise<string> {
    const { status, body } = await call('POST', '/posts', author, { text, ...fields });
    assert.equal(status, 201, JSON.stringify(body));
    return body.post_id;
  }

  const searchPath = (q: string, fields: Readonly<Record<string, string>> = {}): string =>
    `/search?${new URLSearchParams({ q, ...fields })}`;

  async function found(person: Person | undefined, q: string): Promise<string[]> {
    const { status, body } = await call('GET', searchPath(q), person);
    assert.equal(status, 200, JSON.stringify(body));
    return body.items.map((item: { readonly post_id: string }) => item.post_id);
  }

  const findsSoon = (person: Person | undefined, q: string, ids: readonly string[]) =>
    until(async () => (await found(person, q)).join() === ids.join());

  it('finds posts within a moment, as the feed shows them, and only for those who may see them', async () => {
    const open = await post(alice, 'The funicular is running', { language: 'en' });
    const narrow = await post(alice, 'My own funicular', { visibility: 'followers' });
    const direct = await post(alice, '@carol a secret funicular', { visibility: 'direct' });
    await findsSoon(alice, 'funiculars', [open]);
    await findsSoon(alice, 'funicular', [direct, narrow, open]);
    assert.deepEqual(await found(undefined, 'funicular run'), [open]);
    assert.deepEqual(await found(bob, 'funicular'), [open]);
    assert.deepEqual(await found(carol, 'funicular'), [direct, open]);
    await call('PUT', `/users/${alice.userId}/follow`, bob);
    assert.deepEqual(await found(bob, 'funicular'), [narrow, open]);
    const { body } = await call('GET', searchPath('running funicular'), bob);
    const { body: shown } = await call('GET', `/posts/${open}`, bob);
    assert.deepEqual(body.items, [shown]);
    await call('PUT', `/users/${alice.userId}/block`, bob);
    assert.deepEqual(await found(bob, 'funicular'), []);
    await call('DELETE', `/users/${alice.userId}/block`, bob);
    await call('DELETE', `/posts/${open}`, alice);
    assert.deepEqual(await found(undefined, 'funicular'), []);
  });

  it('finds 東京 inside of a sentence', async () => {
    const postId = await post(bob, '昨日は東京都に行きました。', { language: 'ja' });
    await findsSoon(undefined, '東京', [postId]);
  });

  it('pages through posts by tokens, whatever is written meanwhile', async () => {
    const postIds: string[] = [];
    for (let count = 0; count < 5; count += 1) postIds.unshift(await post(carol, `lighthouse ${count}`));
    await findsSoon(undefined, 'lighthouse', postIds);
    const walked: string[] = [];
    let token: string | null = '';
    while (token !== null) {
      const path = searchPath('lighthouse', { limit: '2', page_token: token });
      const { body }: Answer = await call('GET', path);
      walked.push(...body.items.map((item: { readonly post_id: string }) => item.post_id));
      token = body.next_page_token;
      if (walked.length === 2) await findsSoon(undefined, 'late', [await post(carol, 'late lighthouse')]);
    }
    assert.deepEqual(walked, postIds);
  });

  it('finds users and tags', async () => {
    await post(alice, '#Zürich is a town');
    const names = async (type: string, q: string) =>
      (await call('GET', searchPath(q, { type }), bob)).body.items;
    await until(async () => (await names('tags', 'zur')).length === 1);
    assert.deepEqual(await names('tags', '#zur'), [{ tag: 'zürich', use_count: 1 }]);
    const [user, ...others] = await names('users', 'alic');
    assert.equal(user.username, 'alice');
    assert.equal(typeof user.relationship.following, 'boolean');
    assert.deepEqual(others, []);
    assert.equal((await names('users', 'ÄLPS'))[0].username, 'alice');
    assert.equal((await names('users', '@Bob'))[0].username, 'bob');
  });

  it('says what is wrong with a question', async () => {
    const wrong: readonly (readonly [string, RegExp])[] = [
      ['/search', /q/],
      [searchPath(''), /q/],
      [searchPath('🎉'.repeat(200)), /something to look for/],
      [searchPath('\0'), /something to look for/],
      [searchPath('x'.repeat(201)), /200/],
      [searchPath('x'.repeat(2_000)), /q/],
      [searchPath('a since:soon'), /2026-01-31/],
      [searchPath('a', { type: 'everything' }), /type/],
      [searchPath('a', { limit: '101' }), /limit/],
      [searchPath('a', { page_token: 'nonsense' }), /page_token/],
      [searchPath('a', { type: 'users', page_token: 'nonsense' }), /page_token/],
      [searchPath('a', { type: 'tags', page_token: 'nonsense' }), /page_token/],
      ['/trends/tags?window=week', /window/],
      ['/trends/tags?limit=51', /limit/],
    ];
    for (const [path, message] of wrong) {
      const { status, body } = await call('GET', path);
      assert.equal(status, 422, path);
      assert.match(JSON.stringify(body.errors), message, path);
    }
    assert.equal((await call('GET', '/suggestions')).status, 401);
    assert.equal((await call('GET', '/suggestions?limit=41', alice)).status, 422);
  });

  it('takes anything else for words', async () => {
    const postId = await post(bob, `Robert'); DROP TABLE students;-- "quoted" <script>`);
    await findsSoon(undefined, "robert'); DROP TABLE students;--", [postId]);
    for (const q of [
      '"quoted"',
      'script & !x',
      "' | '",
      'a:*',
      '\u202ebob\u202c',
      `"${'a '.repeat(90)}`,
      '((',
    ]) {
      assert.ok([200, 422].includes((await call('GET', searchPath(q))).status), q);
    }
  });

  it('suggests friends of friends until they are dismissed or followed', async () => {
    const [dave, erin] = [await signUp('dave'), await signUp('erin')];
    await call('PUT', `/users/${carol.userId}/follow`, dave);
    await call('PUT', `/users/${erin.userId}/follow`, carol);
    await call('PUT', `/users/${bob.userId}/follow`, carol);
    const suggested = async (): Promise<string[]> =>
      (await call('GET', '/suggestions?limit=2', dave)).body.items.map(
        ({ username }: { readonly username: string }) => username,
      );
    assert.deepEqual((await suggested()).toSorted(), ['bob', 'erin']);
    const key = { 'idempotency-key': 'dismiss-once' };
    for (let times = 0; times < 2; times += 1) {
      const answer = await fetch(`${server.url}/api/v1/suggestions/${erin.userId}`, {
        method: 'DELETE',
        headers: { authorization: `Bearer ${dave.token}`, ...key },
      });
      assert.equal(answer.status, 204);
    }
    await call('PUT', `/users/${bob.userId}/follow`, dave);
    assert.ok(!(await suggested()).some((username) => ['bob', 'erin', 'dave', 'carol'].includes(username)));
  });

  it('shows trends to everybody, and how late the index is to operators', async () => {
    const { status, body } = await call('GET', '/trends/tags?window=hour');
    assert.equal(status, 200);
    assert.ok(Array.isArray(body.items));
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    assert.match(metrics, /^search_index_lag_seconds_count\{topic="posts"\} [1-9]/m);
  });

  it('is made anew beside the running server', async () => {
    const { code, stdout, stderr } = await runCommand(['search', 'reindex', '--data', home.dataFolder]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^Indexed \d+ posts and \d+ users in /);
    assert.equal((await found(undefined, 'lighthouse')).length, 6);
  });

  it('finds what was seeded beside the running server', async () => {
    const seeded = await runCommand(['seed', '--people', '20', '--posts', '60', '--data', home.dataFolder]);
    assert.equal(seeded.code, 0, seeded.stderr);
    await until(async () => (await found(undefined, 'the')).length > 5, 30_000);
    const { body } = await call('GET', searchPath('person_1', { type: 'users' }));
    assert.equal(body.items[0].username, 'person_1');
  });
});
