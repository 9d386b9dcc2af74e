import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  type AccountsSetting,
  createAccountsSetting,
  NO_PICTURE,
  PASSWORD,
  type SignedUp,
} from '../../../../test/support/accounts-setting.ts';
import type { LoggedEvent } from '../../../ports/event-log/event-log.ts';

describe('pictures of people', () => {
  let setting: AccountsSetting;
  before(async () => {
    setting = await createAccountsSetting();
  });
  after(() => setting.close());

  let pictures = 2_000_000_000_001_000;
  const newPicture = (): string => {
    pictures += 1;
    return String(pictures);
  };

  const patch = ({ token }: SignedUp, body: object, headers: Record<string, string> = {}) =>
    setting.call('PATCH', '/users/me', { token, body, headers });
  const me = async ({ token }: SignedUp) => (await setting.call('GET', '/users/me', { token })).json();
  const seen = async ({ userId }: SignedUp) => (await setting.call('GET', `/users/${userId}`)).json();

  async function hear(person: SignedUp, kind: string, mediaId: string, purpose = 'avatar'): Promise<void> {
    const media = { media_id: mediaId, key: `key-of-${mediaId}` };
    const event: LoggedEvent = {
      ...{ topic: 'media', partition: 0, offset: 0, key: Number(person.userId), kind },
      ...{ payload: { purpose, media }, createdAt: new Date(0), traceparent: undefined },
    };
    const [subscription] = setting.accounts.subscriptions;
    assert.ok(subscription);
    await setting.sql.transaction((transaction) => subscription.handle([event], transaction));
  }

  const urlOf = (mediaId: string, picture = 'avatar') =>
    `http://localhost:8080/pictures/key-of-${mediaId}/${picture}`;

  it('are shown when they have been processed, and announced then', async () => {
    const alice = await setting.signUp();
    const [avatar, header] = [newPicture(), newPicture()];
    const answer = await patch(alice, { avatar_media_id: avatar, header_media_id: header });
    assert.equal(answer.statusCode, 200, answer.body);
    const changed = answer.json();
    assert.deepEqual([changed.avatar_media_id, changed.header_media_id], [avatar, header]);
    assert.deepEqual([changed.avatar_url, changed.header_url], [null, null]);
    assert.deepEqual(setting.pictures.splice(0), [
      `chosen ${avatar} as avatar`,
      `chosen ${header} as header`,
    ]);
    const before = await setting.announced(alice.userId);
    assert.deepEqual(
      before.map(({ kind }) => kind),
      ['created'],
    );
    await hear(alice, 'cut', avatar);
    await hear(alice, 'cut', header, 'header');
    const shown = await seen(alice);
    assert.deepEqual([shown.avatar_url, shown.header_url], [urlOf(avatar), urlOf(header, 'header')]);
    const events = await setting.announced(alice.userId);
    assert.deepEqual(
      events.map(({ kind, payload }) => [kind, payload['avatar_url'], payload['header_url']]),
      [
        ['created', null, null],
        ['updated', urlOf(avatar), null],
        ['updated', urlOf(avatar), urlOf(header, 'header')],
      ],
    );
    assert.deepEqual(setting.pictures, []);
  });

  it('stay until those that follow are there, are released then, and come back if those fail', async () => {
    const alice = await setting.signUp();
    const [first, second, third] = [newPicture(), newPicture(), newPicture()];
    await patch(alice, { avatar_media_id: first });
    await hear(alice, 'cut', first);
    await patch(alice, { avatar_media_id: second });
    assert.deepEqual(
      [(await me(alice)).avatar_media_id, (await seen(alice)).avatar_url],
      [second, urlOf(first)],
    );
    await hear(alice, 'failed', second);
    assert.deepEqual(
      [(await me(alice)).avatar_media_id, (await seen(alice)).avatar_url],
      [first, urlOf(first)],
    );
    setting.pictures.length = 0;
    await patch(alice, { avatar_media_id: third });
    for (let delivery = 0; delivery < 2; delivery += 1) await hear(alice, 'cut', third);
    assert.equal((await seen(alice)).avatar_url, urlOf(third));
    assert.deepEqual(setting.pictures.splice(0), [`chosen ${third} as avatar`, `released ${first}`]);
    await hear(alice, 'cut', second);
    assert.equal((await seen(alice)).avatar_url, urlOf(third), 'what was not chosen last is not shown');
  });

  it('are removed at once, chosen or shown', async () => {
    const alice = await setting.signUp();
    const [first, second] = [newPicture(), newPicture()];
    await patch(alice, { header_media_id: first });
    await hear(alice, 'cut', first, 'header');
    await patch(alice, { header_media_id: second });
    setting.pictures.length = 0;
    const { header_url: url, header_media_id: mediaId } = (
      await patch(alice, { header_media_id: null })
    ).json();
    assert.deepEqual([url, mediaId, (await seen(alice)).header_url], [null, null, null]);
    assert.deepEqual(setting.pictures.splice(0), [`released ${first}`, `released ${second}`]);
    await hear(alice, 'cut', second, 'header');
    assert.equal((await seen(alice)).header_url, null);
    const { kind, payload } = (await setting.announced(alice.userId)).at(-1) ?? {};
    assert.deepEqual([kind, payload?.['header_url']], ['updated', null]);
  });

  it('leave nothing changed where one of them cannot be taken', async () => {
    const alice = await setting.signUp();
    const avatar = newPicture();
    const body = { bio: 'New', avatar_media_id: avatar, header_media_id: String(NO_PICTURE) };
    const answer = await patch(alice, body);
    assert.deepEqual([answer.statusCode, answer.json().errors[0].field], [422, 'header_media_id']);
    const after = await me(alice);
    assert.deepEqual([after.bio, after.avatar_media_id], ['', null]);
    for (const wrong of ['1', 7, true, '']) {
      const refused = await patch(alice, { avatar_media_id: wrong });
      assert.equal(refused.statusCode, 422);
      assert.match(refused.json().errors[0].field, /avatar_media_id/);
    }
  });

  it('of two clients at once are one or the other, and the other one is released', async () => {
    const alice = await setting.signUp();
    const [first, second] = [newPicture(), newPicture()];
    setting.pictures.length = 0;
    const answers = await Promise.all([first, second].map((each) => patch(alice, { avatar_media_id: each })));
    assert.deepEqual(
      answers.map(({ statusCode }) => statusCode),
      [200, 200],
    );
    const { avatar_media_id: last } = await me(alice);
    const lost = last === first ? second : first;
    assert.deepEqual(
      setting.pictures.filter((each) => each.startsWith('released')),
      [`released ${lost}`],
    );
    await hear(alice, 'cut', lost);
    await hear(alice, 'cut', last);
    assert.equal((await seen(alice)).avatar_url, urlOf(last));
  });

  it('are chosen once per Idempotency-Key', async () => {
    const alice = await setting.signUp();
    const avatar = newPicture();
    setting.pictures.length = 0;
    const key = { 'idempotency-key': `avatar-${avatar}` };
    const first = await patch(alice, { avatar_media_id: avatar }, key);
    const again = await patch(alice, { avatar_media_id: avatar }, key);
    assert.equal(again.headers['idempotent-replayed'], 'true');
    assert.equal(again.body, first.body);
    assert.deepEqual(setting.pictures, [`chosen ${avatar} as avatar`]);
  });

  it('go with the account, also those that are being processed', async () => {
    const alice = await setting.signUp();
    const [first, second] = [newPicture(), newPicture()];
    await patch(alice, { avatar_media_id: first });
    await hear(alice, 'cut', first);
    await patch(alice, { avatar_media_id: second });
    setting.pictures.length = 0;
    await setting.call('DELETE', '/users/me', { token: alice.token, body: { password: PASSWORD } });
    assert.deepEqual(setting.pictures.splice(0), [`released ${first}`, `released ${second}`]);
    await hear(alice, 'cut', second);
    assert.deepEqual(setting.pictures, []);
  });

  it('of who is suspended change unseen', async () => {
    const alice = await setting.signUp();
    const avatar = newPicture();
    await patch(alice, { avatar_media_id: avatar });
    const actor = { userId: null, role: 'administrator' } as const;
    await setting.sql.transaction((transaction) =>
      setting.accounts.moderation.suspend(transaction, actor, Number(alice.userId), 'spam'),
    );
    await hear(alice, 'cut', avatar);
    assert.equal((await setting.call('GET', `/users/${alice.userId}`)).statusCode, 404);
    await setting.sql.transaction((transaction) =>
      setting.accounts.moderation.restore(transaction, actor, Number(alice.userId)),
    );
    assert.equal((await seen(alice)).avatar_url, urlOf(avatar));
  });
});
