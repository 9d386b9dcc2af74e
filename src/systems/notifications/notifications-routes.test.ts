import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Answer } from '../../../test/support/call-as.ts';
import { type Causes, createCauses } from '../../../test/support/notification-causes.ts';
import {
  createNotificationsSetting,
  type NotificationsSetting,
} from '../../../test/support/notifications-setting.ts';
import type { Id } from '../../core/ids.ts';
import { ACTORS_MAX, UNREAD_COUNT_MAX } from './inbox.ts';
import { NOTIFICATION_KINDS } from './notification.ts';

describe('the calls of notifications', () => {
  let setting: NotificationsSetting;
  let causes: Causes;
  let alice: Id;
  let bob: Id;
  before(async () => {
    setting = await createNotificationsSetting();
    causes = createCauses(setting);
  });
  after(() => setting.close());

  const get = (url: string, viewerId?: Id) => setting.call('GET', url, viewerId);
  const list = async (viewerId: Id, query = ''): Promise<Answer['body'][]> => {
    const { status, body } = await get(`/notifications${query}`, viewerId);
    assert.equal(status, 200, JSON.stringify(body));
    return body.items;
  };
  const unread = async (viewerId: Id) => (await get('/notifications/unread_count', viewerId)).body;
  const markRead = (viewerId: Id, body: object = {}, headers = {}) =>
    setting.call('POST', '/notifications/read', viewerId, body, headers);
  const newPeople = () => {
    [alice, bob] = [setting.addUser(), setting.addUser()];
  };
  const likes = async (count: number) => {
    const all = Array.from({ length: count }, () => causes.like(bob, setting.ids.next(), alice));
    for (const { done } of all) await setting.handle(done);
    return all;
  };

  it('are for who is signed in', async () => {
    const calls = [
      ['GET', '/notifications'],
      ['GET', '/notifications/unread_count'],
      ['POST', '/notifications/read'],
      ['GET', '/notifications/settings'],
      ['PATCH', '/notifications/settings'],
    ] as const;
    for (const [method, url] of calls) {
      const payload = method === 'GET' ? undefined : {};
      assert.equal((await setting.call(method, url, undefined, payload)).status, 401, url);
    }
  });

  it('show one their own notifications and nobody else’s', async () => {
    newPeople();
    const [like] = await likes(1);
    const [item] = await list(alice);
    assert.deepEqual(item, {
      notification_id: item.notification_id,
      group_id: item.notification_id,
      kind: 'like',
      group_count: 1,
      actors: [
        {
          user_id: String(bob),
          username: item.actors[0].username,
          display_name: item.actors[0].display_name,
          avatar_url: null,
          locked: false,
        },
      ],
      post: { post_id: like?.done.payload['post_id'] },
      created_at: like?.done.createdAt.toISOString(),
      read: false,
    });
    assert.deepEqual(await list(bob), []);
    await markRead(bob, { up_to_id: item.notification_id });
    assert.deepEqual(await unread(alice), { unread_count: 1, more: false });
  });

  it('leave out what the reader may not see any more, whatever was shown before', async () => {
    newPeople();
    const [like] = await likes(1);
    await setting.handle(causes.follow(bob, alice).done);
    const postId = Number(like?.done.payload['post_id']);
    const kinds = async () => (await list(alice)).map(({ kind }) => kind);
    setting.setUnseen(postId, true);
    assert.deepEqual(await kinds(), ['follow']);
    assert.deepEqual(await unread(alice), { unread_count: 1, more: false });
    setting.setUnseen(postId, false);
    for (const tie of [{ blocked: true }, { blocked: false, muting: true }]) {
      setting.tie(alice, bob, tie);
      assert.deepEqual(await kinds(), []);
      assert.deepEqual(await unread(alice), { unread_count: 0, more: false });
    }
    setting.tie(alice, bob, { muting: false });
    assert.deepEqual(await kinds(), ['follow', 'like']);
  });

  it('name the newest of many, and count them all but those whom the reader mutes', async () => {
    newPeople();
    const actors = Array.from({ length: ACTORS_MAX + 2 }, () => setting.addUser());
    const postId = setting.ids.next();
    for (const actor of actors) await setting.handle(causes.like(actor, postId, alice).done);
    setting.tie(alice, actors.at(-1) ?? 0, { muting: true });
    const [item] = await list(alice);
    assert.equal(item.group_count, ACTORS_MAX + 1);
    assert.deepEqual(
      item.actors.map(({ user_id }: { user_id: string }) => Number(user_id)),
      actors.slice(1, -1).reverse(),
    );
  });

  it('fill pages beyond what is left out', async () => {
    newPeople();
    const carol = setting.addUser();
    await setting.handle(causes.follow(carol, alice).done);
    await likes(7);
    setting.tie(alice, bob, { muting: true });
    const { body } = await get('/notifications?limit=2', alice);
    assert.deepEqual([body.items.length, body.next_page_token], [1, null]);
  });

  it('page by tokens of their own, and say so of others', async () => {
    newPeople();
    await likes(3);
    const first = (await get('/notifications?limit=2', alice)).body;
    assert.equal(first.items.length, 2);
    const second = (await get(`/notifications?limit=2&page_token=${first.next_page_token}`, alice)).body;
    assert.deepEqual([second.items.length, second.next_page_token], [1, null]);
    for (const token of ['x', 'MTUzNzA1Nzk4MTg5ODc2MA', 'a'.repeat(65)]) {
      assert.equal((await get(`/notifications?page_token=${token}`, alice)).status, 422, token);
    }
    for (const [limit, status] of [
      [0, 422],
      [1, 200],
      [100, 200],
      [101, 422],
    ]) {
      assert.equal((await get(`/notifications?limit=${limit}`, alice)).status, status);
    }
  });

  it('answer only the kinds that were asked for', async () => {
    newPeople();
    await likes(1);
    await setting.handle(causes.follow(bob, alice).done);
    const kinds = async (query: string) => (await list(alice, query)).map(({ kind }) => kind);
    assert.deepEqual(await kinds('?kinds=like'), ['like']);
    assert.deepEqual(await kinds('?kinds=like,follow'), ['follow', 'like']);
    assert.deepEqual(await kinds(`?kinds=${NOTIFICATION_KINDS.join(',')}`), ['follow', 'like']);
    assert.deepEqual(await kinds('?kinds=reply'), []);
    for (const wrong of ['', 'likes', 'like,', 'like,like;follow']) {
      assert.equal((await get(`/notifications?kinds=${wrong}`, alice)).status, 422, wrong);
    }
  });

  it('mark as read up to a notification, never back, and each time with the same answer', async () => {
    newPeople();
    assert.deepEqual((await markRead(alice)).body, { unread_count: 0, more: false, read_up_to_id: null });
    await likes(3);
    const [third, second, first] = (await list(alice)).map(({ notification_id }) => notification_id);
    const answer = { unread_count: 1, more: false, read_up_to_id: second };
    for (let time = 0; time < 2; time += 1) {
      assert.deepEqual((await markRead(alice, { up_to_id: second })).body, answer);
    }
    assert.deepEqual((await markRead(alice, { up_to_id: first })).body, answer);
    assert.deepEqual(
      (await list(alice)).map(({ read }) => read),
      [false, true, true],
    );
    const ahead = await markRead(alice, { up_to_id: '9006999999999999' });
    assert.deepEqual(ahead.body, { unread_count: 0, more: false, read_up_to_id: third });
    await likes(1);
    assert.deepEqual(await unread(alice), { unread_count: 1, more: false });
    const all = await markRead(alice);
    assert.deepEqual([all.body.unread_count, await unread(alice)], [0, { unread_count: 0, more: false }]);
    const announced = (await setting.announced()).filter(({ key, kind }) => key === alice && kind === 'read');
    assert.deepEqual(
      announced.map(({ payload }) => payload),
      [second, third, all.body.read_up_to_id].map((id) => ({ user_id: String(alice), read_up_to: id })),
    );
    for (const body of [{ up_to_id: '1' }, { up_to_id: 1 }, { other: true }]) {
      assert.equal((await markRead(alice, body)).status, 422);
    }
  });

  it('show a group as unread again when somebody joins it', async () => {
    newPeople();
    const carol = setting.addUser();
    const postId = setting.ids.next();
    await setting.handle(causes.like(bob, postId, alice).done);
    await markRead(alice);
    const late = causes.like(carol, postId, alice);
    await setting.handle(late.done);
    assert.deepEqual([(await list(alice))[0].read, (await unread(alice)).unread_count], [false, 1]);
    await setting.handle(late.undo());
    assert.deepEqual([(await list(alice))[0].read, (await unread(alice)).unread_count], [true, 0]);
  });

  it('repeat the answer of a repeated request', async () => {
    newPeople();
    await likes(1);
    const headers = { 'idempotency-key': 'once' };
    const first = await markRead(alice, {}, headers);
    await likes(1);
    const again = await markRead(alice, {}, headers);
    assert.deepEqual([again.text, again.headers['idempotent-replayed']], [first.text, 'true']);
    assert.equal((await unread(alice)).unread_count, 1);
    assert.equal((await markRead(alice, { up_to_id: first.body.read_up_to_id }, headers)).status, 422);
  });

  it('count unread items up to a limit, and say that there are more', async () => {
    newPeople();
    const all = Array.from({ length: UNREAD_COUNT_MAX + 1 }, () =>
      causes.like(bob, setting.ids.next(), alice),
    );
    await setting.handle(...all.slice(1).map(({ done }) => done));
    assert.deepEqual(await unread(alice), { unread_count: UNREAD_COUNT_MAX, more: false });
    await setting.handle(all[0]?.done ?? assert.fail());
    assert.deepEqual(await unread(alice), { unread_count: UNREAD_COUNT_MAX, more: true });
  });

  it('keep the settings of each, by kind', async () => {
    newPeople();
    const everyone = Object.fromEntries(NOTIFICATION_KINDS.map((kind) => [kind, 'everyone']));
    const settings = async (userId: Id) => (await get('/notifications/settings', userId)).body;
    assert.deepEqual(await settings(alice), everyone);
    const patch = (body: object) => setting.call('PATCH', '/notifications/settings', alice, body);
    assert.deepEqual((await patch({ like: 'none' })).body, { ...everyone, like: 'none' });
    await patch({ mention: 'following' });
    assert.deepEqual(await settings(alice), { ...everyone, like: 'none', mention: 'following' });
    await patch({ like: 'everyone' });
    assert.deepEqual(await settings(alice), { ...everyone, mention: 'following' });
    assert.deepEqual(await settings(bob), everyone);
    for (const wrong of [{}, { like: 'nobody' }, { likes: 'none' }, { like: null }]) {
      assert.equal((await patch(wrong)).status, 422, JSON.stringify(wrong));
    }
  });
});
