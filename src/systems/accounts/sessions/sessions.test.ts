import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  type AccountsSetting,
  createAccountsSetting,
  PASSWORD,
} from '../../../../test/support/accounts-setting.ts';
import { ID_MAX } from '../../../core/ids.ts';
import { readStatement } from '../../../ports/sql-store/sql-store.ts';
import { createSessions, SESSION_MS, SESSIONS_PER_USER_MAX } from './sessions.ts';

const count = readStatement<[userId: number], { sessions: number }>(
  'test_count_sessions',
  'SELECT count(*)::int AS sessions FROM sessions WHERE user_id = $1',
);

describe('the sessions of a user', () => {
  let setting: AccountsSetting;
  before(async () => {
    setting = await createAccountsSetting();
  });
  after(() => setting.close());

  const countOf = async (userId: string) => (await setting.sql.query(count, [Number(userId)]))[0]?.sessions;
  const client = { userAgent: undefined, address: '127.0.0.1' };

  it('that have ended are told from those that go on, and whoever listens hears that one may have', async () => {
    const { userId, username, token } = await setting.signUp();
    const heard: (number | undefined)[] = [];
    setting.accounts.authenticator.onRevoked((each) => heard.push(each));
    await setting.signIn(username);
    const { items } = await setting.accounts.sessions.page(Number(userId), ID_MAX, 10);
    const ids = items.map(({ sessionId }) => sessionId);
    assert.equal(ids.length, 2);
    assert.deepEqual(await setting.accounts.sessions.endedAmong([...ids, 1]), new Set([1]));
    await setting.call('DELETE', '/sessions/current', { token });
    assert.deepEqual(await setting.accounts.sessions.endedAmong(ids), new Set([ids.at(-1)]));
    assert.deepEqual(new Set(heard), new Set([Number(userId)]));
  });

  it('are bounded: the one that was not used for the longest time gives way', async () => {
    const { userId, username, token } = await setting.signUp();
    assert.equal((await setting.call('GET', '/users/me', { token })).statusCode, 200);
    const { passwordHash } = await setting.accounts.credentials.check(username, PASSWORD);
    const start = () =>
      setting.sql.transaction((transaction) =>
        setting.accounts.sessions.start(transaction, Number(userId), passwordHash, client),
      );
    for (let made = 1; made < SESSIONS_PER_USER_MAX; made += 1) await start();
    assert.equal(await countOf(userId), SESSIONS_PER_USER_MAX);
    assert.equal((await setting.call('GET', '/users/me', { token })).statusCode, 200);
    await start();
    assert.equal(await countOf(userId), SESSIONS_PER_USER_MAX);
    assert.equal((await setting.call('GET', '/users/me', { token })).statusCode, 401);
  });

  it('do not outlive the password that they were started with, whatever happens at the same time', async () => {
    for (let round = 0; round < 8; round += 1) {
      const alice = await setting.signUp();
      const body = { password: 'a new password', current_password: PASSWORD };
      const [changed, ...signedIn] = await Promise.all([
        setting.call('PATCH', '/users/me', { token: alice.token, body }),
        ...[1, 2, 3, 4].map(() => setting.signIn(alice.username)),
      ]);
      assert.equal(changed.statusCode, 200, changed.body);
      for (const answer of signedIn) assert.ok([201, 401].includes(answer.statusCode), answer.body);
      assert.equal(await countOf(alice.userId), 1);
    }
  });

  it('do not begin once the account is suspended, deleted, or has another password', async () => {
    const { credentials, sessions, administration } = setting.accounts;
    const changes = [
      (username: string) => administration.suspendUser(username, ''),
      async (_: string, token: string) => setting.call('DELETE', '/users/me', { token }),
      async (username: string) => {
        const { token } = await administration.resetPassword(username);
        await setting.call('PUT', `/password-resets/${token}`, { body: { password: 'a new password' } });
      },
    ];
    for (const change of changes) {
      const { username, userId, token } = await setting.signUp();
      const { passwordHash } = await credentials.check(username, PASSWORD);
      await change(username, token);
      await assert.rejects(
        setting.sql.transaction((transaction) =>
          sessions.start(transaction, Number(userId), passwordHash, client),
        ),
        { code: 'unauthenticated' },
      );
      assert.equal(await countOf(userId), 0);
    }
  });

  it('are removed when they have expired', async () => {
    const { userId } = await setting.signUp();
    const later = { ...setting.clock, nowMs: () => setting.clock.nowMs() + SESSION_MS + 1 };
    const sessions = createSessions({ ...setting, clock: later, revoked: () => undefined });
    assert.deepEqual((await sessions.page(Number(userId), ID_MAX, 10)).items, []);
    assert.ok((await sessions.deleteExpired()) >= 1);
    assert.equal(await countOf(userId), 0);
    assert.equal(await sessions.deleteExpired(), 0);
  });
});
