import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { after, afterEach, before, describe, it } from 'node:test';
import { startTargetServer, type TargetServer } from '../../../test/support/target-server.ts';
import { until } from '../../../test/support/until.ts';
import { createWebhooksSetting, type WebhooksSetting } from '../../../test/support/webhooks-setting.ts';
import type { Id } from '../../core/ids.ts';
import { LEASE_MS } from './deliverer.ts';
import { ATTEMPTS_MAX, FAILING_MAX_MS, FAILURES_MAX } from './retry-schedule.ts';
import { DELIVERY_RETENTION_MS } from './webhooks.ts';

const MINUTE_MS = 60_000;

describe('deliveries', () => {
  let setting: WebhooksSetting;
  /** What the next target answers. */
  let status = 200;
  let target: TargetServer;
  const held: ServerResponse[] = [];
  let worker: { close(): Promise<void> };
  before(async () => {
    setting = await createWebhooksSetting();
    target = await startTargetServer({
      answer: (request, response) => {
        if (request.path.startsWith('/slow')) return void setTimeout(() => response.end(), 1_200);
        if (request.path.startsWith('/held')) return void held.push(response);
        response.writeHead(status, { 'retry-after': '7200' });
        response.end(`answer \u202e${status}`);
      },
    });
    worker = await setting.startWorker();
  });
  afterEach(() => {
    status = 200;
  });
  after(async () => {
    await worker.close();
    await target.close();
    await setting.close();
  });

  const at = (path: string) => `${target.url}${path}`;
  const receivedAt = (path: string) => target.received.filter((request) => request.path === path);
  const show = async (userId: Id, id: string) => (await setting.call('GET', `/webhooks/${id}`, userId)).body;
  const latest = async (userId: Id, id: string) => (await setting.deliveries(userId, id))[0];
  /** A webhook of somebody new. */
  const register = async (path: string, fields: object = {}) => {
    const userId = setting.addPerson();
    const webhook = await setting.register(userId, at(path), fields);
    return { userId, id: String(webhook.webhook_id), secret: String(webhook.secret) };
  };
  /** Whatever waits for a retry or the end of a pause is due. */
  const makeDue = async (id: string) => {
    const past = new Date(Date.now() - 1_000);
    await setting.write(
      'test_due_deliveries',
      "UPDATE webhook_deliveries SET due_at = $2 WHERE webhook_id = $1 AND state = 'waiting'",
      [Number(id), past],
    );
    await setting.write(
      'test_due_webhook',
      'UPDATE webhooks SET due_at = $2, paused_until = NULL WHERE webhook_id = $1 AND due_at IS NOT NULL',
      [Number(id), past],
    );
    await setting.runJob('deliver-webhooks');
  };
  const released = async (id: string) => {
    const [row] = await setting.read<{ leased: boolean }>(
      'test_leased',
      'SELECT leased_until IS NOT NULL AS leased FROM webhooks WHERE webhook_id = $1',
      [Number(id)],
    );
    return row?.leased === false;
  };
  /** Fails one attempt after the other until the condition holds. */
  const failUntil = async (userId: Id, id: string, condition: () => Promise<boolean>) => {
    for (let tries = 0; tries < 50 && !(await condition()); tries += 1) {
      const { failures } = await show(userId, id);
      await makeDue(id);
      await until(async () => (await show(userId, id)).failures > failures || (await condition()));
      await until(() => released(id));
    }
    assert.ok(await condition());
  };

  it('are signed requests that say what happened, and a receiver can check', async () => {
    const { userId, id, secret } = await register('/signed');
    await setting.post(userId);
    await until(() => receivedAt('/signed').length === 1);
    const { method, headers, body } = receivedAt('/signed')[0] ?? assert.fail();
    assert.equal(method, 'POST');
    assert.equal(headers['content-type'], 'application/json');
    const event = JSON.parse(body);
    assert.equal(event.type, 'post.created');
    assert.equal(event.user_id, String(userId));
    assert.match(event.data.text, /^post /);
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
    const expected = createHmac('sha256', key).update(signed).digest('base64');
    assert.equal(headers['webhook-signature'], `v1,${expected}`);
    assert.ok(Math.abs(Number(headers['webhook-timestamp']) - Date.now() / 1_000) < 60);
    await until(async () => (await latest(userId, id)).status === 'delivered');
    const delivery = await latest(userId, id);
    assert.equal(delivery.message_id, headers['webhook-id']);
    assert.deepEqual([delivery.attempts, delivery.response_status, delivery.error], [1, 200, null]);
    assert.equal(delivery.response_body, 'answer \\u{202e}200');
    assert.equal((await show(userId, id)).waiting, 0);
    assert.doesNotMatch(setting.logged(), /whsec_/);
  });

  it('are made within a moment of the event, though nobody asks', async () => {
    const { userId } = await register('/soon');
    await setting.post(userId);
    await until(() => receivedAt('/soon').length === 1);
    assert.ok((setting.latenciesMs.at(-1) ?? 0) < 5_000);
  });

  it('of one webhook come one at a time, in order while all goes well', async () => {
    const { userId, id } = await register('/ordered');
    await setting.post(userId, 35);
    await until(() => receivedAt('/ordered').length === 35);
    const texts = receivedAt('/ordered').map(({ body }) => Number(JSON.parse(body).data.post_id));
    assert.deepEqual(
      texts,
      texts.toSorted((one, other) => one - other),
    );
    await until(async () => (await show(userId, id)).waiting === 0);
    assert.equal(receivedAt('/ordered').length, 35);
  });

  it('carry the signatures of both secrets after a rotation, until the old one ends', async () => {
    const { userId, id } = await register('/rotated');
    await setting.call('POST', `/webhooks/${id}/rotate_secret`, userId);
    const send = async () => {
      const before = receivedAt('/rotated').length;
      await setting.call('POST', `/webhooks/${id}/test`, userId);
      await until(() => receivedAt('/rotated').length > before);
      return String(receivedAt('/rotated').at(-1)?.headers['webhook-signature']).split(' ');
    };
    const both = await send();
    assert.equal(both.length, 2);
    assert.ok(both.every((signature) => signature.startsWith('v1,')));
    await setting.write(
      'test_end_overlap',
      'UPDATE webhooks SET previous_secret_until = $2 WHERE webhook_id = $1',
      [Number(id), new Date(Date.now() - 1)],
    );
    assert.equal((await send()).length, 1);
  });

  it('are tried again after a while with the same id, and a success makes all well', async () => {
    const { userId, id } = await register('/again');
    status = 500;
    await setting.post(userId);
    await until(async () => (await latest(userId, id))?.attempts === 1);
    const failed = await latest(userId, id);
    assert.deepEqual([failed.status, failed.response_status], ['waiting', 500]);
    assert.match(failed.error, /500/);
    const delayMs = Date.parse(failed.next_attempt_at) - Date.parse(failed.attempted_at);
    assert.ok(delayMs >= 7_200_000, `Retry-After was not heard: ${delayMs}`);
    assert.notEqual((await show(userId, id)).failing_since, null);
    status = 200;
    await until(() => released(id));
    await makeDue(id);
    await until(async () => (await latest(userId, id)).status === 'delivered');
    const ids = receivedAt('/again').map(({ headers }) => headers['webhook-id']);
    assert.equal(ids.length, 2);
    assert.equal(new Set(ids).size, 1);
    const webhook = await show(userId, id);
    assert.deepEqual([webhook.failures, webhook.failing_since, webhook.waiting], [0, null, 0]);
  });

  it('pause as a whole when the server says that it is overloaded', async () => {
    const { userId, id } = await register('/overloaded');
    status = 503;
    await setting.post(userId, 5);
    await until(async () => (await show(userId, id)).paused_until !== null);
    await until(() => released(id));
    assert.equal(receivedAt('/overloaded').length, 1, 'the others were not even tried');
    const { waiting, paused_until: until_ } = await show(userId, id);
    assert.equal(waiting, 5);
    assert.ok(Date.parse(until_) - Date.now() > 7_000_000);
  });

  it('stop after failures in a row, and one at a time proves whether it works again', async () => {
    const { userId, id } = await register('/broken');
    status = 500;
    await setting.post(userId, 20);
    await until(async () => (await show(userId, id)).paused_until !== null);
    await until(() => released(id));
    assert.equal(receivedAt('/broken').length, FAILURES_MAX);
    await makeDue(id);
    await until(async () => (await show(userId, id)).failures === FAILURES_MAX + 1);
    await until(() => released(id));
    assert.equal(receivedAt('/broken').length, FAILURES_MAX + 1, 'one probe, no more');
    const sizes = await setting.webhooks.queueSizes();
    assert.ok(sizes.paused >= 1 && sizes.waiting >= 20);
    status = 200;
    await makeDue(id);
    await until(async () => (await show(userId, id)).waiting === 0);
    assert.equal((await setting.deliveries(userId, id, 'delivered')).length, 20);
  });

  it('end a pause when the owner asks for a test', async () => {
    const { userId, id } = await register('/tested');
    status = 503;
    await setting.post(userId, 2);
    await until(async () => (await show(userId, id)).paused_until !== null);
    await until(() => released(id));
    status = 200;
    const { status: accepted, body } = await setting.call('POST', `/webhooks/${id}/test`, userId);
    assert.equal(accepted, 202);
    const path = `/webhooks/${id}/deliveries/${body.delivery_id}`;
    await until(async () => (await setting.call('GET', path, userId)).body.status === 'delivered');
    const { body: delivery } = await setting.call('GET', path, userId);
    assert.equal(delivery.event, 'webhook.test');
    assert.deepEqual(JSON.parse(delivery.body).data, { webhook_id: id });
  });

  it('fail for good after their last attempt, and can be replayed by hand', async () => {
    const { userId, id } = await register('/hopeless');
    status = 500;
    await setting.post(userId);
    await until(async () => (await latest(userId, id))?.attempts === 1);
    await until(() => released(id));
    await failUntil(userId, id, async () => (await latest(userId, id)).status === 'failed');
    const failed = await latest(userId, id);
    assert.deepEqual([failed.attempts, failed.next_attempt_at], [ATTEMPTS_MAX, null]);
    assert.equal((await show(userId, id)).waiting, 0);
    status = 200;
    const replay = `/webhooks/${id}/deliveries/${failed.delivery_id}/replay`;
    const { status: accepted, body } = await setting.call('POST', replay, userId);
    assert.deepEqual([accepted, body.status, body.attempts], [202, 'waiting', 0]);
    await until(async () => (await latest(userId, id)).status === 'delivered');
    assert.equal(receivedAt('/hopeless').at(-1)?.headers['webhook-id'], failed.message_id);
    const again = await setting.call('POST', replay, userId);
    assert.equal(again.status, 202, 'also what was delivered can be sent again');
    await until(async () => receivedAt('/hopeless').length === ATTEMPTS_MAX + 2);
    await until(async () => (await show(userId, id)).waiting === 0);
  });

  it('end with 410: the webhook is disabled, what waits is cancelled, the owner gets one mail', async () => {
    const { userId, id } = await register('/gone');
    status = 410;
    await setting.post(userId, 3);
    await until(async () => !(await show(userId, id)).enabled);
    const webhook = await show(userId, id);
    assert.deepEqual([webhook.disabled_reason, webhook.waiting], ['gone', 0]);
    assert.equal(receivedAt('/gone').length, 1);
    assert.equal((await setting.deliveries(userId, id, 'cancelled')).length, 3);
    await setting.runJob('mail-webhook-notices');
    const mails = setting.mails.filter(({ to }) => to === `user${userId}@example.org`);
    assert.equal(mails.length, 1);
    assert.match(mails[0]?.text ?? '', /410 Gone/);
    assert.ok(mails[0]?.text.includes(at('/gone')));
    const [delivery] = await setting.deliveries(userId, id);
    const replay = `/webhooks/${id}/deliveries/${delivery.delivery_id}/replay`;
    assert.equal((await setting.call('POST', replay, userId)).status, 409);
  });

  it('end when everything has failed for five days, and begin anew when the owner enables the webhook', async () => {
    const { userId, id } = await register('/dead');
    status = 500;
    await setting.post(userId, 2);
    await until(async () => (await show(userId, id)).failures === 2);
    await until(() => released(id));
    await setting.write(
      'test_failing_since',
      'UPDATE webhooks SET failing_since = $2 WHERE webhook_id = $1',
      [Number(id), new Date(Date.now() - FAILING_MAX_MS - MINUTE_MS)],
    );
    await failUntil(userId, id, async () => !(await show(userId, id)).enabled);
    assert.equal((await show(userId, id)).disabled_reason, 'failing');
    await setting.runJob('mail-webhook-notices');
    assert.ok(setting.mails.some(({ text }) => text.includes(at('/dead')) && /five days/.test(text)));
    status = 200;
    const { body } = await setting.call('PATCH', `/webhooks/${id}`, userId, { enabled: true });
    assert.deepEqual([body.enabled, body.failures, body.failing_since], [true, 0, null]);
    await setting.post(userId);
    await until(async () => (await setting.deliveries(userId, id, 'delivered')).length === 1);
  });

  it('are made once, whatever the number of workers', async () => {
    const others = await Promise.all([setting.openOther(), setting.openOther()]);
    const workers = await Promise.all(others.map(({ webhooks }) => setting.startWorker(webhooks)));
    const hooks = await Promise.all(Array.from({ length: 6 }, (_, n) => register(`/shared/${n}`)));
    await Promise.all(hooks.map(({ userId }) => setting.post(userId, 30)));
    for (const [n, { userId, id }] of hooks.entries()) {
      await until(async () => (await setting.deliveries(userId, id, 'delivered')).length === 30);
      const ids = receivedAt(`/shared/${n}`).map(({ headers }) => headers['webhook-id']);
      assert.equal(ids.length, 30);
      assert.equal(new Set(ids).size, 30);
    }
    await Promise.all(workers.map((one) => one.close()));
    await Promise.all(others.map((one) => one.close()));
  });

  it('of a worker that died are made by another when its lease has ended', async () => {
    const { userId, id } = await register('/orphaned');
    await setting.write(
      'test_lease',
      'UPDATE webhooks SET leased_until = $2, lease = 7 WHERE webhook_id = $1',
      [Number(id), new Date(Date.now() + LEASE_MS)],
    );
    await setting.post(userId);
    await setting.settled();
    await until(async () => (await show(userId, id)).waiting === 1);
    assert.equal(receivedAt('/orphaned').length, 0);
    setting.time.aheadMs += LEASE_MS;
    await until(() => receivedAt('/orphaned').length === 1);
    await until(async () => (await latest(userId, id)).status === 'delivered');
  });

  it('of a worker that has lost its lease are written down, and the webhook is left to whoever has it', async () => {
    const { userId, id } = await register('/held/lease');
    await setting.post(userId, 2);
    await until(() => receivedAt('/held/lease').length === 1);
    const until_ = new Date(Date.now() + 60_000);
    await setting.write(
      'test_take',
      'UPDATE webhooks SET lease = lease + 1, leased_until = $2 WHERE webhook_id = $1',
      [Number(id), until_],
    );
    held.pop()?.end();
    await until(async () => (await setting.deliveries(userId, id, 'delivered')).length === 1);
    await setting.runJob('deliver-webhooks');
    const [row] = await setting.read<{ leased_until: Date; waiting: number }>(
      'test_left_alone',
      'SELECT leased_until, waiting FROM webhooks WHERE webhook_id = $1',
      [Number(id)],
    );
    assert.deepEqual(row, { leased_until: until_, waiting: 1 });
    assert.equal(receivedAt('/held/lease').length, 1);
  });

  it('stay cancelled when the webhook is disabled or deleted while they are made', async () => {
    const disabled = await register('/held/disabled');
    const deleted = await register('/held/deleted');
    await Promise.all([disabled, deleted].map(({ userId }) => setting.post(userId, 2)));
    await until(() => held.length === 2);
    await setting.call('PATCH', `/webhooks/${disabled.id}`, disabled.userId, { enabled: false });
    await setting.call('DELETE', `/webhooks/${deleted.id}`, deleted.userId);
    for (const response of held.splice(0)) response.end();
    await until(() => released(disabled.id));
    await until(() => released(deleted.id));
    assert.equal((await setting.deliveries(disabled.userId, disabled.id, 'cancelled')).length, 2);
    assert.equal((await show(disabled.userId, disabled.id)).waiting, 0);
    assert.equal(receivedAt('/held/disabled').length + receivedAt('/held/deleted').length, 2);
    await setting.runJob('erase-webhooks');
    const rows = await setting.read('test_erased', 'SELECT FROM webhooks WHERE webhook_id = $1', [
      Number(deleted.id),
    ]);
    assert.deepEqual(rows, []);
  });

  it('are known as slow by their last answer, and wait among their like', async () => {
    const { userId, id } = await register('/slow');
    const isSlow = async () => {
      const [row] = await setting.read<{ slow: boolean }>(
        'test_slow',
        'SELECT slow FROM webhooks WHERE webhook_id = $1',
        [Number(id)],
      );
      return row?.slow === true;
    };
    await setting.post(userId);
    await until(isSlow);
    await setting.post(userId);
    await until(async () => (await setting.deliveries(userId, id, 'delivered')).length === 2);
  });

  it('are kept for 30 days, and those that wait until they are sent', async () => {
    const { userId, id } = await register('/kept');
    await setting.post(userId);
    await until(async () => (await latest(userId, id))?.status === 'delivered');
    status = 503;
    await setting.post(userId);
    await until(async () => (await show(userId, id)).failures === 1);
    await setting.runJob('expire-webhook-deliveries');
    assert.equal((await setting.deliveries(userId, id)).length, 2);
    setting.time.aheadMs += DELIVERY_RETENTION_MS + MINUTE_MS;
    await setting.runJob('expire-webhook-deliveries');
    setting.time.aheadMs -= DELIVERY_RETENTION_MS + MINUTE_MS;
    assert.deepEqual(
      (await setting.deliveries(userId, id)).map(({ status }) => status),
      ['waiting'],
    );
  });
});
