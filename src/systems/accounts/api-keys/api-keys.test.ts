import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  type AccountsSetting,
  createAccountsSetting,
  type SignedUp,
} from '../../../../test/support/accounts-setting.ts';
import { createManualClock } from '../../../../test/support/manual-clock.ts';
import { until } from '../../../../test/support/until.ts';
import { AppError } from '../../../core/errors.ts';
import type { Scope } from '../../../core/scope.ts';
import { readStatement } from '../../../ports/sql-store/sql-store.ts';
import { createAuthenticator } from '../sessions/authenticator.ts';
import { createApiKeys, EXPIRED_KEPT_MS } from './api-keys.ts';

const lastUse = readStatement<[userId: number], { last_used_at: Date | null }>(
  'test_api_key_last_use',
  'SELECT last_used_at FROM api_keys WHERE user_id = $1',
);

describe('an API key', () => {
  let setting: AccountsSetting;
  before(async () => {
    setting = await createAccountsSetting();
  });
  after(() => setting.close());

  const create = (
    { userId }: SignedUp,
    scopes: readonly Scope[] = ['posts:read'],
    expiresAt: Date | null = null,
  ) =>
    setting.sql.transaction((transaction) =>
      setting.accounts.apiKeys.create(transaction, Number(userId), { name: 'Shop', scopes, expiresAt }),
    );
  const authenticate = async (key: string) => setting.accounts.authenticator.authenticate(key);

  it('acts for its owner, within its scopes, with the owner’s tier and without an office', async () => {
    const alice = await setting.signUp();
    await setting.accounts.administration.promoteUser(alice.username, 'moderator');
    const { key, apiKeyId } = await create(alice, ['posts:read', 'links:write']);
    assert.deepEqual(await authenticate(key), {
      userId: Number(alice.userId),
      sessionId: apiKeyId,
      role: 'user',
      tier: 'standard',
      scopes: new Set(['links:write', 'posts:read']),
    });
    assert.ok(!(setting.accounts.authenticator.authenticate(key) instanceof Promise), 'known from memory');
  });

  it('is refused without a query when it is mistyped', async () => {
    const { key } = await create(await setting.signUp());
    assert.throws(
      () => setting.accounts.authenticator.authenticate(key.slice(0, -1)),
      (error) => error instanceof AppError && error.code === 'unauthenticated',
    );
  });

  it('is refused by all processes when one deletes it', async (test) => {
    const alice = await setting.signUp();
    const { key, apiKeyId } = await create(alice);
    const other = await setting.openOther();
    test.after(() => other.close());
    assert.notEqual(await other.authenticator.authenticate(key), undefined);
    await setting.sql.transaction((transaction) =>
      setting.accounts.apiKeys.delete(transaction, Number(alice.userId), apiKeyId),
    );
    await until(async () => (await other.authenticator.authenticate(key)) === undefined);
    assert.equal(await authenticate(key), undefined);
  });

  it('is refused while its owner is suspended, and good again afterwards', async () => {
    const alice = await setting.signUp();
    const { key } = await create(alice);
    assert.notEqual(await authenticate(key), undefined);
    await setting.accounts.administration.suspendUser(alice.username, '');
    assert.equal(await authenticate(key), undefined);
    await assert.rejects(create(alice), { code: 'unauthenticated' });
    await setting.accounts.administration.restoreUser(alice.username);
    // That it was unknown is remembered for some seconds.
    const other = await setting.openOther();
    assert.notEqual(await other.authenticator.authenticate(key), undefined);
    await other.close();
  });

  it('is nobody’s from the moment on at which it expires, and deleted a month later', async (test) => {
    const alice = await setting.signUp();
    const clock = createManualClock();
    clock.skip(Date.now() - clock.nowMs());
    const expiresAt = new Date(clock.nowMs() + 60_000);
    const { key } = await create(alice, ['posts:read'], expiresAt);
    const authenticator = createAuthenticator({ ...setting, clock });
    test.after(() => authenticator.close());
    clock.skip(59_999);
    assert.notEqual(await authenticator.authenticate(key), undefined);
    clock.skip(1);
    assert.equal(await authenticator.authenticate(key), undefined);
    const apiKeys = createApiKeys({ ...setting, clock, revoked: () => undefined });
    const count = async () => (await apiKeys.list(Number(alice.userId))).length;
    clock.skip(EXPIRED_KEPT_MS);
    assert.equal(await apiKeys.deleteExpired(), 0);
    assert.equal(await count(), 1);
    clock.skip(1);
    assert.equal(await apiKeys.deleteExpired(), 1);
    assert.equal(await count(), 0);
  });

  it('notes its first use at once, and further ones every five minutes', async () => {
    const alice = await setting.signUp();
    const { key } = await create(alice);
    const usedAt = async () =>
      (await setting.sql.query(lastUse, [Number(alice.userId)]))[0]?.last_used_at?.getTime() ?? 0;
    const clock = createManualClock();
    clock.skip(Date.now() - clock.nowMs());
    const use = async () => {
      const authenticator = createAuthenticator({ ...setting, clock });
      await authenticator.authenticate(key);
      await authenticator.close();
    };
    assert.equal(await usedAt(), 0);
    await use();
    const first = await usedAt();
    assert.equal(first, clock.nowMs());
    clock.skip(5 * 60_000 - 1);
    await use();
    assert.equal(await usedAt(), first);
    clock.skip(2);
    await use();
    assert.equal(await usedAt(), clock.nowMs());
  });
});
