/** What people do with the product, over HTTP; the same on the embedded PostgreSQL and on another, by configuration. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { ServerProcess } from '../../src/bench/server-process.ts';
import type { Environment } from '../../src/config/env.ts';
import { runCommand } from '../support/command.ts';
import { createTestDatabase } from '../support/database.ts';
import { createJourneyClient, type Json, PASSWORD, type Person } from '../support/journey-client.ts';
import { describeOnKafka } from '../support/kafka-engine.ts';
import { separatePostgres } from '../support/postgres-engines.ts';
import { describeOnBackend } from '../support/required-backends.ts';
import { createServerHome, type ServerHome } from '../support/server-process.ts';
import { until } from '../support/until.ts';

interface Setting {
  readonly settings: Environment;
  /** What a command beside the server needs to reach its database. */
  readonly options: readonly string[];
  close(): Promise<void>;
}

function journey(openSetting: (home: ServerHome) => Promise<Setting>): void {
  let home: ServerHome;
  let setting: Setting;
  let server: ServerProcess;
  const client = createJourneyClient(() => server.url);
  const { signUp, signIn, call } = client;

  before(async () => {
    home = await createServerHome();
    setting = await openSetting(home);
    server = await home.start({ GROUNDSWELL_RATE_LIMITS: 'off', ...setting.settings });
  });
  after(async () => {
    await server?.stop();
    await setting?.close();
    await home?.close();
  });

  it('a post is written once, found by its author and their followers, liked, edited and deleted', async () => {
    const [alice, bob] = [await signUp('alice'), await signUp('bob')];
    const request = { body: { text: 'Hello, #world' }, headers: { 'idempotency-key': 'first' } };
    const post = await alice.post('/posts', request);
    const again = await alice.call('POST', '/posts', request);
    assert.equal(again.headers.get('idempotent-replayed'), 'true');
    assert.deepEqual(again.body, post);
    const other = { ...request, body: { text: 'something else' } };
    assert.equal((await alice.call('POST', '/posts', other)).status, 422);
    assert.deepEqual(idsOf(await alice.get(`/users/${alice.userId}/posts`)), [post.post_id]);

    assert.deepEqual(idsOf(await bob.get('/feed')), []);
    const relationship = await bob.put(`/users/${alice.userId}/follow`);
    assert.equal(relationship.following, true);
    assert.deepEqual(idsOf(await bob.get('/feed')), [post.post_id]);
    assert.deepEqual(idsOf(await bob.get('/tags/World/posts')), [post.post_id]);

    const liked = { liked: true, like_count: 1 };
    assert.deepEqual(await bob.put(`/posts/${post.post_id}/like`), liked);
    assert.deepEqual(await bob.put(`/posts/${post.post_id}/like`), liked);
    await bob.put(`/posts/${post.post_id}/repost`);
    await bob.put(`/posts/${post.post_id}/bookmark`);
    const answer = await bob.post('/posts', { body: { text: 'Hi!', reply_to_id: post.post_id } });
    const seen = await bob.get(`/posts/${post.post_id}`);
    const counts = [seen.like_count, seen.repost_count, seen.reply_count];
    assert.deepEqual([counts, seen.liked, seen.bookmarked], [[1, 1, 1], true, true]);
    assert.deepEqual(idsOf(await bob.get('/bookmarks')), [post.post_id]);
    const thread = await alice.get(`/posts/${answer.post_id}/thread`);
    assert.deepEqual(thread.ancestors.map(idOf), [post.post_id]);

    const edit = { body: { text: 'Hello, #everyone' } };
    assert.equal((await bob.call('PATCH', `/posts/${post.post_id}`, edit)).status, 403);
    const edited = await alice.call('PATCH', `/posts/${post.post_id}`, edit);
    assert.deepEqual([edited.body.text, edited.body.tags], ['Hello, #everyone', ['everyone']]);
    const edits = await bob.get(`/posts/${post.post_id}/edits`);
    assert.deepEqual(
      edits.items.map(({ text }: Json) => text),
      ['Hello, #world'],
    );
    assert.equal((await alice.call('DELETE', `/posts/${post.post_id}`)).status, 204);
    assert.equal((await bob.call('GET', `/posts/${post.post_id}`)).status, 404);
    assert.deepEqual(idsOf(await alice.get('/feed')), []);
    // What others have reposted of it is gone within a second.
    await until(async () => idsOf(await bob.get(`/users/${bob.userId}/posts`)).length === 1);
    assert.deepEqual(idsOf(await bob.get(`/users/${bob.userId}/posts`)), [answer.post_id]);
  });

  it('a list is walked page by page, with nothing left out and nothing twice', async () => {
    const [alice, bob] = [await signUp('alice'), await signUp('bob')];
    await bob.put(`/users/${alice.userId}/follow`);
    const written: string[] = [];
    for (let n = 0; n < 7; n += 1) written.push(idOf(await alice.post('/posts', { body: { text: `${n}` } })));
    const walked: string[] = [];
    let pages = 0;
    for (let token: string | null = ''; token !== null; pages += 1) {
      const page: Json = await bob.get(`/feed?limit=3${token === '' ? '' : `&page_token=${token}`}`);
      walked.push(...idsOf(page));
      token = page.next_page_token;
    }
    assert.equal(pages, 3);
    assert.deepEqual(walked, written.reverse());
  });

  it('a locked account decides who follows it, and a block ends what there was', async () => {
    const [alice, bob] = [await signUp('alice'), await signUp('bob')];
    assert.equal((await alice.call('PATCH', '/users/me', { body: { locked: true } })).body.locked, true);
    const post = await alice.post('/posts', { body: { text: 'for friends', visibility: 'followers' } });
    const asked = await bob.put(`/users/${alice.userId}/follow`);
    assert.deepEqual([asked.following, asked.requested], [false, true]);
    assert.equal((await bob.call('GET', `/posts/${post.post_id}`)).status, 404);
    const requests = await alice.get('/follow_requests');
    assert.deepEqual(
      requests.items.map(({ user }: Json) => user.user_id),
      [bob.userId],
    );
    await alice.post(`/follow_requests/${bob.userId}/accept`);
    assert.deepEqual(idsOf(await bob.get('/feed')), [post.post_id]);
    const me = await alice.get('/users/me');
    assert.equal(me.follower_count, 1);

    await alice.put(`/users/${bob.userId}/block`);
    assert.deepEqual(idsOf(await bob.get('/feed')), []);
    assert.equal((await bob.call('GET', `/posts/${post.post_id}`)).status, 404);
    assert.equal((await bob.call('PUT', `/users/${alice.userId}/follow`)).status, 403);
    assert.equal((await alice.get('/users/me')).follower_count, 0);
  });

  it('a page signs in with a cookie, writes with its CSRF token, and signs out', async () => {
    const { username } = await signUp('carol');
    const signedIn = await call('POST', '/sessions', {
      body: { username, password: PASSWORD, cookie: true },
    });
    assert.equal(signedIn.body.access_token, null);
    const setCookie = signedIn.headers.get('set-cookie') ?? '';
    assert.match(setCookie, /HttpOnly/);
    assert.match(setCookie, /SameSite=/);
    const cookie = setCookie.split(';')[0] ?? '';
    const csrf = { 'x-csrf-token': signedIn.body.csrf_token };
    const post = { body: { text: 'from a page' } };
    const write = (headers: Record<string, string>) =>
      call('POST', '/posts', { ...post, headers: { cookie, ...headers } });
    assert.equal((await call('GET', '/users/me', { headers: { cookie } })).body.username, username);
    assert.equal((await write({})).status, 403);
    assert.equal((await write({ ...csrf, origin: 'https://evil.example' })).status, 403);
    assert.equal((await write({ ...csrf, origin: server.url })).status, 201);
    const left = await call('DELETE', '/sessions/current', { headers: { cookie, ...csrf } });
    assert.equal(left.status, 204);
    assert.equal((await call('GET', '/users/me', { headers: { cookie } })).status, 401);
  });

  it('a token that is signed out is refused at once, and the others go on', async () => {
    const alice = await signUp('alice');
    const second = await signIn(alice.username, alice.password);
    assert.equal((await alice.get('/sessions')).items.length, 2);
    assert.equal((await alice.call('DELETE', '/sessions/current')).status, 204);
    assert.equal((await alice.call('GET', '/users/me')).status, 401);
    const authorization = `Bearer ${second.body.access_token}`;
    assert.equal((await call('GET', '/users/me', { headers: { authorization } })).status, 200);
  });

  it('a forgotten password is replaced by mail, once, and ends all sessions', async () => {
    const dave = await signUp('dave', { email: 'dave@example.org' });
    const asked = await call('POST', '/password-resets', { body: { username: dave.username } });
    assert.equal(asked.status, 202);
    const token = await mailedToken(home, dave);
    const reset = { body: { password: 'a new and better one' } };
    assert.equal((await call('PUT', `/password-resets/${token}`, reset)).status, 204);
    assert.equal((await call('PUT', `/password-resets/${token}`, reset)).status, 404);
    assert.equal((await dave.call('GET', '/users/me')).status, 401);
    assert.equal((await signIn(dave.username, dave.password)).status, 401);
    assert.equal((await signIn(dave.username, 'a new and better one')).status, 201);
  });

  it('a report reaches the moderators, and a suspension signs out and hides', async () => {
    const [alice, bob, erin] = [await signUp('alice'), await signUp('bob'), await signUp('erin')];
    const post = await bob.post('/posts', { body: { text: 'buy now' } });
    await alice.post('/reports', { body: { post_id: post.post_id, reason: 'spam' } });
    assert.equal((await erin.call('GET', '/moderation/reports')).status, 403);
    const appointed = await runCommand(['admin', 'promote', erin.username, 'moderator', ...setting.options]);
    assert.equal(appointed.code, 0, appointed.stderr);
    await until(async () => (await erin.call('GET', '/moderation/reports')).status === 200);
    const reports = await erin.get('/moderation/reports?status=open');
    assert.equal(reports.items[0].post_id, post.post_id);

    await erin.post(`/moderation/users/${bob.userId}/suspend`, { body: { reason: 'spam' } });
    assert.equal((await bob.call('GET', '/users/me')).status, 401);
    assert.equal((await signIn(bob.username, bob.password)).status, 403);
    await until(async () => (await alice.call('GET', `/posts/${post.post_id}`)).status === 404);
    await erin.post(`/moderation/users/${bob.userId}/restore`);
    await until(async () => (await alice.call('GET', `/posts/${post.post_id}`)).status === 200);
    const { report_id } = reports.items[0];
    const resolved = await erin.post(`/moderation/reports/${report_id}/resolve`, {
      body: { note: 'talked to' },
    });
    assert.equal(resolved.status, 'resolved');
  });

  it('an account that is deleted is gone, with its posts, and its name stays taken', async () => {
    const [alice, bob] = [await signUp('alice'), await signUp('bob')];
    const post = await alice.post('/posts', { body: { text: 'soon gone' } });
    const gone = await alice.call('DELETE', '/users/me', { body: { password: alice.password } });
    assert.equal(gone.status, 204);
    assert.equal((await bob.call('GET', `/users/${alice.userId}`)).status, 404);
    await until(async () => (await bob.call('GET', `/posts/${post.post_id}`)).status === 404);
    const { username, password } = alice;
    assert.equal((await call('POST', '/users', { body: { username, password } })).status, 409);
  });
}

