import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Causes, createCauses } from '../../../test/support/notification-causes.ts';
import {
  createNotificationsSetting,
  type NotificationsSetting,
} from '../../../test/support/notifications-setting.ts';
import type { Id } from '../../core/ids.ts';
import { GROUP_SPAN_MS, NOTIFICATION_KINDS } from './notification.ts';
import { createRetention, RETENTION_MS } from './retention.ts';

const GROUPS_MAX = 3;

describe('retention of notifications', () => {
  let setting: NotificationsSetting;
  let causes: Causes;
  before(async () => {
    setting = await createNotificationsSetting({ groupsMax: GROUPS_MAX });
    causes = createCauses(setting);
  });
  after(() => setting.close());

  const posts = async (userId: Id) => {
    const request = { limit: 100, kinds: NOTIFICATION_KINDS, place: undefined };
    const { items } = await setting.inbox.page(userId, request);
    return items.map(({ post }) => Number((post as { post_id: string }).post_id));
  };

  it('drops what is older than 90 days, in bounded pieces, and nothing younger', async () => {
    const [alice, bob] = [setting.addUser(), setting.addUser()];
    const actors = Array.from({ length: 7 }, () => setting.addUser());
    const old = setting.ids.next();
    await setting.handle(...actors.map((actor) => causes.like(actor, old, alice).done));
    setting.passTime(RETENTION_MS);
    await setting.handle(causes.like(bob, old, alice).done);
    await setting.runJobs();
    assert.equal((await posts(alice)).length, 2, 'it may have taken in others for half a day');
    setting.passTime(GROUP_SPAN_MS + 1_000);
    const { job } = createRetention({
      sql: setting.sql,
      clock: setting,
      groupsMax: GROUPS_MAX,
      rowsLimit: 3,
    });
    let pieces = 0;
    while ((await job.run()) === 'more') pieces += 1;
    assert.equal(pieces, 3);
    assert.equal((await posts(alice)).length, 1);
    assert.equal(await setting.countRows('notifications', `user_id = ${alice}`), 1);
    assert.deepEqual(await setting.wrongCounts(), []);
  });

  it('keeps as many groups of a user as there may be, and drops the oldest beyond', async () => {
    const [alice, bob, carol] = [setting.addUser(), setting.addUser(), setting.addUser()];
    const likes = Array.from({ length: GROUPS_MAX + 1 }, () => causes.like(bob, setting.ids.next(), alice));
    const postIds = likes.map(({ done }) => Number(done.payload['post_id']));
    for (const { done } of likes.slice(0, GROUPS_MAX)) await setting.handle(done);
    await setting.runJobs();
    assert.deepEqual(await posts(alice), postIds.slice(0, GROUPS_MAX).reverse());
    setting.passTime(5_000);
    await setting.handle(likes.at(-1)?.done ?? assert.fail());
    await setting.handle(causes.like(carol, postIds.at(-1) ?? 0, alice).done);
    await setting.runJobs();
    assert.deepEqual(await posts(alice), postIds.slice(1).reverse());
    assert.equal(await setting.countRows('notifications', `user_id = ${alice}`), GROUPS_MAX + 1);
    assert.deepEqual(await setting.wrongCounts(), []);
  });

  it('makes nothing again of what was dropped, when its event comes again', async () => {
    const [alice, bob] = [setting.addUser(), setting.addUser()];
    const likes = Array.from({ length: GROUPS_MAX + 2 }, () => {
      setting.passTime(1_000);
      return causes.like(bob, setting.ids.next(), alice).done;
    });
    // Made as late as they come out of the log.
    setting.passTime(1_000);
    for (const like of likes) {
      setting.passTime(1_000);
      await setting.handle(like);
    }
    await setting.runJobs();
    const kept = await posts(alice);
    assert.equal(kept.length, GROUPS_MAX);
    for (const like of likes) await setting.handle(like);
    assert.deepEqual(await posts(alice), kept);
  });

  it('forgets after a month what was taken back before it was heard of', async () => {
    const [alice, bob] = [setting.addUser(), setting.addUser()];
    await setting.handle(causes.like(bob, setting.ids.next(), alice).undo());
    const notes = () => setting.countRows('notifications', `user_id = ${alice} AND group_id = 0`);
    await setting.runJobs();
    assert.equal(await notes(), 1);
    await setting.write(
      "UPDATE notifications SET created_at = now() - interval '31 days' WHERE group_id = 0",
    );
    await setting.runJobs();
    assert.equal(await notes(), 0);
  });
});
