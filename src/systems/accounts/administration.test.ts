import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  type AccountsSetting,
  createAccountsSetting,
  PASSWORD,
} from '../../../test/support/accounts-setting.ts';
import { ID_MAX } from '../../core/ids.ts';
import type { Administration } from './administration.ts';
import { OUTSTANDING_MAX } from './credentials/password-resets.ts';

describe('the command line', () => {
  let setting: AccountsSetting;
  let administration: Administration;
  before(async () => {
    setting = await createAccountsSetting();
    administration = setting.accounts.administration;
  });
  after(() => setting.close());

  it('creates users, with and without a password', async () => {
    const boss = await administration.createUser({
      username: 'boss',
      password: PASSWORD,
      role: 'administrator',
    });
    assert.equal(boss.role, 'administrator');
    const token = (await setting.signIn('boss')).json().access_token;
    const { items } = (await setting.call('GET', '/moderation/audit', { token })).json();
    assert.deepEqual(
      [items[0].action, items[0].actor_id, items[0].user_id],
      ['user_created', null, String(boss.userId)],
    );
    await administration.createUser({ username: 'guest' });
    assert.equal((await setting.signIn('guest', '')).statusCode, 422);
    assert.equal((await setting.signIn('guest')).statusCode, 401);
    const reset = await administration.resetPassword('guest');
    assert.equal(reset.url, `http://localhost:8080/password-reset#${reset.token}`);
    await setting.call('PUT', `/password-resets/${reset.token}`, { body: { password: PASSWORD } });
    assert.equal((await setting.signIn('guest')).statusCode, 201);
    await assert.rejects(administration.createUser({ username: 'Boss', password: PASSWORD }), {
      code: 'conflict',
    });
    await assert.rejects(administration.createUser({ username: 'weak', password: 'short' }), {
      code: 'invalid',
    });
  });

  it('makes the first account an administrator', async () => {
    const { username, token } = await setting.signUp();
    assert.equal((await setting.call('GET', '/moderation/audit', { token })).statusCode, 403);
    await administration.promoteUser(username.toUpperCase(), 'administrator');
    assert.equal((await setting.call('GET', '/moderation/audit', { token })).statusCode, 200);
  });

  it('suspends and restores whoever it names', async () => {
    const { username } = await setting.signUp();
    await administration.promoteUser(username, 'administrator');
    assert.notEqual((await administration.suspendUser(username, 'holiday')).suspendedAt, null);
    assert.equal((await setting.signIn(username)).statusCode, 403);
    assert.equal((await administration.restoreUser(username)).suspendedAt, null);
    assert.equal((await setting.signIn(username)).statusCode, 201);
  });

  it('says when nobody has the name', async () => {
    for (const call of [
      () => administration.promoteUser('nobody_here', 'moderator'),
      () => administration.suspendUser('nobody_here', ''),
      () => administration.restoreUser('not a name'),
      () => administration.resetPassword('nobody_here'),
    ]) {
      await assert.rejects(call, { code: 'not_found' });
    }
  });

  it('lists users in pages, the newest first', async () => {
    const people = [];
    for (let count = 0; count < 3; count += 1) people.unshift((await setting.signUp()).username);
    const first = await administration.listUsers(ID_MAX, 2);
    assert.ok(first.nextBefore !== undefined);
    const second = await administration.listUsers(first.nextBefore, 1);
    assert.deepEqual(
      [...first.items, ...second.items].map(({ username }) => username),
      people,
    );
  });

  it('makes few links to reset a password at a time', async () => {
    const { username } = await setting.signUp();
    for (let count = 0; count < OUTSTANDING_MAX; count += 1) await administration.resetPassword(username);
    await assert.rejects(administration.resetPassword(username), { code: 'conflict' });
  });
});
