import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  type AccountsSetting,
  createAccountsSetting,
  PASSWORD,
  type SignedUp,
} from '../../../../test/support/accounts-setting.ts';
import { readStatement } from '../../../ports/sql-store/sql-store.ts';

const rowOf = readStatement<[userId: number], Record<string, unknown>>(
  'test_user_row',
  'SELECT * FROM users WHERE user_id = $1',
);

describe('users', () => {
  let setting: AccountsSetting;
  before(async () => {
    setting = await createAccountsSetting();
  });
  after(() => setting.close());

  const patch = ({ token }: SignedUp, body: object, headers: Record<string, string> = {}) =>
    setting.call('PATCH', '/users/me', { token, body, headers });

  describe('GET /users/me', () => {
    it('shows what only its owner sees', async () => {
      const { token, userId } = await setting.signUp();
      const me = (await setting.call('GET', '/users/me', { token })).json();
      assert.deepEqual(
        [me.user_id, me.email, me.role, me.tier, me.relationship],
        [userId, null, 'user', 'standard', null],
      );
    });

    it('needs a token', async () => {
      for (const headers of [
        {},
        { authorization: `Bearer gs_${'x'.repeat(43)}` },
        { authorization: 'Bearer x' },
      ]) {
        const answer = await setting.call('GET', '/users/me', { headers });
        assert.equal(answer.statusCode, 401);
      }
    });
  });

  describe('PATCH /users/me', () => {
    it('changes what is given and announces it', async () => {
      const alice = await setting.signUp();
      const change = { display_name: ' Alice 👩‍👩‍👧 ', bio: 'One\r\ntwo', locked: true };
      const answer = await patch(alice, change);
      assert.equal(answer.statusCode, 200, answer.body);
      const { display_name: displayName, bio, locked } = answer.json();
      assert.deepEqual([displayName, bio, locked], ['Alice 👩‍👩‍👧', 'One\ntwo', true]);
      assert.equal((await patch(alice, { locked: false })).json().display_name, 'Alice 👩‍👩‍👧');
      assert.equal((await patch(alice, { display_name: ' ' })).json().display_name, alice.username);
      const seen = (await setting.call('GET', `/users/${alice.userId}`)).json();
      assert.deepEqual([seen.display_name, seen.bio, seen.locked], [alice.username, 'One\ntwo', false]);
      const events = await setting.announced(alice.userId);
      assert.deepEqual(
        events.map(({ kind, payload }) => [kind, payload['locked']]),
        [
          ['created', false],
          ['updated', true],
          ['updated', false],
          ['updated', false],
        ],
      );
    });

    it('keeps the address to its owner, and gives it up', async () => {
      const [alice, bob] = [await setting.signUp(), await setting.signUp()];
      assert.equal((await patch(alice, { email: 'a1@example.org' })).json().email, 'a1@example.org');
      const taken = await patch(bob, { email: 'A1@example.org' });
      assert.deepEqual([taken.statusCode, taken.json().errors[0].field], [409, 'email']);
      assert.equal((await patch(alice, { email: null })).json().email, null);
      assert.equal((await patch(bob, { email: 'A1@example.org' })).statusCode, 200);
      assert.equal((await setting.call('GET', `/users/${bob.userId}`)).json().email, undefined);
      assert.equal((await setting.announced(bob.userId)).length, 1);
    });

    it('names what is wrong', async () => {
      const alice = await setting.signUp();
      for (const [body, field] of [
        [{ display_name: 'x'.repeat(51) }, 'display_name'],
        [{ display_name: 'a\nb' }, 'display_name'],
        [{ bio: 'x'.repeat(501) }, 'bio'],
        [{ bio: 'a\0b' }, 'bio'],
        [{ locked: 'yes' }, 'locked'],
        [{ email: 'nowhere' }, 'email'],
        [{ username: 'other' }, 'username'],
        [{ password: 'a new password' }, 'current_password'],
        [{ password: 'a new password', current_password: 'wrong' }, 'current_password'],
        [{ password: 'short', current_password: PASSWORD }, 'password'],
        [{ password: alice.username.toUpperCase(), current_password: PASSWORD }, 'password'],
      ] as const) {
        const answer = await patch(alice, body);
        assert.equal(answer.statusCode, 422, JSON.stringify(body));
        assert.equal(answer.json().errors[0].field, field);
      }
      assert.equal((await patch(alice, { bio: '👋'.repeat(500) })).statusCode, 200);
    });

    it('changes the password and ends every other session at once', async () => {
      const alice = await setting.signUp();
      const other = (await setting.signIn(alice.username)).json().access_token;
      assert.equal((await setting.call('GET', '/users/me', { token: other })).statusCode, 200);
      const changed = await patch(alice, { password: 'a new password', current_password: PASSWORD });
      assert.equal(changed.statusCode, 200, changed.body);
      assert.equal((await setting.call('GET', '/users/me', { token: other })).statusCode, 401);
      assert.equal((await setting.call('GET', '/users/me', alice)).statusCode, 200);
      assert.equal((await setting.signIn(alice.username)).statusCode, 401);
      assert.equal((await setting.signIn(alice.username, 'a new password')).statusCode, 201);
    });

    it('changes the password once per Idempotency-Key, and compares it on a repetition', async () => {
      const alice = await setting.signUp();
      const headers = { 'idempotency-key': 'change-1' };
      const body = { password: 'a new password', current_password: PASSWORD, bio: 'new' };
      const [first, again] = [await patch(alice, body, headers), await patch(alice, body, headers)];
      assert.deepEqual([first.statusCode, again.statusCode], [200, 200]);
      assert.equal(again.headers['idempotent-replayed'], 'true');
      assert.equal(again.body, first.body);
      const other = await patch(alice, { ...body, password: 'another password' }, headers);
      assert.deepEqual([other.statusCode, other.json().errors[0].field], [422, 'Idempotency-Key']);
    });
  });

  describe('DELETE /users/me', () => {
    it('erases the person, ends all sessions, keeps the name taken, and tells the others', async () => {
      const alice = await setting.signUp('leaving', { email: 'leaving@example.org' });
      await patch(alice, { bio: 'about me', display_name: 'Leaving Soon' });
      const other = (await setting.signIn('leaving')).json().access_token;
      await setting.call('GET', '/users/me', { token: other });
      const wrong = await setting.call('DELETE', '/users/me', { ...alice, body: { password: 'wrong' } });
      assert.deepEqual([wrong.statusCode, wrong.json().errors[0].field], [422, 'password']);
      const answer = await setting.call('DELETE', '/users/me', alice);
      assert.deepEqual([answer.statusCode, answer.body], [204, '']);
      for (const token of [alice.token, other]) {
        assert.equal((await setting.call('GET', '/users/me', { token })).statusCode, 401);
      }
      assert.equal((await setting.signIn('leaving')).statusCode, 401);
      assert.equal((await setting.call('GET', `/users/${alice.userId}`)).statusCode, 404);
      const body = { username: 'Leaving', password: PASSWORD };
      assert.equal((await setting.call('POST', '/users', { body })).statusCode, 409);
      const [row] = await setting.sql.query(rowOf, [Number(alice.userId)]);
      assert.doesNotMatch(JSON.stringify(row), /about me|Leaving Soon|example\.org/);
      assert.deepEqual((await setting.announced(alice.userId)).at(-1), {
        kind: 'deleted',
        payload: { user_id: alice.userId },
      });
      // The address is free again.
      await setting.signUp('arriving', { email: 'leaving@example.org' });
    });

    it('takes the password where one is given', async () => {
      const alice = await setting.signUp();
      const answer = await setting.call('DELETE', '/users/me', { ...alice, body: { password: PASSWORD } });
      assert.equal(answer.statusCode, 204, answer.body);
    });
  });

  describe('GET /users/{user_id}', () => {
    it('shows counts, and the relationship to who asks', async () => {
      const [alice, bob] = [await setting.signUp(), await setting.signUp()];
      const id = Number(bob.userId);
      setting.counts.set(id, { followerCount: 3, followingCount: 2, postCount: 1 });
      const follows = { following: true, followedBy: false, requested: false, requestedBy: false };
      setting.relationships.set(id, { ...follows, muting: false, blocking: false, blockedBy: false });
      const seen = (await setting.call('GET', `/users/${bob.userId}`, alice)).json();
      assert.deepEqual([seen.follower_count, seen.following_count, seen.post_count], [3, 2, 1]);
      assert.equal(seen.relationship.following, true);
      assert.equal(seen.relationship.user_id, bob.userId);
      const stranger = (await setting.call('GET', `/users/${bob.userId}`)).json();
      assert.equal(stranger.relationship, null);
      assert.equal((await setting.call('GET', `/users/${bob.userId}`, bob)).json().relationship, null);
      const unrelated = (await setting.call('GET', `/users/${alice.userId}`, bob)).json();
      assert.equal(unrelated.relationship.following, false);
    });

    it('has 404 for who is not there, and 422 for what is no id', async () => {
      assert.equal((await setting.call('GET', '/users/1234567890123456')).statusCode, 404);
      assert.equal((await setting.call('GET', '/users/9999999999999999')).statusCode, 422);
      assert.equal((await setting.call('GET', '/users/alice')).statusCode, 422);
    });

    it('refuses a token that is not good even where none is needed', async () => {
      const { userId } = await setting.signUp();
      assert.equal((await setting.call('GET', `/users/${userId}`, { token: 'gs_x' })).statusCode, 401);
    });
  });

  describe('GET /users?username=', () => {
    it('finds one or none, whatever the case', async () => {
      const { userId } = await setting.signUp('Findable');
      const found = (await setting.call('GET', '/users?username=fINDABLE')).json();
      assert.deepEqual([found.items.length, found.next_page_token], [1, null]);
      assert.equal(found.items[0].user_id, userId);
      for (const name of ['nobody_here', 'a%00b', '%F0%9F%91%8B', '']) {
        const none = await setting.call('GET', `/users?username=${name}`);
        assert.deepEqual([none.statusCode, none.json().items], [200, []]);
      }
      assert.equal((await setting.call('GET', '/users')).statusCode, 422);
    });
  });
});
