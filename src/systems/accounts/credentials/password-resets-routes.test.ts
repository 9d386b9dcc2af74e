import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  type AccountsSetting,
  createAccountsSetting,
  PASSWORD,
} from '../../../../test/support/accounts-setting.ts';
import { createManualClock, type ManualClock } from '../../../../test/support/manual-clock.ts';
import { until } from '../../../../test/support/until.ts';
import { OUTSTANDING_MAX, PASSWORD_RESET_MS } from './password-resets.ts';

describe('password resets', () => {
  let setting: AccountsSetting;
  let clock: ManualClock;
  before(async () => {
    clock = createManualClock();
    setting = await createAccountsSetting({ clock });
  });
  after(() => setting.close());

  const ask = (body: object) => {
    // Mails are named by their time.
    clock.skip(1);
    return setting.call('POST', '/password-resets', { body });
  };
  const mailsTo = async (email: string) =>
    (await setting.mails()).filter((mail) => mail.includes(`\r\nTo: ${email}\r\n`));
  const mailedToken = async (email: string, count = 1): Promise<string> => {
    await until(async () => (await mailsTo(email)).length === count);
    const [mail = ''] = (await mailsTo(email)).slice(-1);
    return /password-reset#([\w-]+)/.exec(mail)?.[1] ?? assert.fail(mail);
  };
  const use = (token: string, password: string, headers: Record<string, string> = {}) =>
    setting.call('PUT', `/password-resets/${token}`, { body: { password }, headers });

  it('go by mail to who asks by name or address, work once, and end all sessions', async () => {
    const email = 'forgetful@example.org';
    const alice = await setting.signUp('forgetful', { email });
    assert.equal((await setting.call('GET', '/users/me', alice)).statusCode, 200);
    await ask({ username: 'Forgetful' });
    const byName = await mailedToken(email);
    await ask({ email: 'FORGETFUL@example.org' });
    const byAddress = await mailedToken(email, 2);
    assert.notEqual(byName, byAddress);
    const answer = await use(byName, 'a new password');
    assert.deepEqual([answer.statusCode, answer.body], [204, '']);
    assert.equal((await setting.call('GET', '/users/me', alice)).statusCode, 401);
    assert.equal((await setting.signIn('forgetful')).statusCode, 401);
    assert.equal((await setting.signIn('forgetful', 'a new password')).statusCode, 201);
    // The other one has gone with it.
    for (const token of [byName, byAddress]) {
      assert.equal((await use(token, 'yet another password')).statusCode, 404);
    }
  });

  it('are asked for with the same answer, whoever is asked for', async () => {
    await setting.signUp('addressless');
    const answers = await Promise.all(
      [
        { username: 'addressless' },
        { username: 'nobody_here' },
        { username: 'not a name\0' },
        { email: 'nobody@example.org' },
        { email: 'no address\0' },
      ].map(ask),
    );
    for (const { statusCode, body } of answers) {
      assert.deepEqual([statusCode, body], [202, answers[0]?.body]);
    }
    for (const body of [{}, { username: 'alice', email: 'alice@example.org' }]) {
      assert.equal((await ask(body)).statusCode, 422);
    }
    await setting.accounts.passwordResets.close();
    assert.doesNotMatch(setting.logged(), /could not be mailed/);
  });

  it('flood nobody with mail', async () => {
    const email = 'flooded@example.org';
    await setting.signUp('flooded', { email });
    await Promise.all(Array.from({ length: OUTSTANDING_MAX + 2 }, () => ask({ email })));
    await setting.accounts.passwordResets.close();
    assert.equal((await mailsTo(email)).length, OUTSTANDING_MAX);
    clock.skip(PASSWORD_RESET_MS);
    await ask({ email });
    await mailedToken(email, OUTSTANDING_MAX + 1);
  });

  it('end after an hour', async () => {
    await setting.signUp('late_one');
    const create = () => setting.accounts.administration.resetPassword('late_one');
    const [inTime, late] = [await create(), await create()];
    clock.skip(PASSWORD_RESET_MS - 1);
    assert.equal((await use(inTime.token, 'short')).statusCode, 422);
    clock.skip(1);
    const answer = await use(late.token, 'a new password');
    assert.equal(answer.statusCode, 404);
    assert.match(answer.json().detail, /Ask for a new one/);
    assert.ok((await setting.accounts.deleteExpired()) >= 2);
  });

  it('let one of many through who use a token at the same time', async () => {
    await setting.signUp('contended');
    const { token } = await setting.accounts.administration.resetPassword('contended');
    const answers = await Promise.all([1, 2, 3].map((number) => use(token, `password number ${number}`)));
    const statuses = answers.map(({ statusCode }) => statusCode);
    assert.deepEqual(statuses.toSorted(), [204, 404, 404]);
    const winner = statuses.indexOf(204) + 1;
    assert.equal((await setting.signIn('contended', `password number ${winner}`)).statusCode, 201);
  });

  it('are answered again under their Idempotency-Key', async () => {
    await setting.signUp('keyed');
    const { token } = await setting.accounts.administration.resetPassword('keyed');
    const headers = { 'idempotency-key': 'reset-1' };
    assert.equal((await use(token, 'a new password', headers)).statusCode, 204);
    const again = await use(token, 'a new password', headers);
    assert.deepEqual([again.statusCode, again.headers['idempotent-replayed']], [204, 'true']);
  });

  it('have a password that is good enough', async () => {
    await setting.signUp('too_simple');
    const { token } = await setting.accounts.administration.resetPassword('too_simple');
    for (const password of ['short', 'TOO_simple', 'x'.repeat(129)]) {
      const answer = await use(token, password);
      assert.deepEqual([answer.statusCode, answer.json().errors[0].field], [422, 'password']);
    }
    assert.equal((await use(token, PASSWORD)).statusCode, 204);
  });

  it('log no token', async () => {
    const email = 'discreet@example.org';
    await setting.signUp('discreet', { email });
    await ask({ email });
    const token = await mailedToken(email);
    await until(() => setting.logged().includes(email));
    assert.equal(setting.logged().includes(token), false);
  });
});
