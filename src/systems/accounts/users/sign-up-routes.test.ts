import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  type AccountsSetting,
  createAccountsSetting,
  PASSWORD,
} from '../../../../test/support/accounts-setting.ts';
import { readStatement } from '../../../ports/sql-store/sql-store.ts';

const keyRows = readStatement<[key: string], { body: string | null; fingerprint: Buffer }>(
  'test_key_rows',
  'SELECT body, fingerprint FROM idempotency_keys WHERE key = $1',
);
const storedHashes = readStatement<[], { password_hash: string }>(
  'test_hashes',
  'SELECT password_hash FROM credentials',
);

describe('POST /users', () => {
  let setting: AccountsSetting;
  before(async () => {
    setting = await createAccountsSetting();
  });
  after(() => setting.close());

  const signUp = (body: object, headers: Record<string, string> = {}) =>
    setting.call('POST', '/users', { body, headers });

  it('answers the user and a token that is good at once', async () => {
    const answer = await signUp({ username: 'Alice', password: PASSWORD, email: 'alice@example.org' });
    assert.equal(answer.statusCode, 201, answer.body);
    const { user, access_token: token, token_type: type, expires_at: expiresAt } = answer.json();
    assert.deepEqual(user, {
      user_id: user.user_id,
      username: 'Alice',
      display_name: 'Alice',
      bio: '',
      avatar_url: null,
      header_url: null,
      locked: false,
      follower_count: 0,
      following_count: 0,
      post_count: 0,
      created_at: user.created_at,
      relationship: null,
    });
    assert.match(user.user_id, /^[1-9]\d{15}$/);
    assert.match(token, /^gs_[\w-]{43}$/);
    assert.equal(type, 'Bearer');
    assert.equal(Math.round((Date.parse(expiresAt) - Date.now()) / 86_400_000), 90);
    const me = await setting.call('GET', '/users/me', { token });
    assert.equal(me.statusCode, 200, me.body);
    assert.equal(me.json().email, 'alice@example.org');
    assert.deepEqual(await setting.announced(user.user_id), [
      {
        kind: 'created',
        payload: {
          user_id: user.user_id,
          username: 'Alice',
          display_name: 'Alice',
          bio: '',
          avatar_url: null,
          header_url: null,
          locked: false,
        },
      },
    ]);
  });

  it('names the field that is taken, whatever its case', async () => {
    await setting.signUp('taken_name', { email: 'taken@example.org' });
    for (const [body, field] of [
      [{ username: 'TAKEN_name' }, 'username'],
      [{ username: 'other_name', email: 'Taken@Example.org' }, 'email'],
    ] as const) {
      const answer = await signUp({ ...body, password: PASSWORD });
      assert.equal(answer.statusCode, 409, answer.body);
      assert.deepEqual(
        answer.json().errors.map((error: { field: string }) => error.field),
        [field],
      );
    }
    // The refused one left nothing behind.
    assert.equal((await setting.call('GET', '/users?username=other_name')).json().items.length, 0);
  });

  it('gives one of many who want a name at the same time that name', async () => {
    const answers = await Promise.all(
      ['zoe_a', 'ZOE_A', 'Zoe_A', 'zoe_A'].map((username) => signUp({ username, password: PASSWORD })),
    );
    assert.deepEqual(answers.map(({ statusCode }) => statusCode).sort(), [201, 409, 409, 409]);
  });

  it('names what is wrong', async () => {
    const good = { username: 'mallory', password: PASSWORD };
    for (const [change, field] of [
      [{ username: 'a b' }, 'username'],
      [{ username: 'ab' }, 'username'],
      [{ username: 'a'.repeat(31) }, 'username'],
      [{ username: 'admin' }, 'username'],
      [{ username: 7 }, 'username'],
      [{ password: '1234567' }, 'password'],
      [{ password: 'x'.repeat(129) }, 'password'],
      [{ username: 'mallory_m', password: 'MALLORY_m' }, 'password'],
      [{ email: 'mallory' }, 'email'],
      [{ display_name: 'x'.repeat(51) }, 'display_name'],
      [{ display_name: 'a\0b' }, 'display_name'],
      [{ admin: true }, 'admin'],
    ] as const) {
      const answer = await signUp({ ...good, ...change });
      assert.equal(answer.statusCode, 422, JSON.stringify(change));
      assert.equal(answer.json().errors[0].field, field);
    }
    assert.equal((await signUp({ username: 'mallory' })).statusCode, 422);
    assert.equal((await setting.call('GET', '/users?username=mallory')).json().items.length, 0);
  });

  it('takes names and passwords at their limits', async () => {
    for (const [username, password] of [
      ['abc', '12345678'],
      ['x'.repeat(30), 'p'.repeat(128)],
    ] as const) {
      assert.equal((await signUp({ username, password, display_name: 'd'.repeat(50) })).statusCode, 201);
      assert.equal((await setting.signIn(username, password)).statusCode, 201);
    }
  });

  describe('with an Idempotency-Key', () => {
    const key = (name: string) => ({ 'idempotency-key': name });

    it('makes one account, and a new session for who repeats it', async () => {
      const body = { username: 'repeated', password: PASSWORD };
      const first = await signUp(body, key('sign-up-1'));
      const again = await signUp(body, key('sign-up-1'));
      assert.deepEqual([first.statusCode, again.statusCode], [201, 201]);
      assert.equal(first.headers['idempotent-replayed'], undefined);
      assert.equal(again.headers['idempotent-replayed'], 'true');
      assert.equal(first.json().user.user_id, again.json().user.user_id);
      assert.notEqual(first.json().access_token, again.json().access_token);
      for (const { access_token: token } of [first.json(), again.json()]) {
        assert.equal((await setting.call('GET', '/users/me', { token })).statusCode, 200);
      }
      const [row, ...others] = await setting.sql.query(keyRows, ['sign-up-1']);
      assert.deepEqual([row?.body, others], [null, []]);
    });

    it('refuses another request under the key, and another password, without saying which', async () => {
      const body = { username: 'guarded', password: PASSWORD };
      assert.equal((await signUp(body, key('sign-up-2'))).statusCode, 201);
      for (const change of [{ password: 'a wrong password' }, { username: 'another' }]) {
        const answer = await signUp({ ...body, ...change }, key('sign-up-2'));
        assert.equal(answer.statusCode, 422, answer.body);
        assert.equal(answer.json().errors[0].field, 'Idempotency-Key');
      }
    });

    it('stores no fast hash of the password', async () => {
      const [one, other] = await Promise.all(
        ['sign-up-3', 'sign-up-4'].map(async (name, index) => {
          const password = `password number ${index}`;
          await signUp({ username: `fp_${name.at(-1)}`, password }, key(name));
          return (await setting.sql.query(keyRows, [name]))[0]?.fingerprint;
        }),
      );
      assert.notDeepEqual(one, other);
      const changed = await signUp({ username: 'fp_3', password: 'password number 9' }, key('sign-up-3'));
      assert.equal(changed.json().errors[0].field, 'Idempotency-Key');
    });

    it('makes one account of many requests at a time', async () => {
      const body = { username: 'in_flight', password: PASSWORD };
      const answers = await Promise.all([1, 2, 3, 4].map(() => signUp(body, key('sign-up-5'))));
      const created = answers.filter(({ statusCode }) => statusCode === 201);
      assert.ok(created.length >= 1);
      assert.equal(new Set(created.map((answer) => answer.json().user.user_id)).size, 1);
      for (const { statusCode, headers } of answers.filter((answer) => answer.statusCode !== 201)) {
        assert.deepEqual([statusCode, headers['retry-after']], [409, '1']);
      }
    });

    it('forgets a failure', async () => {
      const taken = await signUp({ username: 'repeated', password: PASSWORD }, key('sign-up-6'));
      assert.equal(taken.statusCode, 409);
      const other = await signUp({ username: 'repeated_2', password: PASSWORD }, key('sign-up-6'));
      assert.equal(other.statusCode, 201, other.body);
    });
  });

  it('leaves no password and no token in the database or the log', async () => {
    const { token } = await setting.signUp('secretive');
    const hashes = await setting.sql.query(storedHashes, []);
    assert.ok(hashes.every(({ password_hash: hash }) => hash.startsWith('$argon2id$')));
    for (const secret of [PASSWORD, token]) assert.equal(setting.logged().includes(secret), false);
  });
});

describe('POST /users where registration is closed', () => {
  it('refuses everyone, but for the command line', async (test) => {
    const setting = await createAccountsSetting({ registration: 'closed' });
    test.after(() => setting.close());
    const body = { username: 'alice', password: PASSWORD };
    const answer = await setting.call('POST', '/users', { body });
    assert.equal(answer.statusCode, 403);
    assert.match(answer.json().detail, /Registration is closed/);
    assert.deepEqual((await setting.call('GET', '/registration')).json(), { open: false });
    await setting.accounts.administration.createUser(body);
    assert.equal((await setting.signIn('alice')).statusCode, 201);
  });
});
