import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  ALICE,
  createLinksSetting,
  type LinksSetting,
  PREVIEWER,
} from '../../../test/support/links-setting.ts';

const TARGET = 'https://example.org/a';
const CARD = {
  title: 'Spring </title><i>',
  description: 'All of it <b>cheap</b>',
  image_url: 'https://example.org/card.png?a=1&b="2"',
};

describe('a link with a card', () => {
  let setting: LinksSetting;
  before(async () => {
    setting = await createLinksSetting();
  });
  after(() => setting.close());
  const change = (linkId: string, changes: object) =>
    setting.call('PATCH', `/links/${linkId}`, ALICE, changes);
  const previewed = (code: string, headers = {}) =>
    setting.open(code, { 'user-agent': PREVIEWER, ...headers });

  it('shows it to programs that show links to people, and leads everybody else on', async () => {
    const { code, link_id: linkId } = await setting.create({ url: TARGET, card: CARD });
    const { body: link } = await setting.call('GET', `/links/${linkId}`, ALICE);
    assert.deepEqual(link.card, { ...CARD, image_url: new URL(CARD.image_url).href });
    const clicks = setting.clicks.length;
    for (let n = 0; n < 2; n += 1) {
      const { status, headers, text } = await previewed(code);
      assert.deepEqual([status, headers.location, headers['x-robots-tag']], [200, undefined, 'noindex']);
      assert.match(text, /<meta property="og:title" content="Spring &#60;\/title&#62;&#60;i&#62;">/);
      assert.match(
        text,
        /<meta property="og:description" content="All of it &#60;b&#62;cheap&#60;\/b&#62;">/,
      );
      assert.match(
        text,
        /<meta property="og:image" content="https:\/\/example\.org\/card\.png\?a=1&#38;b=%222%22">/,
      );
      assert.match(text, /summary_large_image/);
      assert.ok(!text.includes('<b>cheap') && !text.includes('<i>'));
      assert.equal((await setting.open(code)).headers.location, TARGET);
    }
    assert.deepEqual(
      setting.clicks.slice(clicks).map(({ kind }) => kind),
      ['bot', 'visit', 'bot', 'visit'],
    );
    const prefetched = await setting.open(code, { 'sec-purpose': 'prefetch' });
    assert.equal(prefetched.headers.location, TARGET);
    const head = await setting.send('HEAD', `/l/${code}`);
    assert.deepEqual([head.status, head.headers.location], [302, TARGET]);
  });

  it('shows it without the target where a limit or a password applies, and takes no visit', async () => {
    const { code } = await setting.create({ url: TARGET, card: { title: 'Once' }, max_visits: 1 });
    const { status, text } = await previewed(code);
    assert.ok(status === 200 && text.includes('content="Once"') && !text.includes(TARGET));
    assert.ok(!text.includes('og:image') && !text.includes('og:description'));
    assert.equal((await setting.open(code)).headers.location, TARGET);
    const locked = await setting.create({ url: TARGET, card: { title: 'Locked' }, password: 'open sesame' });
    const shown = await previewed(locked.code);
    assert.ok(shown.text.includes('content="Locked"') && !shown.text.includes(TARGET));
  });

  it('shows none when it is over, off or not begun', async () => {
    const { code, link_id: linkId } = await setting.create({ url: TARGET, card: CARD, enabled: false });
    assert.equal((await previewed(code)).status, 410);
    await change(linkId, { enabled: true, starts_at: new Date(Date.now() + 60_000).toISOString() });
    assert.equal((await previewed(code)).status, 404);
  });

  it('has it changed and taken away', async () => {
    const { code, link_id: linkId } = await setting.create({ url: TARGET });
    assert.equal((await previewed(code)).headers.location, TARGET);
    const changed = await change(linkId, { card: { title: ' New ' } });
    assert.deepEqual(changed.body.card, { title: 'New' });
    assert.match((await previewed(code)).text, /og:title" content="New"/);
    assert.equal((await change(linkId, { card: null })).body.card, null);
    assert.equal((await previewed(code)).headers.location, TARGET);
  });

  it('is refused for one without a title, too long, or with a picture where no link may lead', async () => {
    const wrong: [object, string][] = [
      [{}, 'card.title'],
      [{ title: ' ' }, 'card.title'],
      [{ title: 'x'.repeat(201) }, 'card.title'],
      [{ title: 'a\nb' }, 'card.title'],
      [{ title: 'x', description: 'x'.repeat(501) }, 'card.description'],
      [{ title: 'x', image_url: 'http://127.0.0.1/x.png' }, 'card.image_url'],
      [{ title: 'x', image_url: 'javascript:alert(1)' }, 'card.image_url'],
      [{ title: 'x', more: 1 }, 'card.more'],
    ];
    for (const [card, field] of wrong) {
      const { status, body, text } = await setting.call('POST', '/links', ALICE, { url: TARGET, card });
      assert.deepEqual([status, body.errors[0].field], [422, field], text);
    }
    const most = { title: 'x'.repeat(200), description: '€'.repeat(500) };
    const { status } = await setting.call('POST', '/links', ALICE, { url: TARGET, card: most });
    assert.equal(status, 201);
  });
});
