import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type AccountsSetting, createAccountsSetting } from '../../../../test/support/accounts-setting.ts';
import { systemClock, systemRandomness } from '../../../core/clock.ts';
import { composeId, FIRST_BULK_WRITER } from '../../../core/ids.ts';
import { type BulkSession, bulkLoadSessions } from './bulk-load.ts';
import { createSessionToken } from './session-token.ts';

describe('a bulk load of sessions', () => {
  let setting: AccountsSetting;
  before(async () => {
    setting = await createAccountsSetting();
  });
  after(() => setting.close());

  const session = (userId: string, index: number, livesMs = 60_000): BulkSession => ({
    sessionId: composeId(systemClock.nowMs(), FIRST_BULK_WRITER, index),
    userId: Number(userId),
    token: createSessionToken(systemRandomness),
    createdAt: new Date(systemClock.nowMs()),
    expiresAt: new Date(systemClock.nowMs() + livesMs),
  });
  const statusWith = async (token: string) => (await setting.call('GET', '/users/me', { token })).statusCode;

  it('starts sessions whose tokens are good until they expire', async () => {
    const { userId } = await setting.signUp();
    const [good, expired] = [session(userId, 0), session(userId, 1, -1)];
    assert.equal(await bulkLoadSessions(setting.sql, [good, expired]), 2);
    assert.equal(await statusWith(good.token), 200);
    assert.equal(await statusWith(expired.token), 401);
    assert.equal(await bulkLoadSessions(setting.sql, []), 0);
  });

  it('refuses a token that is there already, and what is no token', async () => {
    const { userId } = await setting.signUp();
    const first = session(userId, 2);
    await bulkLoadSessions(setting.sql, [first]);
    const again = { ...session(userId, 3), token: first.token };
    await assert.rejects(bulkLoadSessions(setting.sql, [again]), { code: 'conflict' });
    const wrong = { ...session(userId, 4), token: 'password' };
    await assert.rejects(bulkLoadSessions(setting.sql, [wrong]), /is none/);
  });
});
