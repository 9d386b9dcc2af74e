import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Causes, createCauses } from '../../../test/support/notification-causes.ts';
import {
  createNotificationsSetting,
  type NotificationsSetting,
} from '../../../test/support/notifications-setting.ts';
import type { Id } from '../../core/ids.ts';
import { createHiddenUsers } from './hidden-users.ts';
import { MEMBERS_LOOKED_AT_TWICE } from './inbox.ts';
import { NOTIFICATION_KINDS } from './notification.ts';

describe('notifications of what hidden users did', () => {
  let setting: NotificationsSetting;
  let causes: Causes;
  before(async () => {
    setting = await createNotificationsSetting();
    causes = createCauses(setting);
  });
  after(() => setting.close());

  const items = async (userId: Id) =>
    (await setting.inbox.page(userId, { limit: 100, kinds: NOTIFICATION_KINDS, place: undefined })).items;
  const change = async (kind: 'suspended' | 'restored' | 'deleted', userId: Id) => {
    setting.setUnknown(userId, kind !== 'restored');
    await setting.handle(causes.user(kind, userId));
  };
  const likedPost = async (alice: Id, ...actors: readonly Id[]) => {
    const postId = setting.ids.next();
    await setting.handle(...actors.map((actor) => causes.like(actor, postId, alice).done));
    return postId;
  };

  it('are out of sight while they are suspended, and back when they are restored', async () => {
    const [alice, bob, carol] = [setting.addUser(), setting.addUser(), setting.addUser()];
    await likedPost(alice, bob, carol);
    await setting.handle(causes.follow(bob, alice).done);
    for (const settle of [async () => undefined, setting.runJobs]) {
      await change('suspended', bob);
      await settle();
      assert.deepEqual(
        (await items(alice)).map(({ kind, groupCount }) => [kind, groupCount]),
        [['like', 1]],
      );
    }
    await change('restored', bob);
    await setting.runJobs();
    assert.deepEqual(
      (await items(alice)).map(({ kind, groupCount }) => [kind, groupCount]),
      [
        ['follow', 1],
        ['like', 2],
      ],
    );
    assert.deepEqual(await setting.wrongCounts(), []);
    assert.equal(await setting.countRows('notification_hidden_users', `user_id = ${bob}`), 0);
  });

  it('are hidden too when they are heard of only after the suspension', async () => {
    const [alice, bob] = [setting.addUser(), setting.addUser()];
    await change('suspended', bob);
    await setting.runJobs();
    const like = causes.like(bob, setting.ids.next(), alice);
    await setting.handle(like.done);
    setting.setUnknown(bob, false);
    assert.deepEqual(await items(alice), []);
    assert.equal((await setting.inbox.unread(alice)).unreadCount, 0);
    await change('restored', bob);
    await setting.runJobs();
    assert.equal((await items(alice)).length, 1);
    await setting.handle(like.undo());
    assert.deepEqual(await items(alice), []);
    assert.deepEqual(await setting.wrongCounts(), []);
  });

  it('do not hide what so many others did: a wave of suspended users leaves the rest', async () => {
    const [alice, bob] = [setting.addUser(), setting.addUser()];
    const wave = Array.from({ length: 40 }, () => setting.addUser());
    await likedPost(alice, bob, ...wave);
    for (const userId of wave) setting.setUnknown(userId, true);
    const seen = async () => (await items(alice)).map(({ actors }) => actors.map(({ userId }) => userId));
    assert.deepEqual(await seen(), [[bob]], 'before anything was heard of it');
    await setting.handle(...wave.map((userId) => causes.user('suspended', userId)));
    await setting.runJobs();
    assert.deepEqual(await seen(), [[bob]]);
    assert.equal((await items(alice))[0]?.groupCount, 1);
  });

  it('are looked past up to a limit while nothing was heard of it', async () => {
    const [alice, bob] = [setting.addUser(), setting.addUser()];
    const wave = Array.from({ length: MEMBERS_LOOKED_AT_TWICE }, () => setting.addUser());
    await likedPost(alice, bob, ...wave);
    for (const userId of wave.slice(1)) setting.setUnknown(userId, true);
    assert.deepEqual(
      (await items(alice)).map(({ actors }) => actors.map(({ userId }) => userId)),
      [wave.slice(0, 1)],
    );
    setting.setUnknown(wave[0] ?? 0, true);
    assert.deepEqual(await items(alice), []);
    await setting.handle(...wave.map((userId) => causes.user('suspended', userId)));
    await setting.runJobs();
    assert.equal((await items(alice))[0]?.groupCount, 1);
  });

  it('are erased when they are deleted, a piece at a time, and so is what they were notified of', async () => {
    const [alice, bob] = [setting.addUser(), setting.addUser()];
    const posts = [];
    for (let n = 0; n < 5; n += 1) posts.push(await likedPost(alice, bob));
    await likedPost(bob, alice);
    await setting.handle(causes.follow(alice, bob).done);
    await change('deleted', bob);
    assert.deepEqual(await items(alice), []);
    const { job } = createHiddenUsers({ sql: setting.sql, settleLimit: 2, batchMs: 0 });
    let runs = 1;
    while ((await job.run()) === 'more') {
      runs += 1;
      assert.deepEqual(await items(alice), []);
    }
    assert.deepEqual(await setting.wrongCounts(), []);
    assert.ok(runs >= 3, `${runs} runs`);
    const left = `user_id = ${bob} OR actor_id = ${bob}`;
    assert.equal(await setting.countRows('notifications', left), 0);
    assert.equal(await setting.countRows('notification_groups', `user_id = ${bob}`), 0);
    assert.equal(await setting.countRows('notification_inboxes', `user_id = ${bob}`), 0);

    await setting.handle(causes.like(bob, posts[0] ?? 0, alice).done, causes.follow(alice, bob).done);
    await setting.handle(causes.user('restored', bob));
    await setting.runJobs();
    assert.equal(await setting.countRows('notifications', left), 0, 'what comes late leaves nothing');
  });

  it('are settled only when no batch is under way any more that has not heard of it', async () => {
    const [alice, bob] = [setting.addUser(), setting.addUser()];
    await likedPost(alice, bob);
    await change('suspended', bob);
    const { job } = createHiddenUsers({ sql: setting.sql, batchMs: 60_000 });
    while ((await job.run()) === 'more');
    assert.equal(await setting.countRows('notification_hidden_users', `user_id = ${bob} AND settled`), 0);
    await setting.runJobs();
    assert.equal(await setting.countRows('notification_hidden_users', `user_id = ${bob} AND settled`), 1);
  });

  it('may be brought in line by several workers, while others go on to notify', async () => {
    const alice = setting.addUser();
    const actors = Array.from({ length: 6 }, () => setting.addUser());
    for (let n = 0; n < 4; n += 1) await likedPost(alice, ...actors);
    for (const userId of actors.slice(0, 3)) await change('suspended', userId);
    await Promise.all([
      setting.runJobs(),
      setting.runJobs(),
      ...actors.slice(3).map((actor) => setting.handle(causes.follow(actor, alice).done)),
    ]);
    await setting.runJobs();
    assert.deepEqual(await setting.wrongCounts(), []);
    assert.deepEqual(
      (await items(alice)).map(({ groupCount }) => groupCount),
      [3, 3, 3, 3, 3],
    );
  });
});
