import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createWebhooksSetting, type WebhooksSetting } from '../../../test/support/webhooks-setting.ts';
import type { Id } from '../../core/ids.ts';
import { DESCRIPTION_LENGTH_MAX, URL_LENGTH_MAX, WEBHOOKS_MAX } from './own-webhooks.ts';
import { WEBHOOK_EVENTS } from './webhook-events.ts';

const URL = 'https://hooks.example/in';

describe('webhooks', () => {
  let setting: WebhooksSetting;
  before(async () => {
    setting = await createWebhooksSetting({ privateAddresses: 'refuse' });
  });
  after(() => setting.close());

  const create = (userId: Id, fields: object) =>
    setting.call('POST', '/webhooks', userId, { url: URL, events: ['post.created'], ...fields });
  const refused = async (fields: object, field: string | undefined) => {
    const { status, body } = await create(setting.addPerson(), fields);
    assert.equal(status, 422, JSON.stringify(fields));
    if (field !== undefined) assert.equal(body.errors[0].field, field, JSON.stringify(fields));
    return body.errors[0].message as string;
  };

  it('are registered with a secret that is shown once', async () => {
    const alice = setting.addPerson();
    const events = ['follow.created', 'post.created'];
    const { status, body } = await create(alice, { events, description: ' My server ' });
    assert.equal(status, 201);
    const { secret, ...webhook } = body;
    assert.match(secret, /^whsec_/);
    assert.deepEqual(webhook.events, ['post.created', 'follow.created']);
    assert.equal(webhook.description, 'My server');
    assert.equal(webhook.enabled, true);
    const shown = await setting.call('GET', `/webhooks/${webhook.webhook_id}`, alice);
    assert.deepEqual(shown.body, webhook);
    const listed = await setting.call('GET', '/webhooks', alice);
    assert.deepEqual(listed.body.items, [webhook]);
    assert.doesNotMatch(listed.text + shown.text, /whsec_/);
    assert.doesNotMatch(setting.logged(), /whsec_/);
  });

  it('take a secret of the client, and refuse a weak one', async () => {
    const secret = `whsec_${Buffer.alloc(24, 1).toString('base64')}`;
    const { body } = await create(setting.addPerson(), { secret });
    assert.equal(body.secret, secret);
    await refused({ secret: 'whsec_c2hvcnQ=' }, 'secret');
    await refused({ secret: 'a password' }, 'secret');
  });

  it('are made once under an idempotency key, and the repeated answer has the same secret', async () => {
    const alice = setting.addPerson();
    const again = () =>
      setting.call(
        'POST',
        '/webhooks',
        alice,
        { url: URL, events: ['post.created'] },
        { 'idempotency-key': 'a' },
      );
    const first = await again();
    const second = await again();
    assert.deepEqual(second.body, first.body);
    assert.equal(second.headers['idempotent-replayed'], 'true');
  });

  it('have a URL that leads somewhere public', async () => {
    for (const url of [
      'no url',
      'ftp://example.org/',
      'javascript:alert(1)',
      'https://alice:secret@example.org/',
      'http://localhost/',
      'http://127.1/',
      'http://2130706433/',
      'http://[::ffff:127.0.0.1]/',
      'http://169.254.169.254/latest/meta-data/',
      'https://printer.local/',
      'https://intranet/',
      'https://example.org:22/',
    ]) {
      await refused({ url }, 'url');
    }
    assert.match(await refused({ url: 'http://127.1/' }, 'url'), /public internet/);
  });

  it('keep their URL as the standard writes it', async () => {
    const { body } = await create(setting.addPerson(), { url: 'HTTPS://Bücher.example:443/a b\n?é' });
    assert.equal(body.url, 'https://xn--bcher-kva.example/a%20b?%C3%A9');
  });

  it('have URLs and descriptions up to their limits, and not one character more', async () => {
    const url = `${URL}?${'x'.repeat(URL_LENGTH_MAX - URL.length - 1)}`;
    const description = 'd'.repeat(DESCRIPTION_LENGTH_MAX);
    assert.equal((await create(setting.addPerson(), { url, description })).status, 201);
    await refused({ url: `${url}x` }, undefined);
    await refused({ description: `${description}d` }, undefined);
    await refused({ url: `${URL}?${'é'.repeat(URL_LENGTH_MAX / 4)}` }, 'url');
    for (const text of ['a\nb', 'a\0b', 'a\u202eb', 'a\ud800b'])
      await refused({ description: text }, undefined);
  });

  it('are told of events that there are, each named once', async () => {
    assert.equal((await create(setting.addPerson(), { events: [...WEBHOOK_EVENTS] })).status, 201);
    for (const events of [
      [],
      ['post.exploded'],
      ['webhook.test'],
      ['post.created', 'post.created'],
      'post.created',
    ]) {
      await refused({ events }, undefined);
    }
  });

  it('are as many as an account may have, also when they come at once', async () => {
    const alice = setting.addPerson();
    const answers = await Promise.all(Array.from({ length: WEBHOOKS_MAX + 3 }, () => create(alice, {})));
    const made = answers.filter(({ status }) => status === 201);
    assert.equal(made.length, WEBHOOKS_MAX);
    assert.ok(answers.filter(({ status }) => status !== 201).every(({ status }) => status === 409));
    await setting.call('DELETE', `/webhooks/${made[0]?.body.webhook_id}`, alice);
    assert.equal((await create(alice, {})).status, 201);
    assert.equal((await create(setting.addPerson(), {})).status, 201);
  });

  it('come in pages, the newest first', async () => {
    const alice = setting.addPerson();
    const made = [];
    for (let n = 0; n < 5; n += 1) made.unshift((await create(alice, {})).body.webhook_id);
    const first = await setting.call('GET', '/webhooks?limit=3', alice);
    const token = first.body.next_page_token;
    const second = await setting.call('GET', `/webhooks?limit=3&page_token=${token}`, alice);
    const ids = [...first.body.items, ...second.body.items].map((one) => one.webhook_id);
    assert.deepEqual(ids, made);
    assert.equal(second.body.next_page_token, null);
  });

  it('change as far as they are told to', async () => {
    const alice = setting.addPerson();
    const { webhook_id: id } = await setting.register(alice, URL, { description: 'old' });
    const patch = (fields: object) => setting.call('PATCH', `/webhooks/${id}`, alice, fields);
    const { body } = await patch({ events: ['link.clicked'] });
    assert.deepEqual([body.url, body.events, body.description], [URL, ['link.clicked'], 'old']);
    assert.equal((await patch({ url: 'https://other.example/' })).body.url, 'https://other.example/');
    assert.equal((await patch({ description: '' })).body.description, '');
    assert.equal((await patch({ url: 'http://10.0.0.1/' })).status, 422);
    for (const fields of [{}, { secret: 'x' }, { enabled: 'no' }]) {
      assert.equal((await patch(fields)).status, 422, JSON.stringify(fields));
    }
  });

  it('are disabled and enabled by their owner', async () => {
    const alice = setting.addPerson();
    const { webhook_id: id } = await setting.register(alice, URL);
    const patch = (fields: object) => setting.call('PATCH', `/webhooks/${id}`, alice, fields);
    const disabled = await patch({ enabled: false });
    assert.deepEqual([disabled.body.enabled, disabled.body.disabled_reason], [false, 'owner']);
    assert.equal((await setting.call('POST', `/webhooks/${id}/test`, alice)).status, 409);
    const enabled = await patch({ enabled: true });
    assert.deepEqual([enabled.body.enabled, enabled.body.disabled_reason], [true, null]);
  });

  it('get a new secret, and the one before has its end', async () => {
    const alice = setting.addPerson();
    const { webhook_id: id, secret } = await setting.register(alice, URL);
    const { status, body } = await setting.call('POST', `/webhooks/${id}/rotate_secret`, alice);
    assert.equal(status, 200);
    assert.match(body.secret, /^whsec_/);
    assert.notEqual(body.secret, secret);
    const leftMs = Date.parse(body.previous_secret_until) - Date.now();
    assert.ok(leftMs > 23 * 3_600_000 && leftMs <= 24 * 3_600_000);
  });

  it('are seen and touched by nobody but their owner', async () => {
    const alice = setting.addPerson();
    const mallory = setting.addPerson();
    const { webhook_id: id } = await setting.register(alice, URL);
    const { body } = await setting.call('POST', `/webhooks/${id}/test`, alice);
    const { webhook_id: other } = await setting.register(mallory, URL);
    const calls = [
      ['GET', `/webhooks/${id}`],
      ['PATCH', `/webhooks/${id}`, { enabled: false }],
      ['DELETE', `/webhooks/${id}`],
      ['POST', `/webhooks/${id}/rotate_secret`],
      ['POST', `/webhooks/${id}/test`],
      ['GET', `/webhooks/${id}/deliveries`],
      ['GET', `/webhooks/${id}/deliveries/${body.delivery_id}`],
      ['POST', `/webhooks/${id}/deliveries/${body.delivery_id}/replay`],
      ['GET', `/webhooks/${other}/deliveries/${body.delivery_id}`],
      ['POST', `/webhooks/${other}/deliveries/${body.delivery_id}/replay`],
    ] as const;
    for (const [method, path, payload] of calls) {
      assert.equal((await setting.call(method, path, mallory, payload)).status, 404, `${method} ${path}`);
      assert.equal((await setting.call(method, path, undefined, payload)).status, 401, `${method} ${path}`);
    }
    assert.deepEqual((await setting.call('GET', '/webhooks', mallory)).body.items.length, 1);
    assert.equal((await setting.call('GET', `/webhooks/${id}`, alice)).body.enabled, true);
  });

  it('are gone for everyone when they are deleted, and erased with their log', async () => {
    const alice = setting.addPerson();
    const { webhook_id: id } = await setting.register(alice, URL);
    await setting.call('POST', `/webhooks/${id}/test`, alice);
    assert.equal((await setting.call('DELETE', `/webhooks/${id}`, alice)).status, 204);
    for (const path of [`/webhooks/${id}`, `/webhooks/${id}/deliveries`]) {
      assert.equal((await setting.call('GET', path, alice)).status, 404);
    }
    assert.equal((await setting.call('DELETE', `/webhooks/${id}`, alice)).status, 404);
    await setting.runJob('erase-webhooks');
    const [row] = await setting.read<{ rows: number }>(
      'test_rows_of_webhook',
      `SELECT (SELECT count(*) FROM webhooks WHERE webhook_id = $1)
         + (SELECT count(*) FROM webhook_deliveries WHERE webhook_id = $1) AS rows`,
      [Number(id)],
    );
    assert.equal(row?.rows, 0);
  });
});
