/** Workers that die, and groups that begin again: each notification is made, and announced, once. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createCauses } from '../../../test/support/notification-causes.ts';
import {
  createNotificationsSetting,
  type NotificationsSetting,
} from '../../../test/support/notifications-setting.ts';
import { until } from '../../../test/support/until.ts';
import type { Id } from '../../core/ids.ts';
import type { LoggedEvent } from '../../ports/event-log/event-log.ts';
import { NOTIFICATION_KINDS } from './notification.ts';
import { NOTIFICATIONS_GROUP } from './notifications.ts';

const crashingWorker = fileURLToPath(
  new URL(`../../../test/support/crashing-notifications${import.meta.url.slice(-3)}`, import.meta.url),
);

describe('notifications, as workers die and begin again', () => {
  let setting: NotificationsSetting;
  before(async () => {
    setting = await createNotificationsSetting();
  });
  after(() => setting.close());

  const append = (events: readonly LoggedEvent[]) =>
    setting.sql.transaction((transaction) =>
      setting.eventLog.append(
        transaction,
        events.map(({ topic, key, kind, payload }) => ({ topic, key, kind, payload, ownerId: key })),
      ),
    );
  const quiet = async () => {
    const lags = await setting.eventLog.lag();
    return lags.every(({ waiting, retrying, dead }) => waiting + retrying + dead === 0);
  };
  const items = async (userId: Id) =>
    (await setting.inbox.page(userId, { limit: 100, kinds: NOTIFICATION_KINDS, place: undefined })).items;

  it('are each made and announced once', async () => {
    const causes = createCauses(setting);
    const [alice, bob, carol] = [setting.addUser(), setting.addUser(), setting.addUser()];
    const postId = setting.ids.next();
    const takenBack = causes.like(carol, postId, alice);
    await append([
      causes.like(bob, postId, alice).done,
      causes.follow(bob, alice).done,
      causes.post(bob, { mentions: [alice] }).done,
      takenBack.done,
      takenBack.undo(),
    ]);
    for (let kills = 0; kills < 3; kills += 1) {
      const child = spawn(process.execPath, [crashingWorker, setting.database.url], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await once(child.stdout, 'data');
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    const consumer = await setting.eventLog.subscribe(setting.subscription);
    await until(quiet);
    const kinds = async () =>
      (await items(alice)).map(({ kind, groupCount }) => `${kind} ${groupCount}`).sort();
    assert.deepEqual(await kinds(), ['follow 1', 'like 1', 'mention 1']);
    const announced = (await setting.announced()).filter(({ kind }) => kind === 'notified');
    assert.equal(announced.length, 3);
    await consumer.close();

    // All that the log has kept, from the beginning.
    await setting.eventLog.removeGroup(NOTIFICATIONS_GROUP);
    await setting.eventLog.subscribe(setting.subscription);
    await until(quiet);
    assert.deepEqual(await kinds(), ['follow 1', 'like 1', 'mention 1']);
    assert.equal((await setting.announced()).filter(({ kind }) => kind === 'notified').length, 3);
    assert.deepEqual(await setting.wrongCounts(), []);
  });
});
