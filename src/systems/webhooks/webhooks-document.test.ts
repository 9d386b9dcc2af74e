/** What docs/webhooks.md tells receivers to do works with what we send. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { before, describe, it } from 'node:test';
import { packageRoot } from '../../config/package-info.ts';
import { systemRandomness } from '../../core/clock.ts';
import { WEBHOOK_EVENTS } from './webhook-events.ts';
import { newSecret, signatureHeaders } from './webhook-signature.ts';

type ReadWebhook = (
  headers: Readonly<Record<string, string>>,
  body: string,
  secret: string,
  nowS?: number,
) => unknown;

const NOW_S = 1_767_225_600;

describe('the example in docs/webhooks.md', () => {
  let text: string;
  let readWebhook: ReadWebhook;
  before(async () => {
    text = await readFile(path.join(packageRoot(), 'docs/webhooks.md'), 'utf8');
    const [, code = ''] = /```js\n([\s\S]*?)```/.exec(text) ?? [];
    const module = await import(`data:text/javascript,${encodeURIComponent(code)}`);
    readWebhook = module.readWebhook;
  });

  const secret = newSecret(systemRandomness);
  const body = '{"type":"post.created","data":{"text":"Grüße"}}';
  const message = { messageId: 'msg_1', timestampS: NOW_S, body };

  it('takes what is signed, also by one of two secrets', () => {
    const event = JSON.parse(body);
    assert.deepEqual(readWebhook(signatureHeaders(message, [secret]), body, secret, NOW_S), event);
    const rotated = signatureHeaders(message, [newSecret(systemRandomness), secret]);
    assert.deepEqual(readWebhook(rotated, body, secret, NOW_S + 299), event);
  });

  it('refuses what is not ours, was changed or is old', () => {
    const headers = signatureHeaders(message, [secret]);
    const refuses = (changed: Readonly<Record<string, string>>, text = body, nowS = NOW_S) =>
      assert.throws(() => readWebhook({ ...headers, ...changed }, text, secret, nowS), /wrong|old/);
    refuses({}, body.replace('created', 'deleted'));
    refuses({ 'webhook-id': 'msg_2' });
    refuses({ 'webhook-timestamp': String(NOW_S + 1) });
    refuses({ 'webhook-timestamp': 'soon' });
    refuses({ 'webhook-signature': '' });
    refuses({ 'webhook-signature': 'v1,AAAA' });
    refuses(signatureHeaders(message, [newSecret(systemRandomness)]));
    refuses({}, body, NOW_S + 301);
    refuses({}, body, NOW_S - 301);
  });

  it('stands beside all events that there are', () => {
    const missing = WEBHOOK_EVENTS.filter((event) => !text.includes(`\`${event}\``));
    assert.deepEqual(missing, []);
  });
});
