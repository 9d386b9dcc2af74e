import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  ALICE,
  BOB,
  BROWSER,
  CAROL,
  createLinksSetting,
  LINKS_HOST,
  type LinksProcess,
  type LinksSetting,
  openLinksProcess,
  PUBLIC_URL,
} from '../../../../test/support/links-setting.ts';
import { until } from '../../../../test/support/until.ts';
import { LINK_REASON_LENGTH_MAX } from './moderated-links.ts';

const TARGET = 'https://example.org/a';

describe('links, as the staff sees them', () => {
  let setting: LinksSetting;
  let other: LinksProcess;
  before(async () => {
    setting = await createLinksSetting();
    other = await openLinksProcess(setting.database, 2);
  });
  after(async () => {
    await other.close();
    await setting.close();
  });
  const disable = (linkId: string, reason: string, as: number | undefined = CAROL) =>
    setting.call('POST', `/moderation/links/${linkId}/disable`, as, { reason });

  it('are turned off everywhere, with the reason, whatever their owner does, and on again', async () => {
    const rules = [{ url: `${TARGET}/de`, countries: ['DE'] }];
    const { code, link_id: linkId, short_url } = await setting.create({ url: TARGET, rules });
    for (const process of [setting, other]) assert.equal((await process.open(code)).status, 302);
    setting.acts.length = 0;
    const answer = await disable(linkId, ' Pretends to be <a bank> ');
    assert.equal(answer.status, 200, answer.text);
    const { created_at: _, ...shown } = answer.body;
    assert.deepEqual(shown, {
      link_id: linkId,
      owner_id: String(ALICE),
      short_url,
      targets: [TARGET, `${TARGET}/de`],
      title: '',
      disabled_reason: 'Pretends to be <a bank>',
      warning_reason: null,
      reported: false,
    });
    assert.deepEqual((await setting.call('GET', `/moderation/links/${linkId}`, CAROL)).body, answer.body);
    await until(async () => (await other.open(code)).status === 410);
    const { status, text } = await setting.open(code);
    assert.equal(status, 410);
    assert.match(text, /Pretends to be &#60;a bank&#62;/);
    const patched = await setting.call('PATCH', `/links/${linkId}`, ALICE, {
      url: `${TARGET}/2`,
      title: 'x',
    });
    assert.deepEqual(
      [patched.body.state, patched.body.blocked_reason],
      ['blocked', 'Pretends to be <a bank>'],
    );
    assert.equal((await setting.open(code)).status, 410);
    const listed = (await setting.call('GET', '/links?state=blocked', ALICE)).body.items;
    assert.equal(listed[0].link_id, linkId);
    for (let count = 0; count < 2; count += 1) {
      const enabled = await setting.call('POST', `/moderation/links/${linkId}/enable`, CAROL);
      assert.equal(enabled.body.disabled_reason, null);
    }
    assert.equal((await setting.open(code)).headers.location, `${TARGET}/2`);
    await until(async () => (await other.open(code)).status === 302);
    assert.deepEqual(setting.acts, [
      {
        actorId: CAROL,
        action: 'link_disabled',
        userId: ALICE,
        detail: `${short_url}: Pretends to be <a bank>`,
      },
      { actorId: CAROL, action: 'link_enabled', userId: ALICE, detail: short_url },
    ]);
  });

  it('are warned of, each alone, with the reason, whatever their owner does, and not any more', async () => {
    const made = { url: TARGET, redirect_type: 301 };
    const { code, link_id: linkId, short_url } = await setting.create(made);
    const beside = await setting.create(made);
    for (const process of [setting, other]) assert.equal((await process.open(code)).status, 301);
    setting.acts.length = 0;
    const say = (act: string, body?: object) =>
      setting.call('POST', `/moderation/links/${linkId}/${act}`, CAROL, body);
    const answer = await say('warn', { reason: ' Asks for <money> ' });
    assert.equal(answer.status, 200, answer.text);
    const { warning_reason: reason, disabled_reason: disabled, reported } = answer.body;
    assert.deepEqual([reason, disabled, reported], ['Asks for <money>', null, false]);
    for (const process of [setting, other])
      await until(async () => (await process.open(code)).status === 200);
    assert.match((await setting.open(code)).text, /<b>Asks for &#60;money&#62;<\/b>/);
    assert.equal((await setting.open(beside.code)).status, 301);
    const patched = await setting.call('PATCH', `/links/${linkId}`, ALICE, { url: `${TARGET}/2` });
    assert.deepEqual([patched.body.state, patched.body.warning], ['active', 'Asks for <money>']);
    assert.equal((await setting.open(code)).status, 200);
    const form = { 'content-type': 'application/x-www-form-urlencoded', 'user-agent': BROWSER };
    const on = await setting.send('POST', `/l/${code}`, form, 'go_on=yes');
    assert.deepEqual([on.status, on.headers.location], [303, `${TARGET}/2`]);
    // Off is more than warned of, and leaves the warning for when it is on again.
    await disable(linkId, 'Worse.');
    const off = await setting.call('GET', `/links/${linkId}`, ALICE);
    assert.deepEqual([off.body.state, off.body.warning], ['blocked', null]);
    assert.equal((await setting.send('POST', `/l/${code}`, form, 'go_on=yes')).status, 410);
    await setting.call('POST', `/moderation/links/${linkId}/enable`, CAROL);
    assert.equal((await setting.open(code)).status, 200);
    for (let count = 0; count < 2; count += 1) assert.equal((await say('unwarn')).body.warning_reason, null);
    for (const process of [setting, other])
      await until(async () => (await process.open(code)).status === 301);
    assert.deepEqual(
      setting.acts.map(({ action, detail }) => `${action} ${detail}`),
      [
        `link_warned ${short_url}: Asks for <money>`,
        `link_disabled ${short_url}: Worse.`,
        `link_enabled ${short_url}`,
        `link_unwarned ${short_url}`,
      ],
    );
  });

  it('are for the staff alone, there, and turned off for a reason of bounded length', async () => {
    const { link_id: linkId } = await setting.create({ url: TARGET });
    const deleted = await setting.create({ url: TARGET });
    await setting.call('DELETE', `/links/${deleted.link_id}`, ALICE);
    for (const [as, status] of [
      [undefined, 401],
      [ALICE, 403],
      [BOB, 403],
    ] as const) {
      assert.equal((await setting.call('GET', `/moderation/links/${linkId}`, as)).status, status);
      assert.equal(
        (await setting.call('POST', `/moderation/links/${linkId}/disable`, as, { reason: 'x' })).status,
        status,
      );
      assert.equal((await setting.call('POST', `/moderation/links/${linkId}/enable`, as)).status, status);
      assert.equal(
        (await setting.call('POST', `/moderation/links/${linkId}/warn`, as, { reason: 'x' })).status,
        status,
      );
      assert.equal((await setting.call('POST', `/moderation/links/${linkId}/unwarn`, as)).status, status);
    }
    for (const [id, reason, status] of [
      [linkId, '', 422],
      [linkId, ' ', 422],
      [linkId, 'two\nlines', 422],
      [linkId, 'x'.repeat(LINK_REASON_LENGTH_MAX + 1), 422],
      [linkId, 'x'.repeat(LINK_REASON_LENGTH_MAX), 200],
      ['x', 'x', 422],
      ['1234567890123456', 'x', 404],
      [deleted.link_id, 'x', 404],
    ] as const) {
      assert.equal((await disable(id, reason)).status, status, reason);
      const warned = await setting.call('POST', `/moderation/links/${id}/warn`, CAROL, { reason });
      assert.equal(warned.status, status, reason);
    }
  });

  it('are found by what somebody was given, and by nothing else', async () => {
    const { code, link_id: linkId, short_url } = await setting.create({ url: TARGET });
    const main = new URL(PUBLIC_URL).host;
    const { moderatedLinks } = setting.shortener;
    const find = (text: string) => moderatedLinks.find({ code: text }, setting.sql);
    for (const text of [
      code,
      `https://${LINKS_HOST}/${code}`,
      `${LINKS_HOST}/${code}`,
      `HTTPS://${LINKS_HOST.toUpperCase()}/${code}+?x=1#y`,
      `${PUBLIC_URL}/l/${code}`,
      `${main}/l/${code}`,
    ]) {
      assert.equal(String((await find(text))?.linkId), linkId, text);
    }
    for (const text of [
      '',
      'nosuch1',
      `https://elsewhere.example/${code}`,
      `${PUBLIC_URL}/${code}`,
      `https://${LINKS_HOST}/l/${code}`,
      `https://${LINKS_HOST}/`,
      'https://',
      'a b',
    ]) {
      assert.equal(await find(text), undefined, text);
    }
    assert.equal((await moderatedLinks.find({ linkId: Number(linkId) }, setting.sql))?.shortUrl, short_url);
    await setting.call('DELETE', `/links/${linkId}`, ALICE);
    assert.equal(await find(code), undefined);
  });

  it('leave a mark in the log of acts when what they lead to is blocked and unblocked', async () => {
    setting.acts.length = 0;
    const entry = { target: 'evil.example/login', reason: 'Steals passwords.' };
    const { body } = await setting.call('POST', '/moderation/blocked-targets', CAROL, entry);
    assert.equal((await setting.call('POST', '/moderation/blocked-targets', CAROL, entry)).status, 409);
    await setting.call('DELETE', `/moderation/blocked-targets/${body.block_id}`, CAROL);
    assert.deepEqual(
      setting.acts.filter(({ action }) => action === 'target_unblocked'),
      [{ actorId: CAROL, action: 'target_unblocked', detail: 'evil.example/login' }],
    );
    assert.deepEqual(setting.acts[0], {
      actorId: CAROL,
      action: 'target_blocked',
      detail: 'evil.example/login: Steals passwords.',
    });
  });
});
