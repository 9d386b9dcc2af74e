import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import {
  type AccountsSetting,
  createAccountsSetting,
  PASSWORD,
  type SignedUp,
} from '../../../../test/support/accounts-setting.ts';
import { SCOPES } from '../../../core/scope.ts';
import { readStatement } from '../../../ports/sql-store/sql-store.ts';
import { API_KEY_NAME_GRAPHEMES_MAX, API_KEYS_PER_USER_MAX } from './api-keys.ts';

const keyRows = readStatement<[userId: number], { text: string; key_hash: Buffer }>(
  'test_api_key_rows',
  'SELECT api_keys::text AS text, key_hash FROM api_keys WHERE user_id = $1 ORDER BY api_key_id',
);

describe('the calls about API keys', () => {
  let setting: AccountsSetting;
  before(async () => {
    setting = await createAccountsSetting();
  });
  after(() => setting.close());

  const body = (changes: object = {}) => ({ name: 'Shop', scopes: ['account:read'], ...changes });
  const create = ({ token }: SignedUp, changes: object = {}, headers: Record<string, string> = {}) =>
    setting.call('POST', '/api_keys', { token, body: body(changes), headers });
  const list = async ({ token }: SignedUp) =>
    (await setting.call('GET', '/api_keys', { token })).json().items;
  const rowsOf = ({ userId }: SignedUp) => setting.sql.query(keyRows, [Number(userId)]);
  const statusOf = async (token: string, method = 'GET', url = '/users/me') =>
    (await setting.call(method, url, { token, ...(method === 'GET' ? {} : { body: {} }) })).statusCode;

  it('make a key, which is shown once and stored as a hash', async () => {
    const alice = await setting.signUp();
    const answer = await create(alice, { scopes: ['posts:write', 'account:read'], name: '  Shop  ' });
    assert.equal(answer.statusCode, 201, answer.body);
    const { key, ...shown } = answer.json();
    assert.equal(shown.prefix, key.slice(0, 12));
    assert.deepEqual(
      [shown.name, shown.scopes, shown.last_used_at, shown.expires_at],
      ['Shop', ['account:read', 'posts:write'], null, null],
    );
    assert.deepEqual(await list(alice), [shown]);
    const [row] = await rowsOf(alice);
    assert.deepEqual(row?.key_hash, createHash('sha256').update(key).digest());
    assert.ok(!row?.text.includes(key.slice(12)), 'no part of it beyond what is shown is stored');
    assert.ok(!setting.logged().includes(key));
  });

  it('list the newest first, and nobody else’s', async () => {
    const [alice, bob] = [await setting.signUp(), await setting.signUp()];
    for (const name of ['one', 'two', 'three']) await create(alice, { name });
    assert.deepEqual(
      (await list(alice)).map(({ name }: { name: string }) => name),
      ['three', 'two', 'one'],
    );
    assert.deepEqual(await list(bob), []);
  });

  it('refuse what is wrong, and name it', async () => {
    const alice = await setting.signUp();
    const wrong: [object, string][] = [
      [{ name: '' }, 'name'],
      [{ name: '   ' }, 'name'],
      [{ name: 'x'.repeat(API_KEY_NAME_GRAPHEMES_MAX + 1) }, 'name'],
      [{ name: 'two\nlines' }, 'name'],
      [{ scopes: [] }, 'scopes'],
      [{ scopes: ['posts:read', 'posts:read'] }, 'scopes'],
      [{ scopes: ['admin'] }, 'scopes.0'],
      [{ expires_at: '2020-01-01T00:00:00Z' }, 'expires_at'],
      [{ expires_at: '2030-06-30T23:59:60Z' }, 'expires_at'],
      [{ expires_at: 'tomorrow' }, 'expires_at'],
      [{ role: 'administrator' }, 'role'],
    ];
    for (const [changes, field] of wrong) {
      const answer = await create(alice, changes);
      assert.equal(answer.statusCode, 422, JSON.stringify(changes));
      assert.equal(answer.json().errors[0].field, field);
    }
    assert.deepEqual(await list(alice), []);
    const right = { name: 'x'.repeat(API_KEY_NAME_GRAPHEMES_MAX), scopes: [...SCOPES], expires_at: null };
    assert.equal((await create(alice, right)).statusCode, 201);
  });

  it('let a user have so many and no more, also of many that are made at once', async () => {
    const alice = await setting.signUp();
    const last = 5;
    for (let made = 0; made < API_KEYS_PER_USER_MAX - last; made += 1) {
      assert.equal((await create(alice)).statusCode, 201);
    }
    const answers = await Promise.all(Array.from({ length: 2 * last }, () => create(alice)));
    const statuses = answers.map(({ statusCode }) => statusCode).sort();
    assert.deepEqual(statuses, [...Array(last).fill(201), ...Array(last).fill(409)]);
    assert.equal((await list(alice)).length, API_KEYS_PER_USER_MAX);
    const [{ api_key_id: deleted }] = await list(alice);
    await setting.call('DELETE', `/api_keys/${deleted}`, { token: alice.token });
    assert.equal((await create(alice)).statusCode, 201);
    assert.equal((await create(alice)).statusCode, 409);
  });

  it('make one key for an Idempotency-Key, and do not show it again', async () => {
    const alice = await setting.signUp();
    const headers = { 'idempotency-key': 'a-new-key' };
    assert.equal((await create(alice, {}, headers)).statusCode, 201);
    const again = await create(alice, {}, headers);
    assert.equal(again.statusCode, 409);
    assert.match(again.json().detail, /shown only once/);
    assert.equal((await create(alice, { name: 'other' }, headers)).statusCode, 422);
    assert.equal((await list(alice)).length, 1);
  });

  it('let a key do what it may, and nothing that would take the account over', async () => {
    const alice = await setting.signUp();
    await setting.accounts.administration.promoteUser(alice.username, 'administrator');
    const { key, api_key_id: id } = (await create(alice, { scopes: [...SCOPES] })).json();
    const me = await setting.call('GET', '/users/me', { token: key });
    assert.equal(me.json().user_id, alice.userId);
    const keyless: [string, string][] = [
      ['PATCH', '/users/me'],
      ['DELETE', '/users/me'],
      ['GET', '/sessions'],
      ['DELETE', '/sessions'],
      ['DELETE', '/sessions/current'],
      ['GET', '/api_keys'],
      ['POST', '/api_keys'],
      ['DELETE', `/api_keys/${id}`],
      ['GET', '/moderation/reports'],
      ['GET', '/moderation/audit'],
    ];
    for (const [method, url] of keyless)
      assert.equal(await statusOf(key, method, url), 403, `${method} ${url}`);
    assert.equal(await statusOf(key), 200);
  });

  it('refuse a scope that the key lacks', async () => {
    const alice = await setting.signUp();
    const { key } = (await create(alice, { scopes: ['posts:read'] })).json();
    const answer = await setting.call('GET', '/users/me', { token: key });
    assert.equal(answer.statusCode, 403);
    assert.match(answer.json().detail, /account:read/);
    assert.equal(await statusOf(key, 'GET', `/users/${alice.userId}`), 200, 'what is public');
  });

  it('tell a key that was mistyped from one that is unknown', async () => {
    const alice = await setting.signUp();
    const { key } = (await create(alice)).json();
    const mistyped = await setting.call('GET', '/users/me', { token: `${key.slice(0, -1)}-` });
    assert.equal(mistyped.statusCode, 401);
    assert.match(mistyped.json().detail, /checksum/);
    await setting.call('DELETE', `/api_keys/${(await list(alice))[0].api_key_id}`, { token: alice.token });
    const deleted = await setting.call('GET', '/users/me', { token: key });
    assert.equal(deleted.statusCode, 401);
    assert.match(deleted.json().detail, /unknown, expired or revoked/);
  });

  it('delete one’s own keys only', async () => {
    const [alice, bob] = [await setting.signUp(), await setting.signUp()];
    const { key, api_key_id: id } = (await create(alice)).json();
    const url = `/api_keys/${id}`;
    assert.equal((await setting.call('DELETE', url, { token: bob.token })).statusCode, 404);
    assert.equal(await statusOf(key), 200);
    assert.equal((await setting.call('DELETE', url, { token: alice.token })).statusCode, 204);
    assert.equal(await statusOf(key), 401);
    assert.equal((await setting.call('DELETE', url, { token: alice.token })).statusCode, 404);
  });

  it('are for who is signed in', async () => {
    assert.equal((await setting.call('POST', '/api_keys', { body: body() })).statusCode, 401);
    assert.equal((await setting.call('GET', '/api_keys')).statusCode, 401);
  });

  it('leave keys alone when the password changes, and none of a deleted account', async () => {
    const alice = await setting.signUp();
    const { key } = (await create(alice)).json();
    const change = { password: 'a new password', current_password: PASSWORD };
    await setting.call('PATCH', '/users/me', { token: alice.token, body: change });
    assert.equal(await statusOf(key), 200);
    assert.equal(
      (await setting.call('DELETE', '/users/me', { token: alice.token, body: {} })).statusCode,
      204,
    );
    assert.equal(await statusOf(key), 401);
    assert.deepEqual(await rowsOf(alice), []);
  });
});
