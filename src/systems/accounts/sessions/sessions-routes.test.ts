import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  type AccountsSetting,
  createAccountsSetting,
  PASSWORD,
} from '../../../../test/support/accounts-setting.ts';
import { readStatement } from '../../../ports/sql-store/sql-store.ts';

const sessionRows = readStatement<[], { text: string }>(
  'test_session_rows',
  'SELECT sessions::text AS text FROM sessions',
);

describe('sessions', () => {
  let setting: AccountsSetting;
  before(async () => {
    setting = await createAccountsSetting();
  });
  after(() => setting.close());

  const isSignedIn = async (token: string) =>
    (await setting.call('GET', '/users/me', { token })).statusCode === 200;

  describe('POST /sessions', () => {
    it('signs in by name, whatever the case', async () => {
      const { userId } = await setting.signUp('Signing_In');
      const answer = await setting.signIn('sIGNING_iN');
      assert.equal(answer.statusCode, 201, answer.body);
      const { user, access_token: token, token_type: type, csrf_token: csrf } = answer.json();
      assert.deepEqual([user.user_id, type, csrf], [userId, 'Bearer', null]);
      assert.equal(answer.headers['set-cookie'], undefined);
      assert.ok(await isSignedIn(token));
    });

    it('answers in the same words for an unknown name and a wrong password', async () => {
      const { username } = await setting.signUp();
      const answers = [
        await setting.signIn(username, 'wrong password'),
        await setting.signIn('nobody_at_all', 'wrong password'),
        await setting.signIn('not a name', 'wrong password'),
        await setting.signIn('a\0b', 'wrong password'),
        await setting.signIn(username, PASSWORD.toUpperCase()),
      ];
      const shown = answers.map((answer) => ({ ...answer.json(), request_id: '' }));
      for (const problem of shown) assert.deepEqual(problem, shown[0]);
      assert.equal(shown[0].status, 401);
    });

    it('hashes as much for an unknown name as for a wrong password', async () => {
      const { username } = await setting.signUp();
      const median = async (name: string) => {
        const times: number[] = [];
        for (let count = 0; count < 9; count += 1) {
          const startMs = performance.now();
          await setting.signIn(name, 'wrong password');
          times.push(performance.now() - startMs);
        }
        return times.sort((one, other) => one - other)[4] ?? 0;
      };
      const [known, unknown] = [await median(username), await median('nobody_at_all')];
      // Without the hash it would be a tenth; the machine is shared, so the bound is wide.
      assert.ok(unknown > known / 3 && known > unknown / 3, `${known} ms and ${unknown} ms`);
    });

    it('tells of a suspension only who has the password', async () => {
      const { username } = await setting.signUp();
      await setting.accounts.administration.suspendUser(username, 'spam');
      assert.equal((await setting.signIn(username, 'wrong password')).statusCode, 401);
      const answer = await setting.signIn(username);
      assert.equal(answer.statusCode, 403);
      assert.match(answer.json().detail, /suspended/);
    });

    it('stores no token', async () => {
      const { token } = await setting.signUp();
      for (const { text } of await setting.sql.query(sessionRows, [])) {
        assert.equal(text.includes(token.slice(3, 20)), false);
      }
    });

    it('names what is wrong', async () => {
      for (const body of [
        {},
        { username: 'alice' },
        { username: 'alice', password: '' },
        { username: 'alice', password: 'x'.repeat(129) },
        { username: 'alice', password: PASSWORD, cookie: 'yes' },
      ]) {
        assert.equal((await setting.call('POST', '/sessions', { body })).statusCode, 422);
      }
    });
  });

  describe('a cookie for pages', () => {
    const signIn = async () => {
      const { username } = await setting.signUp();
      const body = { username, password: PASSWORD, cookie: true };
      const answer = await setting.call('POST', '/sessions', { body });
      const [cookie = assert.fail()] = answer.cookies;
      const { access_token: accessToken, csrf_token: csrf } = answer.json();
      return { cookie, csrf, accessToken, headers: { cookie: `${cookie.name}=${cookie.value}` } };
    };

    it('holds the token instead of the answer', async () => {
      const { cookie, accessToken, headers } = await signIn();
      assert.equal(accessToken, null);
      const { name, path, httpOnly, sameSite, secure } = cookie;
      assert.deepEqual(
        { name, path, httpOnly, sameSite, secure },
        { name: 'groundswell_session', path: '/', httpOnly: true, sameSite: 'Lax', secure: undefined },
      );
      assert.equal((await setting.call('GET', '/users/me', { headers })).statusCode, 200);
    });

    it('writes only with the token against forgery', async () => {
      const { csrf, headers } = await signIn();
      const refused = await setting.call('PATCH', '/users/me', { headers, body: { bio: 'forged' } });
      assert.equal(refused.statusCode, 403);
      const answer = await setting.call('PATCH', '/users/me', {
        headers: { ...headers, 'x-csrf-token': csrf },
        body: { bio: 'mine' },
      });
      assert.equal(answer.json().bio, 'mine');
    });

    it('is cleared when its session ends', async () => {
      const { csrf, headers } = await signIn();
      const answer = await setting.call('DELETE', '/sessions/current', {
        headers: { ...headers, 'x-csrf-token': csrf },
      });
      assert.equal(answer.statusCode, 204);
      assert.equal(answer.cookies[0]?.value, '');
      assert.equal((await setting.call('GET', '/users/me', { headers })).statusCode, 401);
    });

    it('stays when a token beside it ends', async () => {
      const { headers } = await signIn();
      const { token } = await setting.signUp();
      const authorization = `Bearer ${token}`;
      const answer = await setting.call('DELETE', '/sessions/current', {
        headers: { ...headers, authorization },
      });
      assert.equal(answer.statusCode, 204);
      assert.deepEqual(answer.cookies, []);
    });

    it('tells a page who is signed in, and the token against forgery', async () => {
      const { csrf, headers } = await signIn();
      const {
        user,
        role,
        csrf_token: token,
      } = (await setting.call('GET', '/sessions/current', { headers })).json();
      assert.deepEqual([typeof user.user_id, role, token], ['string', 'user', csrf]);
      const nobody = (await setting.call('GET', '/sessions/current')).json();
      assert.deepEqual(nobody, { user: null, role: null, csrf_token: null });
    });

    it('is removed from a page that asks with one that is no longer good', async () => {
      const { csrf, headers } = await signIn();
      const withCsrf = { ...headers, 'x-csrf-token': csrf };
      assert.equal((await setting.call('DELETE', '/users/me', { headers: withCsrf })).statusCode, 204);
      const answer = await setting.call('GET', '/sessions/current', { headers });
      assert.equal(answer.statusCode, 200, answer.body);
      assert.deepEqual(answer.json(), { user: null, role: null, csrf_token: null });
      const [cookie] = answer.cookies;
      assert.deepEqual([cookie?.name, cookie?.value], ['groundswell_session', '']);
      assert.ok(cookie?.expires !== undefined && cookie.expires.getTime() <= 0);
      const withToken = { ...headers, authorization: 'Bearer gone' };
      const refused = await setting.call('GET', '/sessions/current', { headers: withToken });
      assert.equal(refused.statusCode, 401);
      assert.deepEqual((await setting.call('GET', '/sessions/current')).cookies, []);
    });

    it('goes only over https where that is how people reach the server', async (test) => {
      const secure = await createAccountsSetting({ publicUrl: 'https://social.example' });
      test.after(() => secure.close());
      const { username } = await secure.signUp();
      const body = { username, password: PASSWORD, cookie: true };
      const answer = await secure.call('POST', '/sessions', { body });
      assert.equal(answer.cookies[0]?.secure, true);
    });
  });

  describe('GET and DELETE /sessions', () => {
    it('lists one’s own, newest first, in pages, and says which is the current one', async () => {
      const alice = await setting.signUp();
      await setting.signUp();
      const headers = { 'user-agent': `a browser ${'x'.repeat(500)}` };
      const body = { username: alice.username, password: PASSWORD };
      for (let count = 0; count < 2; count += 1) await setting.call('POST', '/sessions', { body, headers });
      const first = (await setting.call('GET', '/sessions?limit=2', alice)).json();
      assert.equal(first.items.length, 2);
      assert.deepEqual(Object.keys(first.items[0]), [
        'session_id',
        'created_at',
        'last_used_at',
        'expires_at',
        'user_agent',
        'address',
        'current',
      ]);
      assert.equal(first.items[0].user_agent.length, 300);
      assert.equal(first.items[0].address, '127.0.0.1');
      const next = (
        await setting.call('GET', `/sessions?limit=2&page_token=${first.next_page_token}`, alice)
      ).json();
      assert.deepEqual([next.items.length, next.next_page_token], [1, null]);
      assert.deepEqual(
        [...first.items, ...next.items].map(({ current }: { current: boolean }) => current),
        [false, false, true],
      );
    });

    it('ends one of one’s own, at once', async () => {
      const alice = await setting.signUp();
      const other = (await setting.signIn(alice.username)).json().access_token;
      assert.ok(await isSignedIn(other));
      const { items } = (await setting.call('GET', '/sessions', alice)).json();
      const { session_id: sessionId } = items.find(({ current }: { current: boolean }) => !current);
      assert.equal((await setting.call('DELETE', `/sessions/${sessionId}`, alice)).statusCode, 204);
      assert.equal(await isSignedIn(other), false);
      assert.ok(await isSignedIn(alice.token));
      assert.equal((await setting.call('DELETE', `/sessions/${sessionId}`, alice)).statusCode, 404);
    });

    it('ends nobody else’s', async () => {
      const [alice, mallory] = [await setting.signUp(), await setting.signUp()];
      const { items } = (await setting.call('GET', '/sessions', alice)).json();
      const answer = await setting.call('DELETE', `/sessions/${items[0].session_id}`, mallory);
      assert.equal(answer.statusCode, 404);
      assert.ok(await isSignedIn(alice.token));
    });

    it('signs out', async () => {
      const alice = await setting.signUp();
      assert.ok(await isSignedIn(alice.token));
      assert.equal((await setting.call('DELETE', '/sessions/current', alice)).statusCode, 204);
      assert.equal(await isSignedIn(alice.token), false);
    });

    it('signs out everywhere else', async () => {
      const alice = await setting.signUp();
      const others = await Promise.all([1, 2].map(() => setting.signIn(alice.username)));
      assert.equal((await setting.call('DELETE', '/sessions', alice)).statusCode, 204);
      for (const answer of others) assert.equal(await isSignedIn(answer.json().access_token), false);
      assert.ok(await isSignedIn(alice.token));
    });
  });
});
