import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createWebhooksSetting, type WebhooksSetting } from '../../../test/support/webhooks-setting.ts';
import { AppError, hasCode } from '../../core/errors.ts';
import type { Mail } from '../../ports/mailer/mailer.ts';
import { LINE_BYTES_MAX } from '../../ports/mailer/mailer.ts';
import { createDisabledNotices } from './disabled-notices.ts';
import { URL_LENGTH_MAX } from './own-webhooks.ts';

const URL = 'https://hooks.example/in';

describe('the notice of a disabled webhook', () => {
  let setting: WebhooksSetting;
  before(async () => {
    setting = await createWebhooksSetting();
  });
  after(() => setting.close());

  const disable = async (url = URL) => {
    const userId = setting.addPerson();
    const { webhook_id: id } = await setting.register(userId, url);
    await setting.write(
      'test_disable',
      "UPDATE webhooks SET state = 'disabled', disabled_reason = 'failing', notice_due = true WHERE webhook_id = $1",
      [Number(id)],
    );
    return { userId, id: String(id) };
  };
  const noticesWith = (
    send: (mail: Mail) => Promise<void>,
    email: string | undefined = 'alice@example.org',
  ) => createDisabledNotices({ ...setting, mailer: { send }, emailOf: async () => email });

  it('is sent once, and says which webhook, why and what to do', async () => {
    const { id } = await disable();
    const mails: Mail[] = [];
    const sendNotice = noticesWith(async (mail) => void mails.push(mail));
    assert.equal(await sendNotice(), true);
    assert.equal(await sendNotice(), false);
    assert.equal(mails.length, 1);
    assert.equal(mails[0]?.to, 'alice@example.org');
    for (const part of [id, URL, 'five days', '"enabled": true'])
      assert.ok(mails[0]?.text.includes(part), part);
  });

  it('has lines that every mailer takes, also of the longest URL', async () => {
    await disable(`${URL}?${'x'.repeat(URL_LENGTH_MAX - URL.length - 1)}`);
    const mails: Mail[] = [];
    await noticesWith(async (mail) => void mails.push(mail))();
    const lines = mails[0]?.text.split('\n') ?? [];
    assert.ok(lines.every((line) => Buffer.byteLength(line) <= LINE_BYTES_MAX));
  });

  it('is tried again as long as nobody takes it', async () => {
    await disable();
    const away = noticesWith(async () => {
      throw new AppError('unavailable', 'No mail today.');
    });
    await assert.rejects(away(), (error) => hasCode(error, 'unavailable'));
    let sent = 0;
    const back = noticesWith(async () => {
      sent += 1;
    });
    assert.equal(await back(), true);
    assert.equal(sent, 1);
  });

  it('is given up where it can never be sent', async () => {
    await disable();
    const refusing = noticesWith(async () => {
      throw new AppError('invalid', 'This address takes no mail.');
    });
    assert.equal(await refusing(), true);
    await disable();
    const without = createDisabledNotices({ ...setting, emailOf: async () => undefined });
    assert.equal(await without(), true);
    assert.equal(await without(), false);
    assert.deepEqual(setting.mails, []);
  });

  it('is not sent when the owner has enabled the webhook before', async () => {
    const { userId, id } = await disable();
    await setting.call('PATCH', `/webhooks/${id}`, userId, { enabled: true });
    assert.equal(await noticesWith(async () => assert.fail())(), false);
  });
});
