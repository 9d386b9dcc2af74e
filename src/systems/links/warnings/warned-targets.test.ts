import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  ALICE,
  BROWSER,
  CAROL,
  createLinksSetting,
  LINKS_HOST,
  type LinksProcess,
  type LinksSetting,
  openLinksProcess,
  PREVIEWER,
} from '../../../../test/support/links-setting.ts';
import { until } from '../../../../test/support/until.ts';
import { BLOCKED_TARGETS_TOPIC } from '../targets/blocked-targets.ts';

const FORM = { 'content-type': 'application/x-www-form-urlencoded', 'user-agent': BROWSER };
const LIST = '/moderation/blocked-targets';

describe('a link to what the staff warns of', () => {
  let setting: LinksSetting;
  let other: LinksProcess;
  before(async () => {
    setting = await createLinksSetting();
    other = await openLinksProcess(setting.database, 2);
    await warn('odd.example', 'Copies a <bank>.');
    await warn('xn--bcher-kva.example', 'Odd books.');
  });
  after(async () => {
    await other.close();
    await setting.close();
  });

  async function list(target: string, reason: string, action?: 'block' | 'warn'): Promise<string> {
    const { status, body, text } = await setting.call('POST', LIST, CAROL, { target, reason, action });
    assert.equal(status, 201, text);
    return body.block_id;
  }
  const warn = (target: string, reason: string) => list(target, reason, 'warn');
  const goOn = (code: string, headers: Record<string, string> = {}, body = 'go_on=yes') =>
    setting.send('POST', `/l/${code}`, { ...FORM, ...headers }, body);
  const kinds = () => setting.clicks.splice(0).map(({ kind }) => kind);

  it('may be made and changed, is active, and tells its owner', async () => {
    const made = await setting.call('POST', '/links', ALICE, { url: 'https://odd.example/a' });
    assert.equal(made.status, 201, made.text);
    const { link_id: linkId, state, warning, blocked_reason: blocked } = made.body;
    assert.deepEqual([state, warning, blocked], ['active', 'Copies a <bank>.', null]);
    const read = await setting.call('GET', `/links/${linkId}`, ALICE);
    assert.equal(read.body.warning, 'Copies a <bank>.');
    const listed = await setting.call('GET', '/links?state=active', ALICE);
    assert.equal(listed.body.items[0].warning, 'Copies a <bank>.');
    const moved = await setting.call('PATCH', `/links/${linkId}`, ALICE, { url: 'https://fine.example/' });
    assert.equal(moved.body.warning, null);
    const back = await setting.call('PATCH', `/links/${linkId}`, ALICE, { url: 'https://www.odd.example/' });
    assert.equal(back.body.warning, 'Copies a <bank>.');
  });

  it('shows a page first, from memory too, that leads on only when somebody says so', async () => {
    const { code } = await setting.create({ url: 'https://odd.example/a?b=1&c="', redirect_type: 308 });
    kinds();
    for (const path of [code, code]) {
      const { status, headers, text } = await setting.open(path);
      assert.equal(status, 200);
      assert.equal(headers.location, undefined);
      assert.ok(!('refresh' in headers));
      assert.equal(headers['cache-control'], 'no-store');
      assert.equal(headers['x-robots-tag'], 'noindex');
      assert.match(text, /This link leads to[\s\S]*<b>odd\.example<\/b>/);
      assert.match(text, /<code>https:\/\/odd\.example\/a\?b=1&#38;c=%22<\/code>/);
      assert.match(text, /<b>Copies a &#60;bank&#62;\.<\/b>/);
      assert.match(text, /<form method="post"><button name="go_on" value="yes">Go on<\/button><\/form>/);
      assert.ok(!/<a\b|<script|http-equiv/.test(text));
      assert.match(String(headers['content-security-policy']), /form-action 'self' https: http:;/);
    }
    assert.deepEqual(kinds(), []);
    const on = await goOn(code);
    assert.deepEqual([on.status, on.headers.location], [303, 'https://odd.example/a?b=1&c=%22']);
    assert.equal(on.headers['cache-control'], 'private, no-store');
    const onItsHost = await setting.send('POST', `/${code}`, { ...FORM, host: LINKS_HOST }, 'go_on=yes');
    assert.equal(onItsHost.status, 303);
    assert.deepEqual(kinds(), ['visit', 'visit']);
    // As for a password: who asks for JSON gets the page, too.
    const json = await setting.open(code, { accept: 'application/json' });
    assert.deepEqual([json.status, json.headers['content-type']], [200, 'text/html; charset=utf-8']);
  });

  it('is spelled in punycode, and as it is read', async () => {
    const { code } = await setting.create({ url: 'https://bücher.example/' });
    assert.match(
      (await setting.open(code)).text,
      /<b>xn--bcher-kva\.example<\/b> <span class="quiet">\(bücher\.example\)<\/span>/,
    );
  });

  it('leads nobody on by a link, an empty form, or a form of another site', async () => {
    const { code } = await setting.create({ url: 'https://odd.example/secret' });
    const opened = await Promise.all([
      setting.open(`${code}?go_on=yes`),
      goOn(code, {}, ''),
      goOn(code, {}, 'goon=yes'),
      setting.send('POST', `/l/${code}?go_on=yes`, FORM, 'x=y'),
      goOn(code, { 'sec-fetch-site': 'cross-site' }),
      goOn(code, { 'sec-fetch-site': 'same-site' }),
    ]);
    for (const { status, headers } of opened) assert.deepEqual([status, headers.location], [200, undefined]);
    assert.equal((await goOn(code, { 'sec-fetch-site': 'same-origin' })).status, 303);
  });

  it('shows bots, previews and HEAD the page, and never more of the target than its host', async () => {
    const { code } = await setting.create({ url: 'https://odd.example/secret' });
    kinds();
    const bots = [
      { 'user-agent': PREVIEWER },
      { 'sec-purpose': 'prefetch;prerender' },
      { purpose: 'prefetch' },
    ];
    for (const headers of bots) {
      for (const answer of [await setting.open(code, headers), await goOn(code, headers)]) {
        assert.equal(answer.status, 200);
        assert.match(answer.text, /odd\.example/);
        assert.ok(!JSON.stringify(answer).includes('secret'));
      }
    }
    const head = await setting.send('HEAD', `/l/${code}`, { 'user-agent': BROWSER });
    assert.deepEqual([head.status, head.headers.location, head.text], [200, undefined, '']);
    assert.ok(!kinds().includes('visit'));
  });

  it('takes no limited visit before somebody goes on', async () => {
    const { code, link_id: linkId } = await setting.create({
      ...{ url: 'https://odd.example/secret', max_visits: 1 },
    });
    const visits = async () => (await setting.call('GET', `/links/${linkId}`, ALICE)).body.visits;
    for (let count = 0; count < 3; count += 1) {
      const { status, text } = await setting.open(code);
      assert.equal(status, 200);
      assert.match(text, /odd\.example/);
      assert.ok(!text.includes('secret'));
    }
    assert.equal(await visits(), 0);
    assert.equal((await goOn(code)).headers.location, 'https://odd.example/secret');
    assert.equal(await visits(), 1);
    assert.equal((await goOn(code)).status, 410);
    assert.equal((await setting.open(code)).status, 410);
  });

  it('with a password asks for both on one page, and tells nothing of the target before', async () => {
    const { code } = await setting.create({ url: 'https://odd.example/', password: 'open sesame' });
    kinds();
    const asked = await setting.open(code);
    assert.equal(asked.status, 200);
    assert.match(asked.text, /type="password"[\s\S]*<button name="go_on" value="yes">Go on<\/button>/);
    assert.match(asked.text, /Copies a &#60;bank&#62;\./);
    assert.ok(!JSON.stringify(asked).includes('odd.example'));
    assert.equal((await goOn(code, {}, 'password=open+sesame')).status, 200);
    assert.equal((await goOn(code)).status, 200);
    const wrong = await goOn(code, {}, 'password=wrong&go_on=yes');
    assert.equal(wrong.status, 403);
    assert.match(wrong.text, /role="alert"[\s\S]*name="go_on"/);
    const preview = await setting.open(code, { 'user-agent': PREVIEWER });
    assert.deepEqual([preview.status, preview.text.includes('odd.example')], [200, false]);
    assert.deepEqual(kinds(), ['bot']);
    const right = await goOn(code, {}, 'password=open+sesame&go_on=yes');
    assert.deepEqual([right.status, right.headers.location], [303, 'https://odd.example/']);
  });

  it('warns for the target of a rule, and for where those are led who come too late', async () => {
    const rules = [{ url: 'https://odd.example/ios', devices: ['ios'] }];
    const byRule = await setting.create({ url: 'https://fine.example/', rules });
    assert.match((await setting.open(byRule.code)).text, /<b>fine\.example<\/b>/);
    const iphone = { 'user-agent': 'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X)' };
    assert.match((await setting.open(byRule.code, iphone)).text, /<b>odd\.example<\/b>/);
    assert.equal((await goOn(byRule.code, iphone)).headers.location, 'https://odd.example/ios');
    const late = await setting.create({
      ...{ url: 'https://fine.example/', max_visits: 1, fallback_url: 'https://odd.example/late' },
    });
    assert.equal((await goOn(late.code)).headers.location, 'https://fine.example/');
    const over = await setting.open(late.code);
    assert.deepEqual([over.status, over.headers.location], [200, undefined]);
    assert.match(over.text, /odd\.example\/late/);
    const preview = await setting.open(late.code, { 'user-agent': PREVIEWER });
    assert.deepEqual([preview.status, preview.text.includes('/late')], [200, false]);
    const on = await goOn(late.code);
    assert.deepEqual([on.status, on.headers.location], [303, 'https://odd.example/late']);
  });

  it('says so where it is looked at before it is opened', async () => {
    const { code } = await setting.create({ url: 'https://odd.example/a' });
    assert.match((await setting.open(`${code}+`)).text, /Visitors are warned of it: <b>Copies a/);
    const fine = await setting.create({ url: 'https://fine.example/a' });
    assert.ok(!(await setting.open(`${fine.code}+`)).text.includes('warned'));
  });

  it('shows bots the page in place of the card of its owner', async () => {
    const { code } = await setting.create({ url: 'https://odd.example/secret', card: { title: 'A bank' } });
    const { status, text } = await setting.open(code, { 'user-agent': PREVIEWER });
    assert.equal(status, 200);
    assert.match(text, /Before you go on/);
    assert.ok(!/A bank|secret/.test(text));
  });

  it('is off where an entry blocks it, whichever is nearer', async () => {
    const { code, link_id: linkId } = await setting.create({ url: 'https://shop.odd.example/cart/now' });
    const state = async () => (await setting.call('GET', `/links/${linkId}`, ALICE)).body;
    for (const place of ['shop.odd.example/cart', 'shop.odd.example']) {
      const blockId = await list(place, 'Gone bad.');
      await until(async () => (await setting.open(code)).status === 410);
      assert.equal((await goOn(code)).status, 410);
      const { state: named, warning, blocked_reason: reason } = await state();
      assert.deepEqual([named, warning, reason], ['blocked', null, 'Gone bad.']);
      const refused = await setting.call('POST', '/links', ALICE, {
        url: 'https://shop.odd.example/cart/now',
      });
      assert.equal(refused.status, 422);
      await setting.call('DELETE', `${LIST}/${blockId}`, CAROL);
      await until(async () => (await state()).warning === 'Copies a <bank>.');
    }
    const blockId = await list('far.example', 'Blocked.');
    const nearId = await warn('near.far.example', 'Odd.');
    const refused = await setting.call('POST', '/links', ALICE, { url: 'https://near.far.example/' });
    assert.equal(refused.status, 422);
    for (const id of [blockId, nearId]) await setting.call('DELETE', `${LIST}/${id}`, CAROL);
  });

  it('follows the list in every process within a second: warned, blocked, warned, neither', async () => {
    const { code, link_id: linkId } = await setting.create({ url: 'https://turning.example/' });
    for (const process of [setting, other]) assert.equal((await process.open(code)).status, 302);
    setting.acts.length = 0;
    const blockId = await warn('turning.example', 'Odd.');
    const bothAre = async (status: number): Promise<void> => {
      for (const process of [setting, other])
        await until(async () => (await process.open(code)).status === status);
    };
    await bothAre(200);
    const change = (body: object, as = CAROL) => setting.call('PATCH', `${LIST}/${blockId}`, as, body);
    const blocked = await change({ action: 'block' });
    assert.deepEqual([blocked.status, blocked.body.action, blocked.body.reason], [200, 'block', 'Odd.']);
    await bothAre(410);
    const { body } = await setting.call('GET', LIST, CAROL);
    assert.deepEqual(body.items[0], blocked.body);
    await change({ action: 'warn', reason: 'Odd again.' });
    await until(async () => (await other.open(code)).text.includes('Odd again.'));
    assert.equal((await setting.call('GET', `/links/${linkId}`, ALICE)).body.warning, 'Odd again.');
    // A process that starts now reads what the others have heard.
    const third = await openLinksProcess(setting.database, 3);
    assert.match((await third.open(code)).text, /Odd again\./);
    await third.close();
    await setting.call('DELETE', `${LIST}/${blockId}`, CAROL);
    await bothAre(302);
    assert.deepEqual(
      setting.acts.map(({ action, detail }) => `${action} ${detail}`),
      [
        'target_warned turning.example: Odd.',
        'target_blocked turning.example: Odd.',
        'target_warned turning.example: Odd again.',
        'target_unblocked turning.example',
      ],
    );
  });

  it('is blocked by an entry that does not say what it does: by request, or in an old event', async () => {
    const { code } = await setting.create({ url: 'https://silent.example/' });
    const { body } = await setting.call('POST', LIST, CAROL, { target: 'silent.example', reason: 'x' });
    assert.equal(body.action, 'block');
    assert.equal((await setting.open(code)).status, 410);
    const event = { topic: BLOCKED_TARGETS_TOPIC, key: CAROL, ownerId: CAROL, kind: 'blocked' } as const;
    const old = { target: 'old.example', reason: 'From before.', block_id: body.block_id };
    setting.shortener.blockedTargets.hear([{ ...event, payload: old }]);
    assert.equal(setting.shortener.blockedTargets.reasonOf('https://old.example/'), 'From before.');
    assert.equal(setting.shortener.blockedTargets.warningOf('https://old.example/'), undefined);
  });

  it('is on a list that the staff alone changes, one entry at a time', async () => {
    const blockId = await warn('entry.example', 'Odd.');
    for (const [as, status] of [
      [undefined, 401],
      [ALICE, 403],
    ] as const) {
      assert.equal(
        (await setting.call('PATCH', `${LIST}/${blockId}`, as, { action: 'warn' })).status,
        status,
      );
    }
    for (const [id, body, status] of [
      [blockId, {}, 422],
      [blockId, { action: 'maybe' }, 422],
      [blockId, { reason: 'two\nlines' }, 422],
      [blockId, { target: 'x.example' }, 422],
      ['1600000000000000', { action: 'warn' }, 404],
      [blockId, { reason: 'Odder.' }, 200],
    ] as const) {
      assert.equal((await setting.call('PATCH', `${LIST}/${id}`, CAROL, body)).status, status);
    }
    const twice = { target: 'entry.example', reason: 'x', action: 'block' };
    assert.equal((await setting.call('POST', LIST, CAROL, twice)).status, 409);
  });
});