function idOf(post: Json): string {
  return post.post_id;
}

function idsOf(page: Json): string[] {
  return page.items.map(idOf);
}

/** From the mail that the server has written into its folder. */
async function mailedToken({ dataFolder }: ServerHome, { username }: Person): Promise<string> {
  const folder = path.join(dataFolder, 'mail');
  let token: string | undefined;
  await until(async () => {
    const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.eml'));
    const mails = await Promise.all(names.map((name) => readFile(path.join(folder, name), 'utf8')));
    const mail = mails.find((text) => text.includes(username));
    token = mail?.match(/\/api\/v1\/password-resets\/([\w-]+)/)?.[1];
    return token !== undefined;
  });
  return token ?? assert.fail('no token');
}

describe('a journey on the embedded PostgreSQL', () => {
  journey(async ({ dataFolder }) => ({
    settings: {},
    options: ['--data', dataFolder],
    close: async () => undefined,
  }));
});

describeOnBackend(
  'a journey',
  { backend: 'postgres', engine: separatePostgres(), remedy: 'set GROUNDSWELL_TEST_POSTGRES_URL' },
  (engine) => {
    journey(async () => {
      const database = await engine.createDatabase({ migrated: false });
      return {
        settings: { GROUNDSWELL_DATABASE_URL: database.url },
        options: ['--database-url', database.url],
        close: () => database.drop(),
      };
    });
  },
);

describeOnKafka('a journey with its events', (engine) => {
  journey(async () => {
    const database = await createTestDatabase();
    const { url } = database;
    return {
      settings: { GROUNDSWELL_DATABASE_URL: url, GROUNDSWELL_EVENT_LOG_URL: engine.newUrl() },
      options: ['--database-url', url],
      close: () => database.close(),
    };
  });
});
