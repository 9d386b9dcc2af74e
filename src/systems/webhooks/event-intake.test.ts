import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createWebhooksSetting, type WebhooksSetting } from '../../../test/support/webhooks-setting.ts';
import type { Id } from '../../core/ids.ts';
import type { LoggedEvent } from '../../ports/event-log/event-log.ts';
import { createEventIntake } from './event-intake.ts';
import { WEBHOOK_EVENTS } from './webhook-events.ts';

/** Never asked: nothing is delivered here. */
const URL = 'https://hooks.example/in';

describe('the intake of events', () => {
  let setting: WebhooksSetting;
  before(async () => {
    setting = await createWebhooksSetting();
  });
  after(() => setting.close());

  const event = (topic: string, kind: string, key: Id, payload: object = {}): LoggedEvent => ({
    ...{ topic, kind, key, partition: 0, offset: 0, traceparent: undefined },
    payload: { ...payload },
    createdAt: new Date('2026-01-02T03:04:05.678Z'),
  });
  const handle = (events: readonly LoggedEvent[]) => {
    const [subscription = assert.fail()] = setting.webhooks.subscriptions;
    return setting.sql.transaction((transaction) => subscription.handle(events, transaction));
  };
  const bodiesOf = async (userId: Id, webhookId: string) => {
    const deliveries = await setting.deliveries(userId, webhookId);
    const bodies = deliveries.map(async ({ delivery_id: id }) => {
      const { body } = await setting.call('GET', `/webhooks/${webhookId}/deliveries/${id}`, userId);
      return JSON.parse(body.body);
    });
    return (await Promise.all(bodies)).reverse();
  };

  it('makes a delivery of each event, in their order, for who wants it', async () => {
    const [alice, bob] = [setting.addPerson(), setting.addPerson()];
    const all = await setting.register(alice, URL, { events: [...WEBHOOK_EVENTS] });
    const some = await setting.register(alice, URL, { events: ['post.deleted', 'follow.created'] });
    const others = await setting.register(bob, URL, { events: [...WEBHOOK_EVENTS] });
    const kinds = [
      ['posts', 'created', 'post.created'],
      ['posts', 'edited', 'post.edited'],
      ['posts', 'deleted', 'post.deleted'],
      ['relationships', 'followed', 'follow.created'],
      ['relationships', 'unfollowed', 'follow.deleted'],
      ['notifications', 'notified', 'notification.created'],
      ['links', 'created', 'link.created'],
      ['links', 'updated', 'link.updated'],
      ['links', 'deleted', 'link.deleted'],
      ['link_visits', 'counted', 'link.clicked'],
      ['link_targets', 'dead', 'link.target_dead'],
      ['link_targets', 'back', 'link.target_back'],
    ] as const;
    await handle(kinds.map(([topic, kind], n) => event(topic, kind, alice, { n })));
    assert.deepEqual(
      await bodiesOf(alice, all.webhook_id),
      kinds.map(([, , type], n) => ({
        type,
        timestamp: '2026-01-02T03:04:05.678Z',
        user_id: String(alice),
        data: { n },
      })),
    );
    const told = (await bodiesOf(alice, some.webhook_id)).map(({ type }) => type);
    assert.deepEqual(told, ['post.deleted', 'follow.created']);
    assert.deepEqual(await bodiesOf(bob, others.webhook_id), []);
    assert.deepEqual(
      WEBHOOK_EVENTS,
      kinds.map(([, , type]) => type),
    );
  });

  it('leaves out what is no business of others, and what only consumers need', async () => {
    const alice = setting.addPerson();
    const webhook = await setting.register(alice, URL, { events: [...WEBHOOK_EVENTS] });
    await handle([
      event('posts', 'reposted', alice),
      event('relationships', 'blocked', alice),
      event('relationships', 'muted', alice),
      event('notifications', 'read', alice),
      event('notifications', 'withdrawn', alice),
      event('links', 'owner_hidden', alice),
      event('users', 'updated', alice),
      event('unheard', 'of', alice),
      event('posts', 'edited', alice, { text: 'x', removed_mention_user_ids: ['1'] }),
    ]);
    const bodies = await bodiesOf(alice, webhook.webhook_id);
    assert.deepEqual(
      bodies.map(({ type, data }) => [type, data]),
      [['post.edited', { text: 'x' }]],
    );
  });

  it('asks for nothing to be sent by a webhook that is disabled', async () => {
    const alice = setting.addPerson();
    const { webhook_id: id } = await setting.register(alice, URL);
    await setting.call('PATCH', `/webhooks/${id}`, alice, { enabled: false });
    await handle([event('posts', 'created', alice)]);
    assert.deepEqual(await setting.deliveries(alice, id), []);
  });

  it('drops the oldest that wait when there are too many, and says how many', async () => {
    const alice = setting.addPerson();
    const { webhook_id: id } = await setting.register(alice, URL);
    const { handle: intake } = createEventIntake({ ...setting, onWaiting: () => undefined, waitingMax: 3 });
    const add = (count: number) =>
      setting.sql.transaction((transaction) =>
        intake(
          Array.from({ length: count }, () => event('posts', 'created', alice)),
          transaction,
        ),
      );
    await add(3);
    assert.deepEqual((await setting.deliveries(alice, id, 'dropped')).length, 0);
    await add(2);
    const { body } = await setting.call('GET', `/webhooks/${id}`, alice);
    assert.deepEqual([body.waiting, body.dropped], [3, 2]);
    const states = (await setting.deliveries(alice, id)).map(({ status }) => status);
    assert.deepEqual(states, ['waiting', 'waiting', 'waiting', 'dropped', 'dropped']);
    assert.equal(setting.outcomes.get('dropped'), 2);
    await add(10);
    assert.equal((await setting.deliveries(alice, id, 'waiting')).length, 3);
  });

  it('makes each delivery once, also when its transaction fails and is made again', async () => {
    const alice = setting.addPerson();
    const { webhook_id: id } = await setting.register(alice, URL);
    const [subscription = assert.fail()] = setting.webhooks.subscriptions;
    const events = [event('posts', 'created', alice)];
    const failing = setting.sql.transaction(async (transaction) => {
      await subscription.handle(events, transaction);
      throw new Error('the process dies here');
    });
    await assert.rejects(failing);
    await handle(events);
    assert.equal((await setting.deliveries(alice, id)).length, 1);
  });

  it('sends nothing of who is suspended, and goes on when they are back', async () => {
    const alice = setting.addPerson();
    const { webhook_id: id } = await setting.register(alice, URL);
    const dueOf = async () => {
      const [row] = await setting.read<{ due: boolean; waiting: number }>(
        'test_due',
        'SELECT due_at IS NOT NULL AS due, waiting FROM webhooks WHERE webhook_id = $1',
        [Number(id)],
      );
      return row;
    };
    await handle([event('posts', 'created', alice)]);
    assert.deepEqual(await dueOf(), { due: true, waiting: 1 });
    await handle([event('users', 'suspended', alice)]);
    await handle([event('posts', 'created', alice)]);
    assert.deepEqual(await dueOf(), { due: false, waiting: 1 });
    await handle([event('users', 'restored', alice)]);
    assert.deepEqual(await dueOf(), { due: true, waiting: 1 });
  });

  it('deletes all webhooks of who is deleted, their secrets at once', async () => {
    const [alice, bob] = [setting.addPerson(), setting.addPerson()];
    const { webhook_id: id } = await setting.register(alice, URL);
    const { webhook_id: other } = await setting.register(bob, URL);
    await handle([event('posts', 'created', alice), event('users', 'deleted', alice)]);
    assert.equal((await setting.call('GET', `/webhooks/${id}`, alice)).status, 404);
    assert.equal((await setting.call('GET', `/webhooks/${other}`, bob)).status, 200);
    const secrets = await setting.read<{ secret: string }>(
      'test_secret',
      'SELECT secret FROM webhooks WHERE webhook_id = $1',
      [Number(id)],
    );
    assert.deepEqual(secrets, [{ secret: '' }]);
    await setting.runJob('erase-webhooks');
    const rows = await setting.read('test_left', 'SELECT FROM webhook_deliveries WHERE webhook_id = $1', [
      Number(id),
    ]);
    assert.deepEqual(rows, []);
  });
});
