import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type AccountsSetting, createAccountsSetting } from '../../../../test/support/accounts-setting.ts';
import { composeId, FIRST_BULK_WRITER, ID_TIME_MIN_MS } from '../../../core/ids.ts';
import { BULK_BATCH, type BulkUser, bulkLoadUsers } from './bulk-load.ts';

function people(count: number): BulkUser[] {
  return Array.from({ length: count }, (_, index) => ({
    userId: composeId(ID_TIME_MIN_MS + index, FIRST_BULK_WRITER, 0),
    username: `loaded_${index}`,
    displayName: `Person ${index}`,
    bio: index === 0 ? 'tab\there,\nline \\N \\. and \\ backslash' : '',
  }));
}

describe('a bulk load of users', () => {
  let setting: AccountsSetting;
  before(async () => {
    setting = await createAccountsSetting();
  });
  after(() => setting.close());

  it('inserts them once, however often it runs, and completes one that was cut off', async () => {
    const all = people(BULK_BATCH + 5);
    assert.deepEqual(await bulkLoadUsers(setting.sql, all.slice(0, 3)), { inserted: 3, present: 0 });
    assert.deepEqual(await bulkLoadUsers(setting.sql, all), { inserted: BULK_BATCH + 2, present: 3 });
    async function* slowly() {
      yield* all;
    }
    assert.deepEqual(await bulkLoadUsers(setting.sql, slowly()), { inserted: 0, present: all.length });
    const [first = assert.fail()] = all;
    const found = (await setting.accounts.users.getUsers([first.userId])).get(first.userId);
    assert.deepEqual([found?.username, found?.bio, found?.locked], ['loaded_0', first.bio, false]);
    assert.deepEqual(await setting.announced(String(first.userId)), []);
  });

  it('leaves them without a password, until an administrator makes them a link', async () => {
    assert.equal((await setting.signIn('loaded_1')).statusCode, 401);
    const { token } = await setting.accounts.administration.resetPassword('loaded_1');
    await setting.call('PUT', `/password-resets/${token}`, { body: { password: 'a new password' } });
    assert.equal((await setting.signIn('loaded_1', 'a new password')).statusCode, 201);
  });

  it('refuses a name that somebody else has, and one that is none', async () => {
    const { username } = await setting.signUp();
    const userId = composeId(ID_TIME_MIN_MS, FIRST_BULK_WRITER + 1, 0);
    const row = { userId, username, displayName: '' };
    await assert.rejects(bulkLoadUsers(setting.sql, [row]), { code: 'conflict' });
    await assert.rejects(bulkLoadUsers(setting.sql, [{ ...row, username: 'a\tb' }]), { code: 'invalid' });
    assert.equal((await setting.accounts.users.getUsers([userId])).size, 0);
  });
});
